#include "steering/feed/json_error.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

constexpr int kDepthMax = 16;

bool SimdjsonAccepts(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return !parser.allocate(text.size() + 1, kDepthMax) && !parser.parse(text).get(root);
}

TEST(JsonError, PointsAtTheFault) {
  struct Case {
    absl::string_view text;
    size_t line, column;
  };
  const Case kCases[] = {
      {"{\"a\":1,}", 1, 8},    {"[1 2]", 1, 4},
      {"[01]", 1, 2},          {"{\"a\":tru}", 1, 6},
      {"[\n1,\n,\n]", 3, 1},   {"\"abc", 1, 1},
      {"[\"\\x\"]", 1, 3},     {"[\"\\u12g4\"]", 1, 3},
      {"[1.]", 1, 4},          {"[-]", 1, 2},
      {"[1e]", 1, 4},          {"{\"a\" 1}", 1, 6},
      {"[\"\\ud800\"]", 1, 3}, {"\xc0\x80", 1, 1},
      {"[12x]", 1, 4},         {"[99999999999999999999]", 1, 2},
  };
  for (const Case& c : kCases) {
    auto spot = FindJsonError(c.text, kDepthMax);
    ASSERT_TRUE(spot.has_value()) << c.text;
    EXPECT_EQ(spot->line, c.line) << c.text << " " << spot->what;
    EXPECT_EQ(spot->column, c.column) << c.text << " " << spot->what;
  }
}

// Every one-byte change of a text that uses every kind of token: both must agree whether it is
// broken.
TEST(JsonError, AgreesWithSimdjsonOnEveryMutation) {
  const std::string sound = R"({"a": [1, -2.5e3, "x\n\u00e9", true, null], "b": {"c": false}})";
  ASSERT_TRUE(SimdjsonAccepts(sound));
  const std::string bytes = absl::StrCat(std::string("{}[]\",:\\ue0.+-1 tfn/\n"), "\xc3\x80");
  size_t compared = 0;
  for (size_t i = 0; i < sound.size(); ++i) {
    std::vector<std::string> mutants = {sound.substr(0, i),
                                        sound.substr(0, i) + sound.substr(i + 1)};
    for (char c : bytes) {
      mutants.push_back(sound);
      mutants.back()[i] = c;
      mutants.push_back(sound.substr(0, i) + c + sound.substr(i));
    }
    for (const std::string& text : mutants) {
      EXPECT_EQ(SimdjsonAccepts(text), !FindJsonError(text, kDepthMax).has_value()) << text;
      ++compared;
    }
  }
  EXPECT_GT(compared, 2000u);
}

}  // namespace
}  // namespace spillway
