// tests/sim/closed_loop_test.cc -- the controller in a world that answers back: what it promises.
//
// 300 groups, 24 targets, 12 candidates each, 65 M viewers at the peak, capacity 1.2 x that, fixed
// seeds. Bounds are what the controller reached when they were written, plus room for its tuning;
// where a limit is physics (TTL, sessions that cannot be moved) the clairvoyant's figure is beside it.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/faults.h"
#include "sim/rehearsal.h"
#include "sim/rivals/rivals.h"
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
  EXPECT_LE(r.peak, 0.93);  // watermark 0.90
  EXPECT_LT(r.moved_per_hour, 1.2);
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

// What is left of overload after a loss is physics: TTLs, and sessions that cannot be moved.
TEST(ClosedLoop, AfterALossItIsAsGoodAsTheSameControllerThatKnowsAllDemand) {
  Scenario scenario = MakeScenario("loss", SmallWorld());
  scenario.world.seed = 2;
  const Result r = Play(scenario, 5100);
  const Result knowing = Play(scenario, 5100, MakeOurs({}, Knowledge::kDemand));
  EXPECT_GT(knowing.over_100, 0);
  EXPECT_LE(r.over_100, 1.10 * knowing.over_100);
  EXPECT_LE(r.moved_per_hour, 1.3 * knowing.moved_per_hour);
}

// Half of the capacity of a CDN goes, and its feeds report what they deliver as if nothing were wrong.
TEST(ClosedLoop, ASilentLossIsFoundMeasuredAndRelieved) {
  Scenario scenario = MakeScenario("cdnloss", SmallWorld());
  scenario.seconds = 4800;
  const Terrain terrain = MakeTerrain(scenario.world);
  const std::vector<size_t> weak = Resolve(scenario.faults[0].where, terrain);
  int looked = 0, found = 0;
  const auto steering = MakeOurs();
  const Result r = Rehearse(scenario, terrain, steering.get(),
                            [&](const World& world, const Facts&, const Plan& plan) {
                              if (world.now_s() != static_cast<int>(scenario.fault_at_s) + 60) return;
                              for (const size_t t : weak) {
                                ++looked;
                                const double truth = world.capacity_mbps()[t];
                                const TargetStatus& status = plan.targets[t];
                                found += status.capacity_estimated &&
                                         std::abs(status.capacity_mbps - truth) < 0.1 * truth;
                              }
                            });
  EXPECT_GT(looked, 0);
  EXPECT_EQ(found, looked);
  EXPECT_LT(r.over_100, 0.01);
  const Result blind = Play(scenario, 4800, MakeOurs({.behaviour = false}));
  EXPECT_GT(blind.over_100, 3 * r.over_100);
}

TEST(ClosedLoop, FeedsThatStopInTheRampOverloadNobody) {
  const Result r = Play("freeze", 4500);
  EXPECT_LT(r.over_100, 0.0005);
  EXPECT_LT(r.peak, 0.98);
}

TEST(ClosedLoop, AFeedThatReportsTooLittleIsNotBelievedBlindly) {
  const Result r = Play("lie", 4200);
  EXPECT_LT(r.over_100, 0.003);
  EXPECT_LT(r.peak, 1.05);  // believed blindly: watermark / 0.8 = 1.13, and the ramp on top
}

TEST(ClosedLoop, AFlappingTargetOverloadsNobody) {
  const Result r = Play("flap", 4500);
  EXPECT_LT(r.over_100, 0.0005);
  EXPECT_LT(r.peak, 0.98);
}

// A CDN loses half silently, another reports a fifth too little, two of its targets say every 20 s that
// they are down and are not, feeds stop, a region is cut.
TEST(ClosedLoop, EverythingAtOnceOverloadsFewForAnHour) {
  const Result r = Play("grand", 6300);
  EXPECT_LT(r.over_100, 0.012);
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
