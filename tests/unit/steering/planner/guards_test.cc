// tests/unit/steering/planner/guards_test.cc -- freeze windows, the minute's window, wide rows.
#include "steering/planner/guards.h"

#include <random>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(Freeze, HoldsFromItsStartUntilJustBeforeItsEnd) {
  Guards guards;
  guards.freezes = {{kStart, kStart + absl::Hours(1)},
                    {kStart + absl::Hours(5), kStart + absl::Hours(6)}};
  EXPECT_FALSE(InFreeze(guards, kStart - absl::Seconds(1)));
  EXPECT_TRUE(InFreeze(guards, kStart));
  EXPECT_FALSE(InFreeze(guards, kStart + absl::Hours(1)));
  EXPECT_TRUE(InFreeze(guards, kStart + absl::Hours(5.5)));
}

TEST(ShiftWindow, GivesBackWhatMovedAMinuteAgo) {
  ShiftWindow window;
  EXPECT_EQ(window.Left(kStart, 0.1), 0.1);
  window.Add(kStart, 0.06);
  window.Add(kStart + absl::Seconds(30), 0.03);
  EXPECT_NEAR(window.Left(kStart + absl::Seconds(60), 0.1), 0.01, 1e-6);
  EXPECT_NEAR(window.Left(kStart + absl::Seconds(62), 0.1), 0.07, 1e-6);
  EXPECT_NEAR(window.Left(kStart + absl::Hours(1), 0.1), 0.1, 1e-6);
}

TEST(ShiftWindow, NeverGivesLessThanNothing) {
  ShiftWindow window;
  window.Add(kStart, 0.5);
  EXPECT_EQ(window.Left(kStart, 0.1), 0);
}

TEST(ShiftWindow, ForgetsNothingWhenTimeRunsBack) {
  ShiftWindow window;
  window.Add(kStart, 0.05);
  EXPECT_NEAR(window.Left(kStart - absl::Seconds(10), 0.1), 0.05, 1e-6);
  window.Add(kStart - absl::Seconds(10), 0.05);
  EXPECT_NEAR(window.Left(kStart, 0.1), 0, 1e-6);
}

TEST(ShiftWindow, HoldsOverAnyMinuteHoweverMovesFall) {
  std::mt19937_64 random(7);
  ShiftWindow window;
  std::vector<std::pair<absl::Time, double>> moves;
  absl::Time now = kStart;
  for (int i = 0; i < 3000; ++i) {
    now += absl::Milliseconds(static_cast<int64_t>(random() % 5000));
    const double left = window.Left(now, 0.1);
    const double moved = left * static_cast<double>(random() % 100) / 99;
    window.Add(now, moved);
    moves.push_back({now, moved});
    double sum = 0;
    for (const auto& [at, part] : moves) sum += now - at <= absl::Minutes(1) ? part : 0;
    ASSERT_LE(sum, 0.1 + 1e-6) << i;
  }
}

struct WideCase {
  const char* what;
  std::vector<float> rank, shares;
  std::vector<uint8_t> may_join;
  int least, have;
  std::vector<float> expected;
};

TEST(KeepMinTargets, RaisesTheBestOfTheRestAndNoMoreThanNeeded) {
  const WideCase cases[] = {
      {"wide enough", {0, 0}, {0.9f, 0.1f}, {1, 1}, 2, 2, {0.9f, 0.1f}},
      {"the better ranked joins", {0, 1, 2}, {1, 0, 0}, {1, 1, 1}, 2, 2, {0.98f, 0, 0.02f}},
      {"equals join by cost", {0, 0, 0}, {0, 1, 0}, {1, 1, 1}, 2, 2, {0.02f, 0.98f, 0}},
      {"a small share is raised", {0, 5, 0}, {0.99f, 0.01f, 0}, {1, 1, 1}, 2, 2, {0.98f, 0.02f, 0}},
      {"who may not join does not", {0, 5, 0}, {1, 0, 0}, {1, 0, 1}, 2, 2, {0.98f, 0, 0.02f}},
      {"nobody may join", {0, 0}, {1, 0}, {1, 0}, 2, 1, {1, 0}},
      {"three are asked for",
       {0, 1, 2, 3},
       {1, 0, 0, 0},
       {1, 1, 1, 1},
       3,
       3,
       {0.96f, 0, 0.02f, 0.02f}},
      {"an empty row", {}, {}, {}, 2, 0, {}},
  };
  for (const WideCase& c : cases) {
    std::vector<float> shares = c.shares;
    const int have = KeepMinTargets({.rank = c.rank,
                                     .may_join = c.may_join,
                                     .shares = absl::MakeSpan(shares),
                                     .total = 1,
                                     .least = c.least});
    EXPECT_EQ(have, c.have) << c.what;
    for (size_t i = 0; i < shares.size(); ++i)
      EXPECT_NEAR(shares[i], c.expected[i], 1e-6) << c.what;
  }
}

TEST(KeepMinTargets, TakesFromTheLargestAndNeverBelowTheLeast) {
  std::vector<float> shares = {0.5f, 0.49f, 0.01f};
  const std::vector<float> rank = {0, 0, 0};
  const std::vector<uint8_t> join = {1, 1, 1};
  EXPECT_EQ(KeepMinTargets({.rank = rank,
                            .may_join = join,
                            .shares = absl::MakeSpan(shares),
                            .total = 1,
                            .least = 3}),
            3);
  EXPECT_THAT(shares, ElementsAre(FloatNear(0.49f, 1e-6f), FloatNear(0.49f, 1e-6f),
                                  FloatNear(0.02f, 1e-6f)));
}

}  // namespace
}  // namespace spillway
