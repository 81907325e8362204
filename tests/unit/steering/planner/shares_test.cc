// tests/unit/steering/planner/shares_test.cc -- one row: cheapest first, no more than each accepts.
#include "steering/planner/shares.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

// Three targets at 10, 20 and 30 ms, 1000 Mbps each, idle and healthy.
class SharesTest : public testing::Test {
 protected:
  SharesTest() {
    for (int i = 0; i < 3; ++i) {
      Target target{.name = "t" + std::to_string(i)};
      target.capacity.Set(Resource::kEgress, 1000);
      policy_.targets.push_back(target);
      slots_.push_back(Slot{.target = TargetId(i), .cost_ms = 10.0f * static_cast<float>(i + 1)});
      targets_.emplace_back();
      targets_.back().utilisation = 0.1;
    }
  }

  const RowShares& Fill() {
    FillShares(slots_, accept_, targets_, policy_, Watermark(), &row_);
    return row_;
  }

  Policy policy_;
  std::vector<Slot> slots_;
  std::vector<TargetStatus> targets_;
  std::vector<double> accept_ = {1, 1, 1};
  RowShares row_;
};

TEST_F(SharesTest, TheCheapestServesAllWhenItHasRoom) {
  EXPECT_THAT(Fill().shares, ElementsAre(1, 0, 0));
  EXPECT_THAT(row_.verdicts,
              ElementsAre(Verdict::kServing, Verdict::kCostlier, Verdict::kCostlier));
  EXPECT_EQ(row_.state, RowState::kCalm);
}

TEST_F(SharesTest, ATargetNearItsWatermarkLosesOnlyPartOfItsClients) {
  accept_ = {0.5, 1, 1};
  // Half stays; of the other half the full one is offered again what it left, and keeps half of
  // that.
  EXPECT_THAT(Fill().shares, ElementsAre(DoubleNear(0.75, 1e-9), DoubleNear(0.25, 1e-9), 0));
  EXPECT_EQ(row_.verdicts[0], Verdict::kShedding);
  EXPECT_EQ(row_.state, RowState::kShedding);
}

TEST_F(SharesTest, EqualCostIsSharedByWeight) {
  for (Slot& slot : slots_) slot.cost_ms = 10;
  slots_[0].weight = 50;
  slots_[1].weight = 30;
  slots_[2].weight = 20;
  EXPECT_THAT(Fill().shares,
              ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.3, 1e-9), DoubleNear(0.2, 1e-9)));
}

TEST_F(SharesTest, WhatAFullEqualLeavesGoesToItsEqualsFirst) {
  for (int i : {0, 1}) slots_[static_cast<size_t>(i)].cost_ms = 10;
  accept_ = {0, 1, 1};
  EXPECT_THAT(Fill().shares, ElementsAre(0, 1, 0));
  EXPECT_EQ(row_.verdicts[0], Verdict::kFull);
}

TEST_F(SharesTest, WhenNobodyHasRoomTheRestFollowsHeadroom) {
  accept_ = {0, 0, 0};
  targets_[0].utilisation = 0.95;
  targets_[1].utilisation = 0.88;  // 20 Mbps below hard
  targets_[2].utilisation = 0.86;  // 40 Mbps below hard
  EXPECT_THAT(Fill().shares, ElementsAre(0, DoubleNear(1.0 / 3, 1e-9), DoubleNear(2.0 / 3, 1e-9)));
  EXPECT_THAT(row_.verdicts, ElementsAre(Verdict::kFull, Verdict::kSpill, Verdict::kSpill));
}

TEST_F(SharesTest, ADeadOrDrainedTargetGetsNothing) {
  targets_[0].up = false;
  targets_[1].facts.drain = Drain{};
  accept_ = {0, 0, 1};
  EXPECT_THAT(Fill().shares, ElementsAre(0, 0, 1));
  EXPECT_THAT(row_.verdicts, ElementsAre(Verdict::kDown, Verdict::kDrained, Verdict::kServing));
  EXPECT_EQ(row_.state, RowState::kDraining);
}

TEST_F(SharesTest, AllDownIsStillAnswered) {
  for (TargetStatus& target : targets_) target.up = false;
  targets_[2].facts.drain = Drain{};
  accept_ = {0, 0, 0};
  Fill();
  EXPECT_EQ(row_.state, RowState::kAllDown);
  EXPECT_GT(row_.shares[0], 0);
  EXPECT_GT(row_.shares[1], 0);
  EXPECT_EQ(row_.shares[2], 0);  // what an operator took out stays out while anything else is left
}

TEST_F(SharesTest, EvenAllDrainedIsAnsweredButNeverAcrossAFence) {
  for (TargetStatus& target : targets_) target.facts.drain = Drain{};
  slots_[2].fenced = true;
  accept_ = {0, 0, 0};
  Fill();
  EXPECT_GT(row_.shares[0], 0);
  EXPECT_EQ(row_.shares[2], 0);
  EXPECT_EQ(row_.verdicts[2], Verdict::kFenced);
}

TEST_F(SharesTest, UnusedCommitDrawsUpToTwiceTheWeight) {
  for (Slot& slot : slots_) slot.cost_ms = 10;
  policy_.targets[0].commit_mbps = 500;
  targets_[0].facts.load.Set(Resource::kEgress, 0);
  EXPECT_THAT(Fill().shares,
              ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.25, 1e-9), DoubleNear(0.25, 1e-9)));
  targets_[0].facts.load.Set(Resource::kEgress, 600);
  EXPECT_THAT(Fill().shares[0], DoubleNear(1.0 / 3, 1e-9));
}

}  // namespace
}  // namespace spillway
