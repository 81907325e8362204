// tests/unit/steering/control/plan_loop_test.cc -- who wakes the planner, and how it ends.
#include "steering/control/plan_loop.h"

#include <future>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::HasSubstr;

class PlanLoopTest : public testing::Test {
 protected:
  // Waits for a plan that holds; false when none came for far longer than any should take.
  template <typename Condition>
  bool Await(Condition holds) {
    for (int i = 0; i < 2000; ++i) {
      if (auto plan = loop_.plans().Current(); plan != nullptr && holds(*plan)) return true;
      feeds_.WaitForChange(feeds_.generation(), absl::Milliseconds(5));
    }
    return false;
  }

  std::string Metrics() const {
    MetricsWriter writer;
    loop_.WriteMetrics(&writer);
    return writer.text();
  }

  ManualClock clock_;
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  FeedTable feeds_{frame_->policy};
  PlanLoop loop_{feeds_, clock_};
};

TEST_F(PlanLoopTest, SetFramePublishesBeforeItReturns) {
  EXPECT_EQ(loop_.plans().Current(), nullptr);
  ASSERT_TRUE(loop_.SetFrame(frame_));
  ASSERT_NE(loop_.plans().Current(), nullptr);
  EXPECT_EQ(loop_.plans().Current()->frame, frame_);
  auto next = SmallFrame();
  ASSERT_TRUE(loop_.SetFrame(next));
  EXPECT_EQ(loop_.plans().Current()->frame, next);
  EXPECT_EQ(loop_.plans().Current()->generation, 2u);
  EXPECT_EQ(loop_.stats().published, 2u);
  EXPECT_EQ(loop_.stats().rejected, 0u);
}

TEST_F(PlanLoopTest, AFactWakesItAndANewPolicyKeepsTheFact) {
  ASSERT_TRUE(loop_.SetFrame(frame_));
  loop_.Start();
  ASSERT_TRUE(feeds_.SetDrain("ams1", Drain{.who = "ana", .why = "kernel"}).ok());
  auto drained = [](absl::string_view name) {
    return [name](const Plan& plan) {
      auto id = plan.policy().FindTarget(name);
      return id && plan.targets[id->index()].facts.drain.has_value();
    };
  };
  EXPECT_TRUE(Await(drained("ams1")));
  Policy edited = SmallPolicy();
  std::swap(edited.targets[0], edited.targets[1]);
  ASSERT_TRUE(loop_.SetFrame(SmallFrame(edited)));
  EXPECT_TRUE(drained("ams1")(*loop_.plans().Current()));
}

TEST_F(PlanLoopTest, PlansWithoutAnyChangeToo) {
  ASSERT_TRUE(loop_.SetFrame(frame_));
  loop_.Start();
  EXPECT_TRUE(Await([](const Plan& plan) { return plan.generation >= 3; }));
}

// Frames come while the loop plans; every plan belongs to a frame that was set.
TEST_F(PlanLoopTest, FramesAndTicksTakeTurns) {
  ASSERT_TRUE(loop_.SetFrame(frame_));
  loop_.Start();
  for (int i = 0; i < 50; ++i) {
    auto frame = SmallFrame();
    ASSERT_TRUE(loop_.SetFrame(frame));
    feeds_.Wake();
    EXPECT_EQ(loop_.plans().Current()->frame, frame);
  }
  EXPECT_EQ(loop_.stats().rejected, 0u);
}

TEST_F(PlanLoopTest, EndsTwiceAndWithoutABeginning) {
  loop_.Stop();
  loop_.Stop();
  PlanLoop idle(feeds_, clock_);
  idle.Start();  // no frame yet: waits
  idle.Stop();
  EXPECT_EQ(idle.plans().Current(), nullptr);
}

// The planner is held up in the middle of a new frame, with its lock in hand.
TEST_F(PlanLoopTest, APlannerThatHangsLosesTheFleetToFailStaticAndGetsItBack) {
  ASSERT_TRUE(loop_.SetFrame(frame_));
  loop_.Start();
  std::promise<void> hangs, go_on;
  const auto next = SmallFrame();
  std::thread reload([&] {
    EXPECT_TRUE(loop_.SetFrame(next, [&] {
      hangs.set_value();
      go_on.get_future().wait();
    }));
  });
  hangs.get_future().wait();
  clock_.Advance(PlanWatchdog::kStaticAfter);
  EXPECT_TRUE(Await([](const Plan& plan) { return plan.fail_static; }));
  const auto held = loop_.plans().Current();
  EXPECT_EQ(held->frame, frame_) << "the one in force";
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static 1\n"));
  go_on.set_value();
  reload.join();
  EXPECT_TRUE(Await([&](const Plan& plan) { return plan.frame == next && !plan.fail_static; }));
  EXPECT_GT(loop_.plans().Current()->generation, held->generation);
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_fail_static 0\n"));
}

// After fail-static its shares are in force: the planner goes on from them, a little every second.
TEST_F(PlanLoopTest, TheWayBackFromFailStaticIsPaced) {
  const size_t germany =
      frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany"));
  const auto share_of_fra1 = [&] {
    const auto plan = loop_.plans().Current();
    absl::Span<const Slot> row = frame_->candidates->Row(germany);
    for (size_t i = 0; i < row.size(); ++i)
      if (row[i].target == TargetId(0)) return plan->RowSlots(germany)[i].quota / 256.0;
    return -1.0;
  };
  for (int i = 0; i < 100; ++i, clock_.Advance(absl::Seconds(1)))
    ASSERT_TRUE(loop_.SetFrame(frame_));
  EXPECT_EQ(share_of_fra1(), 1) << "idle: the nearest";
  clock_.Advance(PlanWatchdog::kStaticAfter);
  ASSERT_TRUE(loop_.watchdog().Look());
  const double fail_static = share_of_fra1();
  EXPECT_LT(fail_static, 0.8);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(loop_.SetFrame(frame_));
  EXPECT_FALSE(loop_.plans().Current()->fail_static);
  EXPECT_NEAR(share_of_fra1(), fail_static, 0.06) << "5 % of the row a second";
  for (int i = 0; i < 100; ++i, clock_.Advance(absl::Seconds(1)))
    ASSERT_TRUE(loop_.SetFrame(frame_));
  EXPECT_EQ(share_of_fra1(), 1);
}

TEST_F(PlanLoopTest, AsksWhatTheLossOfATargetWouldDo) {
  SampleBatch batch;
  for (const char* target : {"fra1", "ams1", "nyc1"}) {
    Sample sample{.target = target, .measured_at = clock_.Now(), .sequence = 1};
    sample.current.Set(Resource::kEgress, 800);
    batch.samples.push_back(sample);
  }
  ASSERT_EQ(feeds_.Accept("test", batch, clock_.Now()).accepted, 3u);
  ASSERT_TRUE(loop_.SetFrame(frame_));
  loop_.Start();
  const auto report = loop_.losses().WaitForNewer(0, absl::Seconds(30));
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->frame, frame_);
  ASSERT_EQ(report->losses.size(), 3u);
  EXPECT_GT(report->refused_mbps(), 100) << "800 are lost where twice 200 are left";
  ASSERT_TRUE(loop_.SetFrame(frame_));  // a tick, which takes the report
  EXPECT_THAT(Metrics(), HasSubstr("spillway_n_minus_one_alarm 1\n"));
}

TEST_F(PlanLoopTest, LearnsFromResolversAndGivesHeavyOnesTheirTurns) {
  constexpr uint64_t kAsker = 12345;
  ResolverWatch resolvers(1);
  PlanLoop loop(feeds_, clock_, &resolvers);
  ASSERT_TRUE(loop.SetFrame(frame_));
  EXPECT_EQ(loop.plans().Current()->heavy, nullptr);
  AnswerNote note;
  note.asker = kAsker;
  note.row = static_cast<uint32_t>(
      frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany")));
  note.table = TableTag(frame_->candidates.get());
  note.ttl_s = 30;
  // It comes back 0.1 s after each expiry, for a quarter of an hour.
  for (int i = 0; i < 30; ++i) {
    resolvers.log(0)->Add(note);
    resolvers.log(0)->Commit(clock_.Now());
    clock_.Advance(absl::Milliseconds(30'100));
    ASSERT_TRUE(loop.SetFrame(frame_));  // a tick
  }
  const auto plan = loop.plans().Current();
  ASSERT_NE(plan->heavy, nullptr);
  EXPECT_TRUE(plan->heavy->Contains(kAsker));
  EXPECT_EQ(plan->epoch, ResolverWatch::Epoch(clock_.Now()));
  // One session in 0.1 s; nothing was granted, so nothing else speaks of arrivals.
  EXPECT_GT(plan->services[0].arrivals_now, 5);
}

TEST_F(PlanLoopTest, ShowsPromisesOfTheNewestPlan) {
  ASSERT_TRUE(loop_.SetFrame(frame_));
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_targets_over_hard 0\n"));
  EXPECT_THAT(Metrics(), HasSubstr("spillway_plan_rows_below_min_targets 0\n"));
}

}  // namespace
}  // namespace spillway
