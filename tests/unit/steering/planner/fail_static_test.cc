// tests/unit/steering/planner/fail_static_test.cc -- somebody always answers, and nobody who is down.
#include "steering/planner/fail_static.h"

#include <memory>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

class FailStaticTest : public testing::Test {
 protected:
  const Plan& Step() {
    facts_.now += absl::Seconds(1);
    plan_ = BuildFailStaticPlan(frame_, facts_, plan_.get());
    EXPECT_TRUE(CheckPlan(*plan_).ok()) << CheckPlan(*plan_);
    EXPECT_TRUE(plan_->fail_static);
    return *plan_;
  }
  double Share(absl::string_view group, size_t id) {
    const size_t row =
        frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup(group));
    double cells = 0;
    for (size_t i = 0; i < plan_->RowSlots(row).size(); ++i) {
      if (frame_->candidates->Row(row)[i].target == TargetId(id))
        cells += plan_->RowSlots(row)[i].quota;
    }
    return cells / kCellCount;
  }

  static constexpr const char* kGermany = "??+germany";
  static constexpr const char* kNewYork = "??+new-york";
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  Facts facts_ = QuietFacts(*frame_);
  std::shared_ptr<const Plan> plan_;
};

TEST_F(FailStaticTest, NeighboursShareAndOceansAreNotCrossed) {
  Step();
  EXPECT_GT(Share(kGermany, 0), 0.4);
  EXPECT_GT(Share(kGermany, 1), 0.3);
  EXPECT_LT(Share(kGermany, 2), 0.05);
  EXPECT_GT(Share(kNewYork, 2), 0.9);
}

TEST_F(FailStaticTest, TheNewestReportsCountHoweverOld) {
  Report(facts_, 0, 800, FeedState::kFrozen);  // 50 Mbps below the watermark, ams1 850
  Step();
  EXPECT_LT(Share(kGermany, 0), 0.15);
  EXPECT_GT(Share(kGermany, 1), 0.8);
}

TEST_F(FailStaticTest, ARowWhoseTargetsAreAllFullIsAnswered) {
  for (size_t t = 0; t < 3; ++t) Report(facts_, t, 2000);
  Step();
  EXPECT_GT(Share(kGermany, 0), 0.4);
  EXPECT_EQ(plan_->rows[0].state, RowState::kShedding);
}

TEST_F(FailStaticTest, ADownOrDrainedTargetGetsNobody) {
  Step();
  facts_.targets[0].probed = Health::kDown;
  facts_.targets[1].drain = Drain{.who = "ana", .why = "kernel"};
  Step();
  EXPECT_EQ(Share(kGermany, 2), 1);
}

TEST_F(FailStaticTest, AllDownStillAnswersAndSaysSo) {
  for (auto& target : facts_.targets) target.probed = Health::kDown;
  Step();
  for (const PlanRow& row : plan_->rows) EXPECT_EQ(row.state, RowState::kAllDown);
  facts_.targets[1].probed = Health::kUp;
  Step();
  EXPECT_EQ(Share(kGermany, 1), 1);
}

TEST_F(FailStaticTest, NoiseOfReportsMovesNobody) {
  for (size_t t = 0; t < 3; ++t) Report(facts_, t, 400);
  Step();
  const auto before = plan_;
  for (size_t t = 0; t < 3; ++t) Report(facts_, t, 401 + static_cast<double>(t));
  Step();
  EXPECT_EQ(plan_->cells, before->cells);
}

TEST_F(FailStaticTest, AnEstimatedCapacityIsStillBelieved) {
  auto previous = std::make_shared<Plan>(Step());
  previous->targets[0].capacity_estimated = true;
  previous->targets[0].capacity_mbps = 100;
  plan_ = previous;
  Step();
  EXPECT_LT(Share(kGermany, 0), 0.2);
  EXPECT_EQ(plan_->targets[0].capacity_mbps, 100);
  EXPECT_TRUE(plan_->targets[0].capacity_estimated);
}

TEST_F(FailStaticTest, WithoutAnyCapacityTheNearestOnesShare) {
  Policy policy = SmallPolicy();
  for (Target& target : policy.targets) target.capacity.Clear(Resource::kEgress);
  frame_ = SmallFrame(policy);
  Step();
  EXPECT_GT(Share(kGermany, 0), 0.4);
  for (Target& target : policy.targets) target.capacity.Set(Resource::kEgress, 0);
  frame_ = SmallFrame(policy);
  Step();
  EXPECT_NEAR(Share(kGermany, 0), 1.0 / 3, 0.01);
}

// Whatever the facts: every row answers, nobody down or drained while another of the row's may serve.
TEST_F(FailStaticTest, HoldsWhateverTheFacts) {
  Policy policy = SmallPolicy();
  policy.services.push_back(policy.services[0]);
  policy.services[1].name = "vod";
  policy.services[1].dns_names = {"vod.example.com"};
  policy.services[1].hosts = {"vod.example.com"};
  policy.services[1].fences = {Fence{.group = LabelId(0), .allowed = {TargetId(0), TargetId(1)}}};
  frame_ = SmallFrame(policy);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    const auto chance = [&](double p) { return static_cast<double>(random() >> 11) * 0x1p-53 < p; };
    for (TargetFacts& one : facts_.targets) {
      one = TargetFacts{};
      if (chance(0.3)) one.probed = Health::kDown;
      if (chance(0.2)) one.reported = Health::kDown;
      if (chance(0.3)) one.drain = Drain{.who = "ana", .why = "kernel"};
      one.feed = static_cast<FeedState>(random() % 4);
      if (chance(0.7)) one.load.Set(Resource::kEgress, static_cast<double>(random() % 3000));
      if (chance(0.5)) one.load.Set(Resource::kSessions, static_cast<double>(random() % 3000));
      if (chance(0.5)) one.capacity.Set(Resource::kEgress, static_cast<double>(random() % 2000));
      if (chance(0.2)) one.capacity.Set(Resource::kSessions, 0);
    }
    Step();
    ASSERT_FALSE(HasFailure()) << seed;
    for (size_t row = 0; row < plan_->rows.size(); ++row) {
      bool any = false;
      for (const Slot& slot : frame_->candidates->Row(row)) {
        const TargetStatus& status = plan_->targets[slot.target.index()];
        any |= !slot.fenced && status.up && !status.facts.drain;
      }
      ASSERT_EQ(plan_->rows[row].state == RowState::kAllDown, !any) << seed;
    }
  }
}

}  // namespace
}  // namespace spillway
