// tests/sim/scenarios_test.cc -- every shipped evening loads, and its first two minutes keep the
// world's and the plan's invariants.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/fleet.h"
#include "sim/rehearsal.h"
#include "sim/scenario/stage.h"
#include "sim/steering.h"
#include "steering/plan/plan.h"

namespace spillway::sim {
namespace {

constexpr int kSeconds = 120;

std::vector<std::string> Shipped() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SPILLWAY_SOURCE_DIR) + "/data/scenarios")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class ShippedScenario : public testing::TestWithParam<std::string> {};

TEST_P(ShippedScenario, LoadsAndPlaysSoundly) {
  const auto stage = LoadStage(GetParam());
  ASSERT_TRUE(stage.ok()) << stage.status().message();
  Scenario scenario = (*stage)->scenario;
  EXPECT_LE(scenario.scored_from_s, scenario.seconds / 2);
  // The parts of each audience are all of it.
  std::vector<double> parts(scenario.world.audiences.size(), 0);
  for (const RowClients& row : (*stage)->terrain.rows) parts[row.curve] += row.part;
  for (const double part : parts) EXPECT_NEAR(part, 1, 1e-9);

  scenario.seconds = kSeconds;
  const auto steering = MakeFleet(scenario.nodes, [] { return MakeOurs(); });
  const bool one = scenario.nodes.count == 1;  // a mean of plans is none of ours
  const Result result = Rehearse(
      scenario, (*stage)->terrain, steering.get(),
      [&](const World& world, const Facts&, const Plan& plan) {
        if (world.now_s() % 20 != 0) return;
        ASSERT_LT(world.WorstStateError(), 1e-6) << world.now_s();
        if (one) {
          ASSERT_TRUE(CheckPlan(plan).ok()) << world.now_s() << ": " << CheckPlan(plan);
        }
        const World::Totals& totals = world.totals();
        ASSERT_NEAR((totals.playing + totals.ended + totals.gave_up) / totals.started, 1, 1e-9);
      });
  EXPECT_GE(result.rtt_ms, 0);
}

INSTANTIATE_TEST_SUITE_P(Data, ShippedScenario, testing::ValuesIn(Shipped()), [](const auto& test) {
  std::string name = std::filesystem::path(test.param).stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace spillway::sim
