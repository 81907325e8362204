// tests/unit/sim/terrain_test.cc -- a made map is what its configuration says, and can carry the
// evening: the production solver is the judge.
#include "sim/terrain.h"

#include <algorithm>
#include <numeric>

#include "gtest/gtest.h"
#include "steering/solve/solve.h"

namespace spillway::sim {
namespace {

WorldConfig Small() {
  WorldConfig config;
  config.groups = 300;
  config.targets = 24;
  config.candidates = 12;
  return config;
}

std::vector<double> Parts(const Terrain& terrain) {
  std::vector<double> parts;
  for (const RowClients& row : terrain.rows) parts.push_back(row.part);
  return parts;
}

// Part of the peak demand that finds no place when every target may be filled to `watermark`.
double RefusedAtPeak(const WorldConfig& config, double watermark) {
  const Terrain terrain = MakeTerrain(config);
  const CandidateTable& table = *terrain.frame->candidates;
  std::vector<uint32_t> row_begin = {0}, slot_target, use_begin, use_limit;
  std::vector<double> demand, headroom, use_factor;
  std::vector<float> cost;
  for (size_t r = 0; r < table.row_count(); ++r) {
    demand.push_back(terrain.rows[r].part * config.audiences[0].Peak() * config.bitrate_mbps);
    for (const Slot& slot : table.Row(r)) {
      if (slot.fenced) continue;
      slot_target.push_back(slot.target.value());
      cost.push_back(slot.cost_ms);
    }
    row_begin.push_back(static_cast<uint32_t>(slot_target.size()));
  }
  for (size_t t = 0; t < terrain.capacity_mbps.size(); ++t) {
    use_begin.push_back(static_cast<uint32_t>(t));
    use_limit.push_back(static_cast<uint32_t>(t));
    use_factor.push_back(1);
    headroom.push_back(watermark * terrain.capacity_mbps[t]);
  }
  use_begin.push_back(static_cast<uint32_t>(use_limit.size()));
  const std::vector<uint8_t> row_class(demand.size(), 0);
  const std::vector<float> prior(cost.size(), 1);
  const std::vector<double> sink = {1000};
  solve::Solver solver;
  const solve::Solution& solution = solver.Solve({.row_begin = row_begin,
                                                  .demand = demand,
                                                  .row_class = row_class,
                                                  .slot_target = slot_target,
                                                  .slot_cost_ms = cost,
                                                  .slot_prior = prior,
                                                  .use_begin = use_begin,
                                                  .use_limit = use_limit,
                                                  .use_factor = use_factor,
                                                  .headroom = headroom,
                                                  .sink_cost_ms = sink},
                                                 {.sweeps_max = 3000});
  double refused = 0;
  for (size_t r = 0; r < demand.size(); ++r) refused += demand[r] * solution.sink_shares[r];
  return refused / std::accumulate(demand.begin(), demand.end(), 0.0);
}

TEST(Terrain, EveryoneIsSomewhereOnce) {
  WorldConfig config = Small();
  config.services = 3;
  const Terrain terrain = MakeTerrain(config);
  const std::vector<double> parts = Parts(terrain);
  EXPECT_NEAR(std::accumulate(parts.begin(), parts.end(), 0.0), 1, 1e-9);
  const size_t rows = parts.size();
  EXPECT_EQ(rows, 3 * (config.groups + 1));  // and clients from elsewhere
  EXPECT_EQ(static_cast<size_t>(std::count(parts.begin(), parts.end(), 0.0)),
            3u);
}

TEST(Terrain, CapacityIsTheFactorTimesThePeak) {
  const WorldConfig config = Small();
  const Terrain terrain = MakeTerrain(config);
  const double all =
      std::accumulate(terrain.capacity_mbps.begin(), terrain.capacity_mbps.end(), 0.0);
  EXPECT_NEAR(all / (65e6 * 5), 1.2, 1e-9);
}

TEST(Terrain, EveryGroupHasItsNumberOfCandidates) {
  const WorldConfig config = Small();
  const Terrain terrain = MakeTerrain(config);
  const CandidateTable& table = *terrain.frame->candidates;
  for (size_t r = 0; r < table.row_count(); ++r) {
    if (terrain.rows[r].part <= 0) continue;
    const auto row = table.Row(r);
    EXPECT_EQ(std::count_if(row.begin(), row.end(), [](const Slot& s) { return !s.fenced; }), 12);
  }
}

TEST(Terrain, GroupsAreHeavyTailedWithinTheCap) {
  const WorldConfig config = Small();
  const Terrain terrain = MakeTerrain(config);
  const std::vector<double> parts = Parts(terrain);
  const double largest = *std::max_element(parts.begin(), parts.end());
  EXPECT_GT(largest, 0.01);
  EXPECT_LE(largest, config.group_share_max * 1.3);  // the cap is before normalising
}

TEST(Terrain, TheSameSeedMakesTheSameMapAndAnotherAnother) {
  WorldConfig config = Small();
  const Terrain a = MakeTerrain(config), b = MakeTerrain(config);
  EXPECT_EQ(a.capacity_mbps, b.capacity_mbps);
  EXPECT_EQ(Parts(a), Parts(b));
  config.seed = 2;
  EXPECT_NE(MakeTerrain(config).capacity_mbps, a.capacity_mbps);
}

TEST(Terrain, TheEveningFitsBelowTheWatermark) {
  WorldConfig config = Small();
  for (uint64_t seed : {1, 2, 3}) {
    config.seed = seed;
    EXPECT_LT(RefusedAtPeak(config, config.watermark), 0.002) << "seed " << seed;
  }
}

TEST(Terrain, WithLessCapacityThanDemandItDoesNot) {
  WorldConfig config = Small();
  config.capacity_factor = 1 / 1.15;
  EXPECT_GT(RefusedAtPeak(config, 1), 0.12);
}

}  // namespace
}  // namespace spillway::sim
