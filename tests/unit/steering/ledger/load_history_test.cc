// tests/unit/steering/ledger/load_history_test.cc -- what the model said, and when.
#include "steering/ledger/load_history.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

absl::Time At(double s) { return absl::UnixEpoch() + absl::Seconds(s); }

LoadHistory Ramp(double from, double to, double step) {
  LoadHistory history;
  history.Reset(1);
  for (double s = from; s <= to; s += step) history.Push(At(s), {s * 10});
  return history;
}

TEST(LoadHistory, AnswersBetweenTwoTicksByTheLineBetween) {
  const LoadHistory history = Ramp(0, 10, 1);
  EXPECT_DOUBLE_EQ(history.At(0, At(7)), 70);
  EXPECT_DOUBLE_EQ(history.At(0, At(7.25)), 72.5);
}

TEST(LoadHistory, KnowsNoFutureAndNoPastBeforeItsBeginning) {
  const LoadHistory history = Ramp(5, 10, 1);
  EXPECT_EQ(history.At(0, At(99)), 100);
  EXPECT_EQ(history.At(0, At(1)), 50);
}

TEST(LoadHistory, ReachesTwoMinutesBackHoweverFastTheTick) {
  for (double step : {0.01, 0.1, 0.3, 0.7, 1.0, 5.0}) {
    const LoadHistory history = Ramp(0, 500, step);
    EXPECT_LE(history.size(), LoadHistory::kEntriesMax);
    EXPECT_NEAR(history.At(0, At(380.5)), 3805, 0.1) << step;
    EXPECT_TRUE(history.Covers(At(385)));
    EXPECT_FALSE(history.Covers(At(370)));
  }
}

TEST(LoadHistory, AClockThatStandsOrGoesBackReplacesTheNewest) {
  LoadHistory history;
  history.Reset(1);
  history.Push(At(10), {1.0});
  history.Push(At(10), {2.0});
  history.Push(At(4), {3.0});
  EXPECT_EQ(history.size(), 1u);
  EXPECT_EQ(history.At(0, At(10)), 3);
}

TEST(LoadHistory, AShiftChangesThePastButNotBelowNothing) {
  LoadHistory history;
  history.Reset(2);
  history.Push(At(1), {1.0, 5.0});
  history.Push(At(2), {2.0, 5.0});
  history.Shift({10.0, -7.0});
  EXPECT_EQ(history.At(0, At(1)), 11);
  EXPECT_EQ(history.At(0, At(2)), 12);
  EXPECT_EQ(history.At(1, At(2)), 0);
}

TEST(LoadHistory, RenumbersTargetsAndDropsThoseThatAreGone) {
  LoadHistory history;
  history.Reset(2);
  history.Push(At(1), {1.0, 5.0});
  const LoadHistory other = history.Renumbered({LoadHistory::kGone, 2}, 3);
  EXPECT_EQ(other.At(0, At(1)), 0);
  EXPECT_EQ(other.At(2, At(1)), 5);
}

TEST(LoadHistory, IsZeroWhenEmpty) {
  LoadHistory history;
  history.Reset(1);
  EXPECT_EQ(history.At(0, At(1)), 0);
  EXPECT_FALSE(history.Covers(At(1)));
}

}  // namespace
}  // namespace spillway
