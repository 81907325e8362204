// tests/unit/base/suggest_test.cc -- slips are understood, guesses are not made.
#include "base/suggest.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Suggest, UnderstandsSlips) {
  const std::vector<std::string> words = {"targets", "groups", "services",
                                          "guards",  "events", "ttl"};
  struct {
    const char *word, *want;
  } rows[] = {
      {"target", "targets"},    {"tragets", "targets"},  // a letter missing; two letters swapped
      {"targetss", "targets"},  {"torgets", "targets"},  // one too many; one wrong
      {"Targets", "targets"},   {"TARGETS", "targets"},  // case is free
      {"servcies", "services"}, {"tll", "ttl"},         {"banana", ""}, {"xyz", ""}, {"", ""},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Suggest(row.word, words), row.want) << "'" << row.word << "'";
}

TEST(Suggest, TheFirstOfEquallyNearWordsWins) {
  EXPECT_EQ(Suggest("cat", {"bat", "rat"}), "bat");
  EXPECT_EQ(Suggest("rat", {"bat", "rat"}), "rat");  // the word itself is nearer than any other
}

TEST(Suggest, ShortWordsMayDifferByOneLongOnesByAThird) {
  EXPECT_EQ(Suggest("ab", {"cd"}), "");
  EXPECT_EQ(Suggest("ab", {"ac"}), "ac");
  EXPECT_EQ(Suggest("watermark", {"waterXXXk"}), "waterXXXk");
  EXPECT_EQ(Suggest("watermark", {"wateXXXXk"}), "");
}

TEST(Suggest, EmptyWordsAndNoCandidatesSuggestNothing) {
  EXPECT_EQ(Suggest("", {"a"}), "");
  EXPECT_EQ(Suggest("a", {""}), "");
  EXPECT_EQ(Suggest("a", {}), "");
}

TEST(Suggest, OverlongWordsCostNothing) {
  const std::string long_word(1 << 20, 'a');
  EXPECT_EQ(Suggest(long_word, {"aaa"}), "");
  EXPECT_EQ(Suggest("aaa", {long_word, "aab"}), "aab");
}

}  // namespace
}  // namespace spillway
