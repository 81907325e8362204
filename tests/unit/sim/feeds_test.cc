// tests/unit/sim/feeds_test.cc -- reports come late, noisy, bent or not at all.
#include "sim/feeds.h"

#include <cmath>

#include "gtest/gtest.h"
#include "sim/faults.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class FeedsTest : public testing::Test {
 protected:
  static WorldConfig Small() {
    WorldConfig config;
    config.groups = 60;
    config.targets = 12;
    config.candidates = 6;
    return config;
  }
  void Run(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      ApplyFaults(faults_, terrain_, &world_, &feeds_);
      facts_ = feeds_.Snapshot(world_.now());
      if (plan_ == nullptr) {
        plan_ = MakeWeighted()->Tick({.frame = terrain_.frame,
                                      .facts = facts_,
                                      .activity = {},
                                      .resolver_arrivals = {},
                                      .world = world_});
      }
      world_.Step(*plan_);
      feeds_.Measure(world_);
    }
  }
  double Reported(size_t t) const { return facts_.targets[t].load[Resource::kEgress]; }
  double Mean() const {  // reported per delivered
    double sum = 0;
    for (size_t t = 0; t < config_.targets; ++t) sum += Reported(t) / world_.DeliveredMbps(t);
    return sum / static_cast<double>(config_.targets);
  }
  void Everywhere(Fault fault) { faults_ = {fault}; }

  const WorldConfig config_ = Small();
  const Terrain terrain_ = MakeTerrain(config_);
  World world_{config_, terrain_};
  Feeds feeds_{terrain_.frame->policy, config_};
  std::vector<Fault> faults_;
  std::shared_ptr<const Plan> plan_;
  Facts facts_;
};

TEST_F(FeedsTest, ReportsAreThreeToEightSecondsOldAndTwoPercentOff) {
  Run(60);
  for (const TargetFacts& target : facts_.targets) {
    EXPECT_EQ(target.feed, FeedState::kFresh);
    EXPECT_GE(target.age, absl::Seconds(3));
    EXPECT_LT(target.age, absl::Seconds(8));
  }
  EXPECT_NEAR(Mean(), 1, 0.03);
  EXPECT_NE(Mean(), 1);
}

TEST_F(FeedsTest, AFreezeAgesThenFreezesThenIsKnownAsOurOwnFault) {
  Run(60);
  Everywhere({.kind = Fault::Kind::kFreeze});
  Run(25);
  EXPECT_EQ(facts_.targets[0].feed, FeedState::kAgeing);
  EXPECT_TRUE(facts_.telemetry_frozen);
  Run(90);
  EXPECT_EQ(facts_.targets[0].feed, FeedState::kFrozen);
  faults_.clear();
  Run(15);
  EXPECT_EQ(facts_.targets[0].feed, FeedState::kFresh);
  EXPECT_FALSE(facts_.telemetry_frozen);
}

TEST_F(FeedsTest, ALowReportIsLow) {
  Everywhere({.kind = Fault::Kind::kLow, .amount = 0.2});
  Run(60);
  EXPECT_NEAR(Mean(), 0.8, 0.03);
}

TEST_F(FeedsTest, AFlapGoesDownAndUp) {
  Everywhere({.kind = Fault::Kind::kFlap, .period_s = 20});
  int changes = 0;
  Health last = Health::kUnknown;
  for (int i = 0; i < 200; ++i) {
    Run(1);
    changes += facts_.targets[0].reported != last;
    last = facts_.targets[0].reported;
  }
  EXPECT_NEAR(changes, 10, 2);
  EXPECT_EQ(world_.capacity_mbps(), terrain_.capacity_mbps);
}

TEST_F(FeedsTest, ALossIsToldOrNotAndEnds) {
  for (bool told : {false, true}) {
    Everywhere({.kind = Fault::Kind::kLoss, .amount = 0.6, .told = told});
    Run(30);
    EXPECT_NEAR(world_.capacity_mbps()[0], terrain_.capacity_mbps[0] * 0.4, 1e-6);
    const double known = facts_.targets[0].capacity[Resource::kEgress];
    EXPECT_NEAR(known / terrain_.capacity_mbps[0], told ? 0.4 : 1, 1e-9);
    faults_.clear();
    Run(30);
    EXPECT_EQ(facts_.targets[0].capacity[Resource::kEgress], terrain_.capacity_mbps[0]);
  }
}

TEST_F(FeedsTest, ADrainIsTheOperatorsAndEnds) {
  Everywhere({.kind = Fault::Kind::kDrain, .where = {Where::Kind::kLargest}});
  Run(5);
  int drained = 0;
  for (const TargetFacts& target : facts_.targets) drained += target.drain.has_value();
  EXPECT_EQ(drained, 1);
  faults_.clear();
  Run(5);
  for (const TargetFacts& target : facts_.targets) EXPECT_FALSE(target.drain.has_value());
}

}  // namespace
}  // namespace spillway::sim
