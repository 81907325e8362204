// tests/sim/swarm_test.cc -- a bounded number of drawn worlds, and proof that the judge can find
// something.
#include "sim/swarm/swarm.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "sim/steering.h"
#include "sim/swarm/drawn_world.h"

namespace spillway::sim {
namespace {

constexpr uint64_t kSeeds = 12;  // ops/swarm plays thousands

TEST(Swarm, NothingIsFoundInTheFirstSeeds) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::optional<Finding> finding = PlaySeed(seed, [] { return MakeOurs(); });
    EXPECT_FALSE(finding) << finding->ToString();
  }
}

// A planner that sends anything to whoever is not full yet: the judge must see it, and see the same again.
TEST(Swarm, APlantedBugIsFoundAndItsSeedRepeatsIt) {
  const auto planted = [] { return MakeOurs({.receivers = false}); };
  std::optional<Finding> finding;
  for (uint64_t seed = 1; seed <= kSeeds && !finding; ++seed) finding = PlaySeed(seed, planted);
  ASSERT_TRUE(finding);
  EXPECT_NE(finding->what.find("safety:over_hard"), std::string::npos) << finding->ToString();
  const std::optional<Finding> again = PlaySeed(finding->seed, planted);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ToString(), finding->ToString());
}

TEST(Swarm, ASeedIsAWorldToTheBit) {
  const DrawnWorld a = DrawWorld(7), b = DrawWorld(7), c = DrawWorld(8);
  EXPECT_EQ(a.terrain.capacity_mbps, b.terrain.capacity_mbps);
  EXPECT_EQ(a.scenario.faults.size(), b.scenario.faults.size());
  EXPECT_NE(a.terrain.capacity_mbps, c.terrain.capacity_mbps);
}

}  // namespace
}  // namespace spillway::sim
