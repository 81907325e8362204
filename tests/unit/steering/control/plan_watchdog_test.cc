// tests/unit/steering/control/plan_watchdog_test.cc -- when a plan comes from elsewhere, and whose it
// is.
#include "steering/control/plan_watchdog.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/ledger/activity.h"
#include "steering/planner/controller.h"
#include "steering/resolvers/resolver_watch.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::HasSubstr;

class PlanWatchdogTest : public testing::Test {
 protected:
  // A plan as a planner brings it.
  std::shared_ptr<const Plan> Bring(uint64_t generation, std::shared_ptr<const Frame> frame) {
    Facts facts = QuietFacts(*frame);
    facts.now = clock_.Now();
    Controller controller;
    auto plan =
        std::make_shared<Plan>(*controller.Tick(frame, {.facts = facts, .activity = Activity{}}));
    plan->generation = generation;
    watchdog_.Publish(plan);
    return plan;
  }
  std::shared_ptr<const Plan> Bring(uint64_t generation) { return Bring(generation, frame_); }
  std::shared_ptr<const Plan> Now() const { return plans_.Current(); }
  std::string Metrics() const {
    MetricsWriter writer;
    watchdog_.WriteMetrics(&writer);
    return writer.text();
  }

  ManualClock clock_;
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  FeedTable feeds_{frame_->policy};
  SnapshotCell<Plan> plans_;
  PlanWatchdog watchdog_{plans_, feeds_, clock_};
};

TEST_F(PlanWatchdogTest, LeavesAFrameWithoutAPlanAlone) {
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(watchdog_.Look());
  EXPECT_EQ(Now(), nullptr);
}

TEST_F(PlanWatchdogTest, TakesOverAfterAMinuteAndPlansAgainEveryFiveSeconds) {
  const auto last = Bring(7);
  clock_.Advance(absl::Milliseconds(59'999));
  EXPECT_FALSE(watchdog_.Look());
  EXPECT_EQ(Now(), last);
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static 0\n"));

  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(watchdog_.Look());
  EXPECT_TRUE(Now()->fail_static);
  EXPECT_EQ(Now()->generation, 8u);
  EXPECT_EQ(Now()->frame, frame_);
  EXPECT_EQ(Now()->made_at, clock_.Now());
  EXPECT_TRUE(CheckPlan(*Now()).ok());
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static 1\n"));

  clock_.Advance(absl::Milliseconds(4'999));
  EXPECT_FALSE(watchdog_.Look());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(watchdog_.Look());
  EXPECT_EQ(Now()->generation, 9u);
  EXPECT_EQ(watchdog_.stats().published, 2u);
}

TEST_F(PlanWatchdogTest, PlansFromTheNewestFacts) {
  Bring(1);
  clock_.Advance(absl::Seconds(60));
  ASSERT_TRUE(watchdog_.Look());
  ASSERT_TRUE(feeds_.SetDrain("fra1", Drain{.who = "ana", .why = "kernel"}).ok());
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(watchdog_.Look());
  EXPECT_TRUE(Now()->targets[0].facts.drain.has_value());
  for (size_t row = 0; row < Now()->rows.size(); ++row) {
    absl::Span<const Slot> slots = frame_->candidates->Row(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].target != TargetId(0)) continue;
      EXPECT_EQ(Now()->RowSlots(row)[i].quota, 0) << row;
    }
  }
}

TEST_F(PlanWatchdogTest, GoesWhenAPlanPassesAndCountsTheMinuteAnew) {
  Bring(1);
  clock_.Advance(absl::Seconds(60));
  ASSERT_TRUE(watchdog_.Look());
  const auto back = Bring(3);
  EXPECT_EQ(Now(), back);
  EXPECT_FALSE(watchdog_.stats().active);
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static 0\n"));
  clock_.Advance(absl::Seconds(59));
  EXPECT_FALSE(watchdog_.Look());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(watchdog_.Look());
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static_total{outcome=\"published\"} 2\n"));
}

TEST_F(PlanWatchdogTest, APlanNumberedBeforeTheTakeoverComesAfterIt) {
  Bring(1);
  clock_.Advance(absl::Seconds(60));
  ASSERT_TRUE(watchdog_.Look());
  ASSERT_EQ(Now()->generation, 2u);
  const auto late = Bring(2);
  EXPECT_EQ(Now()->generation, 3u);
  EXPECT_FALSE(Now()->fail_static);
  EXPECT_EQ(late->generation, 2u) << "what others hold is not changed";
}

TEST_F(PlanWatchdogTest, FollowsThePlanToANewFrame) {
  Bring(1);
  Policy edited = SmallPolicy();
  std::swap(edited.targets[0], edited.targets[1]);
  const auto next = SmallFrame(edited);
  Bring(2, next);
  clock_.Advance(absl::Seconds(60));
  ASSERT_TRUE(watchdog_.Look());
  EXPECT_EQ(Now()->frame, next);
  EXPECT_EQ(Now()->targets.size(), 3u);
}

TEST_F(PlanWatchdogTest, HeavyResolversGoOnTakingTurns) {
  auto plan = std::make_shared<Plan>(*Bring(1));
  const uint64_t members[] = {77};
  plan->heavy = std::make_shared<const HeavySet>(members);
  plan->epoch = ResolverWatch::Epoch(clock_.Now());
  plan->generation = 2;
  watchdog_.Publish(plan);
  clock_.Advance(absl::Seconds(60));
  ASSERT_TRUE(watchdog_.Look());
  EXPECT_EQ(Now()->heavy, plan->heavy);
  EXPECT_EQ(Now()->epoch, plan->epoch + 12);  // a turn is 5 s
}

TEST_F(PlanWatchdogTest, ItsThreadLooksAndEndsTwiceAndWithoutABeginning) {
  {
    PlanWatchdog idle(plans_, feeds_, clock_);
    idle.Stop();
    idle.Stop();
  }
  Bring(1);
  clock_.Advance(absl::Seconds(60));
  watchdog_.Start();
  // The thread looks every second of real time; far longer than it should take.
  for (int i = 0; i < 6000 && !Now()->fail_static; ++i)
    feeds_.WaitForChange(feeds_.generation(), absl::Milliseconds(5));
  EXPECT_TRUE(Now()->fail_static);
  watchdog_.Stop();
}

}  // namespace
}  // namespace spillway
