// tests/unit/steering/control/plan_loop_test.cc -- who wakes the planner, and how it ends.
#include "steering/control/plan_loop.h"

#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

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

}  // namespace
}  // namespace spillway
