// tests/unit/steering/control/alert_lines_test.cc -- one line when it begins, one when it is over.
#include "steering/control/alert_lines.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

using Say = AlertLines::Say;

TEST(AlertLines, SaysWhenItBeginsAndOnceAfterAMinuteOfQuiet) {
  AlertLines lines;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(lines.Update(false, now), Say::kNothing);
  EXPECT_EQ(lines.Update(true, now), Say::kBegins);
  EXPECT_EQ(lines.Update(true, now + absl::Hours(1)), Say::kNothing);
  now += absl::Hours(1);
  EXPECT_EQ(lines.Update(false, now + absl::Seconds(59)), Say::kNothing);
  EXPECT_EQ(lines.Update(false, now + absl::Seconds(60)), Say::kEnds);
  EXPECT_EQ(lines.Update(false, now + absl::Seconds(61)), Say::kNothing);
  EXPECT_EQ(lines.Update(true, now + absl::Seconds(62)), Say::kBegins);
}

TEST(AlertLines, AnHourOfFlappingIsOneLine) {
  AlertLines lines;
  const absl::Time begin = absl::FromUnixSeconds(1'700'000'000);
  int said = 0;
  for (int i = 0; i < 360'000; ++i) {
    said += lines.Update(i % 2 == 0, begin + i * absl::Milliseconds(10)) != Say::kNothing;
  }
  EXPECT_EQ(said, 1);
}

}  // namespace
}  // namespace spillway
