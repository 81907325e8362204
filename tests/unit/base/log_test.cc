// tests/unit/base/log_test.cc -- one event, one line, whatever the message holds.
#include "base/log.h"

#include <string>

#include "gtest/gtest.h"

namespace spillway {
namespace {

std::string Logged(LogLevel level, absl::string_view message) {
  testing::internal::CaptureStderr();
  Log(level, message);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, LinesHaveTimeLevelAndMessage) {
  const std::string line = Logged(LogLevel::kWarning, "feed edge: 3 rows refused");
  EXPECT_TRUE(testing::internal::RE::FullMatch(
      line,
      "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z W feed edge: 3 rows refused\n"))
      << line;
}

TEST(Log, LevelsBelowTheThresholdAreDropped) {
  EXPECT_EQ(Logged(LogLevel::kDebug, "x"), "");
  SetLogLevel(LogLevel::kError);
  EXPECT_EQ(Logged(LogLevel::kWarning, "x"), "");
  EXPECT_NE(Logged(LogLevel::kError, "x"), "");
  SetLogLevel(LogLevel::kInfo);
  EXPECT_NE(Logged(LogLevel::kInfo, "x"), "");
}

// The reason of a drain and the rows of a feed come from outside: a line break in them could forge
// a line.
TEST(Log, ControlCharactersCannotForgeALine) {
  const std::string line =
      Logged(LogLevel::kInfo, "why: x\n2026-01-01T00:00:00.000Z I forged\r\x1b[2J\tK\xc3\xb6ln");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("why: x\\n2026-01-01T00:00:00.000Z I forged\\r\\x1b[2J\\tK\xc3\xb6ln\n"),
            std::string::npos)
      << line;
}

TEST(Log, FormatsItsArguments) {
  testing::internal::CaptureStderr();
  LogInfo("%s: %d of %d", "feed", 1, 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find(" I feed: 1 of 2\n"), std::string::npos);
}

}  // namespace
}  // namespace spillway
