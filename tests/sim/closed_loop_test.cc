// tests/sim/closed_loop_test.cc -- the controller in a world that answers back: what it promises.
//
// 300 groups, 24 targets, 12 candidates each, 65 M viewers at the peak, capacity 1.2 x that, fixed
// seeds. Bounds are what the controller reached when they were written, plus room for its tuning;
// where a limit is physics (TTL, sessions that cannot be moved) the clairvoyant's figure is beside it.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/rehearsal.h"
#include "sim/steering.h"
#include "sim/terrain.h"
#include "steering/plan/plan.h"

namespace spillway::sim {
namespace {

WorldConfig SmallWorld() {
  WorldConfig config;
  config.groups = 300;
  config.targets = 24;
  config.candidates = 12;
  return config;
}

// Plays a scenario to `seconds`; every plan must keep its invariants.
Result Play(Scenario scenario, int seconds, std::unique_ptr<Steering> steering = MakeOurs()) {
  scenario.seconds = seconds;
  const Terrain terrain = MakeTerrain(scenario.world);
  uint64_t checked = 0;
  return Rehearse(scenario, terrain, steering.get(),
                  [&](const World& world, const Facts&, const Plan& plan) {
                    // Every tenth: a check costs as much as a second of the world.
                    if (plan.generation % 10 != 1 || plan.generation == checked) return;
                    if (plan.targets.empty()) return;  // a rival's: quotas only
                    checked = plan.generation;
                    ASSERT_TRUE(CheckPlan(plan).ok()) << world.now_s() << ": " << CheckPlan(plan);
                  });
}

Result Play(const std::string& name, int seconds) {
  return Play(MakeScenario(name, SmallWorld()), seconds);
}

TEST(ClosedLoop, ASteepRampOverloadsNobodyAndMovesFewUnlikeSheddingOnReports) {
  const Result r = Play("none", 4200);
  EXPECT_EQ(r.over_100, 0);
  EXPECT_LT(r.peak, 0.95);  // watermark 0.90
  EXPECT_LT(r.moved_per_hour, 1.5);
  // The reason to have the controller at all.
  const Result shed = Play(MakeScenario("none", SmallWorld()), 4200, MakeWatermarkShed());
  EXPECT_GT(shed.over_100, 0.01);
  EXPECT_GT(shed.moved_per_hour, 5 * r.moved_per_hour);
}

TEST(ClosedLoop, TheSameEveningTwiceIsTheSameToTheBit) {
  const Result a = Play("grand", 900), b = Play("grand", 900);
  EXPECT_EQ(a.peak, b.peak);
  EXPECT_EQ(a.over_95, b.over_95);
  EXPECT_EQ(a.moved_per_hour, b.moved_per_hour);
  EXPECT_EQ(a.rtt_ms, b.rtt_ms);
}

TEST(ClosedLoop, ATargetThatSaysItLost60PercentIsRelievedInMinutes) {
  const Result r = Play("loss", 5100);
  EXPECT_LT(r.over_100, 0.004);
  EXPECT_LT(r.recovered_s, 200);
  EXPECT_LT(r.peak_later, 1.05);
  EXPECT_LT(r.moved_per_hour, 2);
}

TEST(ClosedLoop, FeedsThatStopInTheRampOverloadNobodyForLong) {
  const Result r = Play("freeze", 4500);
  EXPECT_LT(r.over_100, 0.03);
  EXPECT_LT(r.peak, 1.15);
}

TEST(ClosedLoop, AFeedThatReportsTooLittleIsNotBelievedBlindly) {
  const Result r = Play("lie", 4200);
  EXPECT_LT(r.over_100, 0.02);
  EXPECT_LT(r.peak, 1.25);  // believed blindly: watermark / 0.8 = 1.13, and the ramp on top
}

TEST(ClosedLoop, AFlappingTargetOverloadsNobody) {
  const Result r = Play("flap", 4500);
  EXPECT_LT(r.over_100, 0.003);
  EXPECT_LT(r.peak, 1.1);
}

TEST(ClosedLoop, ADrainAtThePeakAndItsEndOverloadNobody) {
  const Result r = Play("drain", 5400);
  EXPECT_LT(r.over_100, 0.001);
  EXPECT_LT(r.peak, 1.0);
}

TEST(ClosedLoop, NominalAccountingKeepsRoomForTheLoudScene) {
  const Result r = Play("vbr", 3900);
  EXPECT_EQ(r.over_100, 0);
  EXPECT_LT(r.peak, 0.95);
}

TEST(ClosedLoop, CapacityThatComesBackIsUsedAgainWithoutOvershoot) {
  Scenario scenario = MakeScenario("loss", SmallWorld());
  scenario.faults[0].until_s = scenario.fault_at_s + 300;
  const Result r = Play(scenario, 5400);
  EXPECT_LT(r.peak_later, 1.05);
  EXPECT_LT(r.recovered_s, 200);
}

}  // namespace
}  // namespace spillway::sim
