// tests/unit/steering/planner/controller_demand_test.cc -- the controller under demand that it counts
// itself: limits of every kind, the order of sacrifice, guards, steady states.
#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "steering/planner/controller.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

// Sessions of a minute, begun by redirects at a steady rate, each where the plan in force says. Nobody
// reports: what is known is what was answered.
class ControllerDemandTest : public testing::Test {
 protected:
  static Policy ShortSessions() {
    Policy policy = SmallPolicy();
    policy.services[0].session = absl::Seconds(60);
    policy.services[0].ttl.calm = absl::Seconds(10);
    return policy;
  }
  void Use(const Policy& policy) {
    frame_ = SmallFrame(policy);
    facts_ = QuietFacts(*frame_);
    for (auto* counts : {&activity_.dns, &activity_.redirect, &activity_.steering})
      counts->assign(frame_->candidates->slot_count(), 0);
    rate_.assign(frame_->candidates->row_count(), 0);
  }
  size_t Row(absl::string_view group, size_t service = 0) const {
    return frame_->candidates->RowIndex(ServiceId(service), *frame_->groups->FindGroup(group));
  }
  void Run(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      facts_.now += absl::Seconds(1);
      for (size_t row = 0; row < rate_.size(); ++row) Begin(row);
      plan_ = controller_.Tick(frame_, {.facts = facts_, .activity = activity_});
      ASSERT_TRUE(CheckPlan(*plan_).ok()) << CheckPlan(*plan_);
      activity_.elapsed = absl::Seconds(1);
    }
  }
  void Begin(size_t row) {
    for (size_t i = 0; i < frame_->candidates->Row(row).size(); ++i) {
      const size_t slot = frame_->candidates->RowBegin(row) + i;
      const double share =
          plan_ == nullptr ? 0 : static_cast<double>(plan_->slots[slot].quota) / kCellCount;
      activity_.redirect[slot] = static_cast<float>(rate_[row] * share);
    }
  }
  double Modelled(size_t target) const { return plan_->targets[target].modelled_mbps; }
  double Share(size_t row, size_t target) const {
    for (size_t i = 0; i < frame_->candidates->Row(row).size(); ++i) {
      if (frame_->candidates->Row(row)[i].target == TargetId(target))
        return static_cast<double>(plan_->RowSlots(row)[i].quota) / kCellCount;
    }
    return 0;
  }

  static constexpr const char* kGermany = "??+germany";
  static constexpr const char* kNewYork = "??+new-york";
  std::shared_ptr<const Frame> frame_;
  Facts facts_;
  Activity activity_;
  std::vector<double> rate_;  // by row: sessions/s
  Controller controller_;
  std::shared_ptr<const Plan> plan_;
};

TEST_F(ControllerDemandTest, BeforeAnyReportATargetIsFilledToItsWatermarkAndNotBeyond) {
  Use(ShortSessions());
  rate_[Row(kGermany)] = 5;  // 300 sessions, 1500 Mbps, for a target of 1000
  Run(300);
  EXPECT_LT(Modelled(0), 0.87 * 1000);
  EXPECT_GT(Modelled(0), 0.80 * 1000);
  EXPECT_NEAR(Modelled(0) + Modelled(1) + Modelled(2), 1500, 80);
  EXPECT_GT(plan_->targets[0].price_ms, 0);
}

TEST_F(ControllerDemandTest, SteadyDemandMovesNobodyAfterAWhile) {
  Use(ShortSessions());
  rate_[Row(kGermany)] = 5;
  rate_[Row(kNewYork)] = 1;
  Run(900);
  const std::vector<uint8_t> cells = plan_->cells;
  for (int i = 0; i < 120; ++i) {
    Run(1);
    EXPECT_TRUE(plan_->cells == cells) << "second " << i;
  }
}

// Each answer stands for the three viewers behind a resolver, which only the reports can tell.
TEST_F(ControllerDemandTest, SessionsAreRealOnesOnceReportsHaveTaughtWhatAnAnswerIsWorth) {
  Use(ShortSessions());
  const size_t row = Row(kGermany), slot = frame_->candidates->RowBegin(row);
  double playing = 0;
  for (int t = 0; t < 2400; ++t) {
    const double rate = t / 300 % 2 == 0 ? 0.3 : 0.7;
    activity_.dns[slot] = static_cast<float>(rate);
    playing += 3 * rate - playing / 60;
    facts_.targets[0].age = absl::Seconds(t % 5);
    if (t % 5 == 0) {
      facts_.targets[0].feed = FeedState::kFresh;
      facts_.targets[0].load.Set(Resource::kEgress, 5 * playing);
    }
    Run(1);
  }
  EXPECT_GT(playing, 120);
  EXPECT_NEAR(plan_->services[0].sessions / playing, 1, 0.2);
}

TEST_F(ControllerDemandTest, ASharedLimitHoldsItsTargetsTogether) {
  Policy policy = ShortSessions();
  policy.limits = {{.name = "europe", .targets = {TargetId(0), TargetId(1)}, .egress_mbps = 1000}};
  Use(policy);
  rate_[Row(kGermany)] = 5;  // 1500 Mbps; each alone would have room for 850
  Run(400);
  EXPECT_LT(Modelled(0) + Modelled(1), 0.88 * 1000);
  EXPECT_GT(Modelled(2), 500);
  EXPECT_TRUE(std::any_of(plan_->limits.begin(), plan_->limits.end(),
                          [](const LimitStatus& l) { return l.shared == 0 && l.price_ms > 0; }));
}

TEST_F(ControllerDemandTest, ATargetCanBeFullOfSessionsWithBandwidthToSpare) {
  Policy policy = ShortSessions();
  policy.targets[0].capacity.Set(Resource::kSessions, 100);
  Use(policy);
  rate_[Row(kGermany)] = 2.5;  // 150 sessions, 750 Mbps
  Run(300);
  EXPECT_LT(Modelled(0) / 5, 88);
  EXPECT_GT(Modelled(1) / 5, 55);
  ASSERT_GE(plan_->targets[0].limit, 0);
  EXPECT_EQ(plan_->limits[plan_->targets[0].limit].resource, Resource::kSessions);
}

TEST_F(ControllerDemandTest, WhenTheWorldIsFullPrefetchGivesWayToPremiumLive) {
  Policy policy = ShortSessions();
  policy.services[0].service_class = ServiceClass::kPremiumLive;
  Service prefetch = policy.services[0];
  prefetch.name = "prefetch";
  prefetch.dns_names = {"prefetch.example.com"};
  prefetch.hosts = {"prefetch.example.com"};
  prefetch.service_class = ServiceClass::kPrefetch;
  policy.services.push_back(prefetch);
  Use(policy);
  // 2550 Mbps fit; 2 x 1800 are asked for.
  rate_[Row(kGermany, 0)] = 6;
  rate_[Row(kGermany, 1)] = 6;
  Run(120);
  EXPECT_GT(plan_->services[1].refused, 0.2);
  EXPECT_LT(plan_->services[0].refused, 0.02);
}

// To be refused would help nobody: without a ladder and a waiting room it is answered all the same.
TEST_F(ControllerDemandTest, PrefetchThatCannotGiveWayGoesAsFarAsThereIsRoom) {
  Policy policy = ShortSessions();
  policy.services[0].service_class = ServiceClass::kPrefetch;
  policy.services[0].ladder = {1};
  Use(policy);
  rate_[Row(kGermany)] = 7;  // 2100 Mbps; Europe has room for 1700, New York is 80 ms away
  Run(300);
  EXPECT_LT(plan_->services[0].refused, 0.01);
  EXPECT_LT(Modelled(0), 0.9 * 1000);
  EXPECT_LT(Modelled(1), 0.9 * 1000);
  EXPECT_GT(Modelled(2), 300);
}

TEST_F(ControllerDemandTest, WhatFitsNowhereIsSpreadEvenlyOverTargetsAndTheLinksTheyStandOn) {
  Policy policy = ShortSessions();
  policy.services[0].ladder = {1};
  policy.limits = {{.name = "europe", .targets = {TargetId(0), TargetId(1)}, .egress_mbps = 1000}};
  Use(policy);
  rate_[Row(kGermany)] = 9;  // 2700 Mbps, where 1700 fit
  Run(300);
  EXPECT_GT(plan_->services[0].refused, 0.1);
  EXPECT_NEAR((Modelled(0) + Modelled(1)) / Modelled(2), 1, 0.25);
}

TEST_F(ControllerDemandTest, ATargetThatIsSmallerThanACellIsNotGivenOne) {
  Policy policy = ShortSessions();
  policy.targets[0].capacity.Set(Resource::kEgress, 3);
  Use(policy);
  rate_[Row(kGermany)] = 5;  // a cell is 4 Mbps
  Run(300);
  EXPECT_LT(plan_->targets[0].planned_mbps, 3);
  EXPECT_LT(Modelled(0), 3);
}

TEST_F(ControllerDemandTest, AFullWorldCapsTheLadderAndLetsItGoAgain) {
  Use(ShortSessions());
  rate_[Row(kGermany)] = 12;  // 3600 Mbps for 2550
  Run(120);
  EXPECT_GT(plan_->rows[Row(kGermany)].ladder_step, 0);
  EXPECT_EQ(plan_->rows[Row(kGermany)].admit_permille, 1000);  // no waiting room asked for
  rate_[Row(kGermany)] = 2;
  Run(600);
  EXPECT_EQ(plan_->rows[Row(kGermany)].ladder_step, 0);
}

TEST_F(ControllerDemandTest, AWaitingRoomHoldsNewJoinsWhenTheLadderIsAtItsEnd) {
  Policy policy = ShortSessions();
  policy.services[0].waiting_room = true;
  policy.services[0].ladder = {1};
  Use(policy);
  rate_[Row(kGermany)] = 12;
  Run(60);
  const PlanRow& row = plan_->rows[Row(kGermany)];
  EXPECT_LT(row.admit_permille, 900);
  EXPECT_GT(row.admit_permille, 0);
  EXPECT_GT(row.retry_after_s, 0);
  rate_[Row(kGermany)] = 1;
  Run(300);
  EXPECT_EQ(plan_->rows[Row(kGermany)].admit_permille, 1000);
}

// Viewers who wait ask again and again. They are as many as they are, however often they ask: when
// there is room for them, it is found, though thousands asked in vain meanwhile.
TEST_F(ControllerDemandTest, WhoWaitsIsLetInAsSoonAsThereIsRoom) {
  Policy policy = ShortSessions();
  policy.services[0].waiting_room = true;
  policy.services[0].ladder = {1};
  Use(policy);
  const size_t row = Row(kGermany);
  activity_.put_off.assign(frame_->candidates->row_count(), 0);
  double waiting = 0, most = 0;
  const auto run = [&](int seconds, double joins) {
    for (int t = 0; t < seconds; ++t) {
      const PlanRow told = plan_ == nullptr ? PlanRow() : plan_->rows[row];
      const double back = waiting * -std::expm1(-1 / MeanWait_s(told));
      const double admitted = told.admit_permille / 1000.0;
      rate_[row] = (joins + back) * admitted;
      activity_.put_off[row] = static_cast<float>((joins + back) * (1 - admitted));
      waiting += (joins + back) * (1 - admitted) - back;
      most = std::max(most, waiting);
      Run(1);
    }
  };
  run(120, 30);  // 1800 sessions of 5 Mbps; 510 fit
  EXPECT_GT(most, 1500);
  EXPECT_LT(Modelled(0) + Modelled(1) + Modelled(2), 1.1 * 2550);
  EXPECT_NEAR(plan_->services[0].waiting / waiting, 1, 0.2);
  run(150, 2);  // 600 Mbps: the others are let in by and by...
  EXPECT_GT(Modelled(0) + Modelled(1) + Modelled(2), 0.6 * 2550);
  run(450, 2);  // ...and nobody is left
  EXPECT_LT(waiting, 5);
  EXPECT_EQ(plan_->rows[row].admit_permille, 1000);
}

// It wants no more, and serves those it has; they are still there when it is up again.
TEST_F(ControllerDemandTest, WhoPlaysAtATargetThatOnlySaysItIsDownPlaysOn) {
  Policy policy = ShortSessions();
  policy.services[0].session = absl::Hours(1);
  Use(policy);
  rate_[Row(kGermany)] = 0.5;
  Run(120);
  const double before = Modelled(0);
  ASSERT_GT(before, 200);
  facts_.targets[0].feed = FeedState::kFresh;
  facts_.targets[0].reported = Health::kDown;
  facts_.targets[0].load.Set(Resource::kEgress, before);
  Run(30);
  EXPECT_EQ(Share(Row(kGermany), 0), 0);
  EXPECT_GT(Modelled(0), 0.9 * before);
  // Its probes fail as well: they are cut off.
  facts_.targets[0].probed = Health::kDown;
  Run(30);
  EXPECT_LT(Modelled(0), 0.1 * before);
}

TEST_F(ControllerDemandTest, ADeadTargetsViewersComeBackAThirdAtATime) {
  Use(ShortSessions());
  rate_[Row(kGermany)] = 2;
  Run(60);
  EXPECT_EQ(plan_->rows[Row(kGermany)].retry_admit_permille, 1000);
  facts_.targets[0].probed = Health::kDown;
  Run(1);
  EXPECT_LT(plan_->rows[Row(kGermany)].retry_admit_permille, 500);
  EXPECT_EQ(Share(Row(kGermany), 0), 0);
  Run(40);
  EXPECT_EQ(plan_->rows[Row(kGermany)].retry_admit_permille, 1000);
}

TEST_F(ControllerDemandTest, EveryGroupKeepsTheTargetsThatTheGuardAsksFor) {
  Policy policy = ShortSessions();
  policy.guards.min_targets_per_group = 2;
  Use(policy);
  Run(3);
  for (size_t row = 0; row < frame_->candidates->row_count(); ++row) {
    int used = 0;
    for (const SlotPlan& slot : plan_->RowSlots(row)) used += slot.quota > 0;
    EXPECT_GE(used, 2) << row;
  }
}

TEST_F(ControllerDemandTest, InAFreezeASavingWaitsAndProtectionDoesNot) {
  Policy policy = ShortSessions();
  Use(policy);
  policy.guards.freezes = {{facts_.now + absl::Seconds(100), facts_.now + absl::Hours(1)}};
  Use(policy);
  facts_.targets[0].drain = Drain{.who = "ana", .why = "kernel"};
  Run(90);
  EXPECT_EQ(Share(Row(kGermany), 0), 0);
  facts_.targets[0].drain.reset();
  Run(15);  // the window begins while it is on its way back
  const double frozen = Share(Row(kGermany), 0);
  Run(300);
  EXPECT_EQ(Share(Row(kGermany), 0), frozen);
  facts_.targets[1].probed = Health::kDown;
  Run(1);
  EXPECT_EQ(Share(Row(kGermany), 1), 0);
}

}  // namespace
}  // namespace spillway
