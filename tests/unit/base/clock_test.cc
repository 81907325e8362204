// tests/unit/base/clock_test.cc -- the manual clock moves when told to, the real one never goes
// back.
#include "base/clock.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(ManualClock, MovesBothClocksByTheSame) {
  ManualClock clock(absl::FromUnixSeconds(1'000));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1'000));
  const int64_t start = clock.MonotonicNanos();
  EXPECT_GT(start, 0);
  EXPECT_EQ(clock.MonotonicNanos(), start);  // does not move by itself
  clock.Advance(absl::Milliseconds(1'500));
  EXPECT_EQ(clock.MonotonicNanos() - start, 1'500'000'000);
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1'000) + absl::Milliseconds(1'500));
}

TEST(RealClock, NeverGoesBackAndIsOne) {
  const Clock& clock = Clock::Real();
  EXPECT_EQ(&clock, &Clock::Real());
  int64_t last = clock.MonotonicNanos();
  for (int i = 0; i < 1000; ++i) {
    const int64_t now = clock.MonotonicNanos();
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_GT(clock.Now(), absl::FromUnixSeconds(1'700'000'000));
}

}  // namespace
}  // namespace spillway
