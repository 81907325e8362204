// tests/unit/steering/planner/overload_ladder_test.cc -- steps down and up the ladder, row by row.
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "steering/planner/overload.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

// Two services: one may use fra1 and ams1, the other nyc1 alone.
class OverloadLadderTest : public testing::Test {
 protected:
  OverloadLadderTest() {
    Policy policy = SmallPolicy();
    policy.services[0].ladder = {1, 0.5};
    policy.services[0].candidates = {{TargetId(0)}, {TargetId(1)}};
    Service other = policy.services[0];
    other.name = "other";
    other.dns_names = other.hosts = {"other.example.com"};
    other.candidates = {{TargetId(2)}};
    policy.services.push_back(other);
    frame_ = SmallFrame(policy);
    overload_.Bind(frame_);
    rows_.assign(frame_->candidates->row_count(), {.mbps = 100});
  }
  size_t Row(size_t service) const {
    return frame_->candidates->RowIndex(ServiceId(service), *frame_->groups->FindGroup("??+germany"));
  }
  int Step(size_t service) const {
    PlanRow row;
    overload_.Fill(Row(service), &row);
    return row.ladder_step;
  }
  void Run(int seconds) {
    for (int s = 0; s < seconds; ++s) {
      now_ += absl::Seconds(1);
      std::vector<double> room = room_;
      overload_.Update(now_, absl::Seconds(1), rows_, absl::MakeSpan(room));
    }
  }
  void Refuse(float part) { rows_[Row(0)].refused = rows_[Row(1)].refused = part; }

  std::shared_ptr<const Frame> frame_;
  Overload overload_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::vector<Overload::RowInput> rows_;
  std::vector<double> room_ = {0, 0, 0};
};

TEST_F(OverloadLadderTest, AStepUpNeedsRoomWhereItsOwnClientsMayGo) {
  Refuse(0.3f);
  Run(30);
  ASSERT_EQ(Step(0), 1);
  ASSERT_EQ(Step(1), 1);
  Refuse(0);
  room_ = {0, 0, 1000};
  Run(300);
  EXPECT_EQ(Step(0), 1) << "there is room in New York only";
  EXPECT_EQ(Step(1), 0);
  room_ = {120, 120, 0};
  Run(2);
  EXPECT_EQ(Step(0), 0) << "what it needs more may be in two places";
}

// A step up that is refused after three minutes is tried again after four, not after two.
TEST_F(OverloadLadderTest, WhatWasTooSoonIsTriedAgainLater) {
  Refuse(0.3f);
  Run(30);
  Refuse(0);
  room_ = {1000, 1000, 1000};
  Run(150);
  ASSERT_EQ(Step(0), 0);
  Run(170);
  Refuse(0.3f);
  Run(30);
  ASSERT_EQ(Step(0), 1);
  Refuse(0);
  Run(220);
  EXPECT_EQ(Step(0), 1);
  Run(80);
  EXPECT_EQ(Step(0), 0);
}

}  // namespace
}  // namespace spillway
