// tests/unit/steering/planner/pace_test.cc -- named cases of moving clients: at once, slowly, not.
#include "steering/planner/pace.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/steering/planner/pace_world.h"

namespace spillway {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;

// One row of `targets`, everyone at the first.
PaceWorld OneRow(const std::vector<uint16_t>& row_targets, float mbps = 100) {
  PaceWorld world(row_targets.size(), 1);
  world.AddRow(mbps, row_targets);
  world.before[0] = world.wanted[0] = 1;
  world.Bind();
  return world;
}

TEST(Pace, ADeadTargetsClientsLeaveAtOnce) {
  PaceWorld world = OneRow({0, 1, 2});
  world.Step();
  world.targets[0].usable = false;
  world.wanted = {0, 0.75, 0.25};
  const PaceOutputs& out = world.Step(0.01);
  EXPECT_THAT(out.next, ElementsAre(0, FloatNear(0.75, 1e-5), FloatNear(0.25, 1e-5)));
  EXPECT_NEAR(out.services[0].forced, 1, 1e-6);
  EXPECT_NEAR(out.services[0].optional, 0, 1e-6);
}

TEST(Pace, ARecoveredTargetStartsAtTwoPercentAndDoublesEachTtl) {
  PaceWorld world = OneRow({0, 1});
  world.guards.max_shift_per_minute = 2;  // else the way out, 100 %, would delay the way back
  world.targets[0].usable = false;
  world.wanted = {0, 1};
  world.Step();
  world.targets[0].usable = true;
  world.wanted = {1, 0};
  EXPECT_NEAR(world.Step().next[0], 0.02, 1e-5);
  EXPECT_EQ(world.out.bit[0], Bit::kSlowStart);
  float expected = 0.02f;
  for (int ttl = 0; ttl < 5; ++ttl) {
    for (int s = 0; s < 30; ++s) world.Step();
    expected *= 2;
    EXPECT_NEAR(world.before[0], expected, 0.01) << ttl;
    EXPECT_TRUE(world.pacer.InSlowStart(0));
  }
  for (int s = 0; s < 30; ++s) world.Step();
  EXPECT_NEAR(world.before[0], 1, 0.006);
  EXPECT_FALSE(world.pacer.InSlowStart(0));
}

TEST(Pace, OptionalSavingsMoveFivePercentASecond) {
  PaceWorld world = OneRow({0, 1});
  world.wanted = {0, 1};
  EXPECT_NEAR(world.Step().next[1], 0.05, 1e-6);
  EXPECT_EQ(world.out.bit[1], Bit::kPaced);
  EXPECT_NEAR(world.Step(0.5).next[1], 0.075, 1e-6);
  for (int s = 0; s < 19; ++s) world.Step();
  EXPECT_NEAR(world.before[1], 1, 0.006);
}

TEST(Pace, AFreezeHoldsWhatIsOptionalAndAFullTargetStillSheds) {
  PaceWorld world = OneRow({0, 1});
  world.guards.freezes.push_back({world.now, world.now + absl::Hours(1)});
  world.wanted = {0, 1};
  EXPECT_EQ(world.Step().next[0], 1);
  EXPECT_EQ(world.out.bit[0], Bit::kFreeze);
  EXPECT_TRUE(world.out.frozen);
  world.targets[0].headroom_mbps = 60;
  EXPECT_NEAR(world.Step().next[0], 0.6, 1e-5);
}

}  // namespace
}  // namespace spillway
