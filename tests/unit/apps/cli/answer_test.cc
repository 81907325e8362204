#include "apps/cli/answer.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/time/time.h"

namespace spillway::cli {
namespace {

TEST(Answer, TextThatIsNotAJsonObjectIsRefused) {
  for (const char* text :
       {"", "ok", "<html>", "[1]", "3", "{\"a\":1", "{\"a\":1} x", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(Answer::Parse(text).ok()) << text;
  }
}

TEST(Answer, ReadsWhatIsThere) {
  auto answer = Answer::Parse(R"({"a":{"b":[1.5,2]},"t":"x","yes":true,"n":null})");
  ASSERT_TRUE(answer.ok());
  Field root = (*answer)->root();
  ASSERT_EQ(root["a"]["b"].Items().size(), 2u);
  EXPECT_EQ(root["a"]["b"].Items()[0].Number(), 1.5);
  EXPECT_EQ(root["a"]["b"].Items()[1].Count(), 2);
  EXPECT_EQ(root["t"].Text(), "x");
  EXPECT_TRUE(root["yes"].Bool());
  EXPECT_FALSE(root["n"].MaybeNumber().has_value());
  EXPECT_FALSE(root["absent"]["deeper"].MaybeNumber().has_value());
  EXPECT_EQ(root["absent"].TextOr("-"), "-");
  EXPECT_TRUE((*answer)->status().ok());
}

TEST(Answer, TheFirstMisfitIsKeptWithItsPath) {
  auto answer = Answer::Parse(R"({"targets":[{"name":"a"},{"name":7}],"up":"yes"})");
  ASSERT_TRUE(answer.ok());
  Field root = (*answer)->root();
  EXPECT_EQ(root["targets"].Items()[1]["name"].Text(), "");
  EXPECT_FALSE(root["up"].Bool());
  EXPECT_EQ((*answer)->status().message(), "targets[1].name: want text, got a number");
}

struct MisfitCase {
  const char* what;
  const char* json;
  const char* message;
};

TEST(Answer, NumbersThatDoNotCountAreMisfits) {
  const MisfitCase cases[] = {
      {"below zero", R"({"n":-1})", "n: want a whole number, got a number"},
      {"a part", R"({"n":1.5})", "n: want a whole number, got a number"},
      {"beyond doubles", R"({"n":1e300})", "n: want a whole number, got a number"},
      {"text", R"({"n":"1"})", "n: want a whole number, got text"},
      {"absent", "{}", "n: want a whole number, got nothing"},
      {"null", R"({"n":null})", "n: want a whole number, got null"},
  };
  for (const MisfitCase& c : cases) {
    auto answer = Answer::Parse(c.json);
    ASSERT_TRUE(answer.ok()) << c.what;
    EXPECT_EQ((*answer)->root()["n"].Count(), 0) << c.what;
    EXPECT_EQ((*answer)->status().message(), c.message) << c.what;
  }
}

TEST(Answer, TimesAreTextOrSeconds) {
  auto answer =
      Answer::Parse(R"({"a":"2026-11-22T18:00:00.5Z","b":1795370400.5,"c":1e300,"d":null})");
  ASSERT_TRUE(answer.ok());
  Field root = (*answer)->root();
  EXPECT_EQ(root["a"].MaybeTime(), root["b"].MaybeTime());
  EXPECT_FALSE(root["d"].MaybeTime().has_value());
  EXPECT_TRUE((*answer)->status().ok());
  EXPECT_FALSE(root["c"].MaybeTime().has_value());
  EXPECT_TRUE(absl::StartsWith((*answer)->status().message(), "c: want a time"));
}

TEST(Answer, TextCannotDriveTheTerminal) {
  auto answer = Answer::Parse(R"({"a":"\u001b[2Jgone\u009b31m\u0007\nline","\u001bkey":1})");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ((*answer)->root()["a"].Text(), "\\x1b[2Jgone\\x9b31m\\x07 line");
  EXPECT_EQ((*answer)->root().Members()[1].first, "\\x1bkey");
}

}  // namespace
}  // namespace spillway::cli
