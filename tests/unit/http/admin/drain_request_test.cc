// tests/unit/http/admin/drain_request_test.cc -- what a drain must say, and what it is told else.
#include "http/admin/drain_request.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway::http {
namespace {

using testing::HasSubstr;

TEST(DrainRequest, TakesEveryField) {
  auto request = ParseDrainRequest(
      R"({"target": "fra1", "who": "ana", "why": "kernel", "for": "1h30m", "force": true})", true);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->target, "fra1");
  EXPECT_EQ(request->who, "ana");
  EXPECT_EQ(request->why, "kernel");
  EXPECT_EQ(request->duration, absl::Minutes(90));
  EXPECT_TRUE(request->force);
}

TEST(DrainRequest, WithoutForItLastsUntilUndoneAndIsNotForced) {
  auto request = ParseDrainRequest(R"({"target":"fra1","who":"ana","why":"kernel"})", true);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_FALSE(request->duration.has_value());
  EXPECT_FALSE(request->force);
}

TEST(DrainRequest, AnUndrainNeedsNoReason) {
  EXPECT_TRUE(ParseDrainRequest(R"({"target":"fra1","who":"ana"})", false).ok());
}

TEST(DrainRequest, WhatIsWrongIsNamed) {
  const std::string long_text(501, 'x');
  const std::string deep = absl::StrCat(std::string(100'000, '['), std::string(100'000, ']'));
  const struct {
    std::string json;
    absl::string_view says;
  } kRows[] = {
      {"", "want a JSON object"},
      {"[]", "want a JSON object"},
      {"{", "want a JSON object"},
      {deep, "want a JSON object"},
      {"{\"target\":\"\xff\"}", "want a JSON object"},
      {R"({"who":"ana","why":"x"})", "target: want"},
      {R"({"target":"","who":"ana","why":"x"})", "target: want"},
      {R"({"target":"fra1","why":"x"})", "who: want"},
      {R"({"target":"fra1","who":"ana"})", "why: want"},
      {R"({"target":7})", "target: want a string"},
      {R"({"target":"fra1","for":30})", "for: want a string"},
      {R"({"target":"fra1","for":"0s"})", "for: want a duration"},
      {R"({"target":"fra1","for":"-5m"})", "for: want a duration"},
      {R"({"target":"fra1","for":"soon"})", "for: want a duration"},
      {absl::StrCat(R"({"for":")", std::string(400, '9'), R"(d"})"), "for: want a duration"},
      {R"({"target":"fra1","force":1})", "force: want true or false"},
      {R"({"target":"fra1","reason":"x"})", "unknown key \"reason\""},
      {absl::StrCat(R"({"who":")", long_text, R"("})"), "who: want at most 500 bytes, got 501"},
  };
  for (const auto& row : kRows) {
    auto request = ParseDrainRequest(row.json, true);
    ASSERT_FALSE(request.ok()) << row.json.substr(0, 80);
    EXPECT_THAT(std::string(request.status().message()), HasSubstr(std::string(row.says)));
  }
}

}  // namespace
}  // namespace spillway::http
