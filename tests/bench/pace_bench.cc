// tests/bench/pace_bench.cc -- one step of the pacer: nothing to do, noise, all rows moving, and a loss
// on a world that is nearly full.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "steering/planner/pace.h"

namespace spillway {
namespace {

struct World {
  PaceShape shape;
  std::vector<PaceTarget> targets;
  std::vector<float> demand, ttl_s, before, wanted;
  Guards guards;
};

World MakeWorld(int rows, int slots, int targets) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<float> unit(0, 1);
  World world;
  for (int t = 0; t < targets; ++t) world.shape.targets.push_back("t" + std::to_string(t));
  world.shape.services = {"live", "vod"};
  world.ttl_s = {30, 60};
  for (int i = 0; i < rows; ++i) {
    const int place = static_cast<int>(random() % static_cast<uint64_t>(targets));
    for (int k = 0; k < slots; ++k)
      world.shape.slot_target.push_back(static_cast<uint16_t>((place + k * k) % targets));
    world.shape.row_begin.push_back(static_cast<uint32_t>(world.shape.slot_target.size()));
    world.shape.row_service.push_back(static_cast<uint16_t>(i * 2 / rows));
    world.demand.push_back(std::exp(3 * unit(random)));
  }
  return world;
}

void RollShares(World& world, uint64_t seed, std::vector<float>* shares) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> unit(0, 1);
  shares->resize(world.shape.slot_target.size());
  for (size_t r = 0; r < world.demand.size(); ++r) {
    float sum = 0;
    for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s) {
      const float u = unit(random);
      sum += (*shares)[s] = u * u * u * u;
    }
    for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s)
      (*shares)[s] /= sum;
  }
}

enum Case { kQuiet, kNoise, kAllMove, kLossNearlyFull, kTwoTargets };

void BM_Step(benchmark::State& state) {
  const Case what = static_cast<Case>(state.range(3));
  World world = MakeWorld(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                          static_cast<int>(state.range(2)));
  RollShares(world, 1, &world.before);
  world.wanted = world.before;
  world.targets.assign(world.shape.targets.size(),
                       {.headroom_mbps = std::numeric_limits<double>::infinity()});
  if (what == kNoise)
    for (size_t s = 0; s + 1 < world.wanted.size(); s += 2) {
      const float d = std::min({0.001f, world.wanted[s], world.wanted[s + 1]});
      if ((s + 1) % static_cast<size_t>(state.range(1)) == 0) continue;
      world.wanted[s] -= d;
      world.wanted[s + 1] += d;
    }
  if (what >= kAllMove) RollShares(world, 2, &world.wanted);
  if (what == kTwoTargets) world.guards.min_targets_per_group = 2;
  if (what == kLossNearlyFull) {
    for (size_t t = 0; t < world.targets.size(); ++t) world.targets[t].usable = t % 20 != 0;
    std::vector<double> loads(world.targets.size());
    for (size_t r = 0; r < world.demand.size(); ++r) {
      float sum = 0;
      for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s) {
        if (!world.targets[world.shape.slot_target[s]].usable) world.wanted[s] = 0;
        sum += world.wanted[s];
      }
      for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s) {
        world.wanted[s] /= sum;
        loads[world.shape.slot_target[s]] += world.demand[r] * world.wanted[s];
      }
    }
    for (size_t t = 0; t < world.targets.size(); ++t) world.targets[t].headroom_mbps = loads[t];
  }
  Pacer pacer;
  pacer.Bind(world.shape);
  PaceOutputs out;
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  for (auto _ : state) {
    now += absl::Minutes(2);  // the guard's window is empty again
    pacer.Step({.now = now,
                .elapsed = absl::Seconds(1),
                .guards = world.guards,
                .targets = world.targets,
                .demand_mbps = world.demand,
                .ttl_s = world.ttl_s,
                .before = world.before,
                .wanted = world.wanted},
               &out);
    benchmark::DoNotOptimize(out.next.data());
  }
  state.counters["rows_moved"] = static_cast<double>(out.rows_moved);
  state.counters["forced"] = out.services[0].forced;
}
BENCHMARK(BM_Step)
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"rows", "slots", "targets", "case"})
    ->ArgsProduct({{10'000, 100'000}, {12}, {1000}, {0, 1, 2, 3, 4}});

}  // namespace
}  // namespace spillway
