// tests/bench/solve_bench.cc -- one tick's solve: a sweep, from cold, after 2 % of drift or a loss.
//
// Groups are spread over a ring; each row has its nearest targets and a few far ones. Total headroom
// is 125, 102 or 90 % of demand and not where demand is, so that most limits bind. Counters: sweeps
// of the last solve, its worst violation, and how many limits have a price.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "steering/solve/solve.h"
#include "tests/unit/steering/solve/problem_testing.h"

namespace spillway::solve {
namespace {

World MakeWorld(int rows, int slots, int targets, double spare) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal(0, 1);
  World world;
  std::vector<double> demand(rows), room(targets);
  double demand_sum = 0, room_sum = 0;
  for (double& d : demand) demand_sum += d = std::exp(1.5 * normal(random));
  for (double& r : room) room_sum += r = std::exp(0.7 * normal(random));
  for (double r : room) world.AddTarget(r / room_sum * demand_sum * spare);
  for (int i = 0; i < rows; ++i) {
    const double place = unit(random) * targets;
    std::vector<Slot> row;
    for (int k = 0; k < slots; ++k) {
      const int near = slots * 2 / 3;
      const int step = k < near ? k - near / 2 : (k - near + 1) * targets / (slots - near + 1);
      const int j = ((static_cast<int>(place) + step) % targets + targets) % targets;
      const double distance = std::min(std::abs(step), targets - std::abs(step));
      const double rtt = 5 + 150 * distance / targets * 2 + 20 * unit(random);
      const bool again = std::any_of(row.begin(), row.end(),
                                     [j](const Slot& s) { return s.target == uint32_t(j); });
      if (!again) row.push_back({static_cast<uint32_t>(j), static_cast<float>(rtt)});
    }
    world.AddRow(demand[i], row);
  }
  return world;
}

void Drift(World& world, double part, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 1);
  for (double& d : world.demand) d *= std::exp(part * normal(random));
  // Common to a neighbourhood too: a drift that averages out over a target's groups is none.
  const size_t rows = world.demand.size();
  std::vector<double> local(world.headroom.size());
  for (double& f : local) f = std::exp(part * normal(random));
  for (size_t i = 0; i < rows; ++i) world.demand[i] *= local[world.slot_target[world.row_begin[i]]];
}

void Report(benchmark::State& state, const Solution& solution) {
  state.counters["sweeps"] = solution.sweeps;
  state.counters["violation"] = solution.worst_violation;
  state.counters["converged"] = solution.converged;
  state.counters["priced"] = static_cast<double>(std::count_if(
      solution.price_ms.begin(), solution.price_ms.end(), [](double p) { return p > 0; }));
}

// Arguments: rows, slots a row, targets, headroom in percent of demand.
World WorldOf(const benchmark::State& state) {
  return MakeWorld(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                   static_cast<int>(state.range(2)), static_cast<double>(state.range(3)) / 100);
}

// Time of a sweep is the difference of 41 and 1, over 40.
void BM_Sweeps(benchmark::State& state) {
  const World world = WorldOf(state);
  Solver solver;
  const Options options{.tolerance = 0, .sweeps_max = static_cast<int>(state.range(4))};
  for (auto _ : state) benchmark::DoNotOptimize(&solver.Solve(world.View(), options));
}

void BM_Cold(benchmark::State& state) {
  const World world = WorldOf(state);
  Solver solver;
  for (auto _ : state) Report(state, solver.Solve(world.View(), {.sweeps_max = 1000}));
}

template <typename Change>
void RunWarm(benchmark::State& state, Change change) {
  World world = WorldOf(state);
  Solver solver;
  const std::vector<double> prices = solver.Solve(world.View(), {.sweeps_max = 5000}).price_ms;
  change(world, prices);
  for (auto _ : state) Report(state, solver.Solve(world.View(), {.sweeps_max = 1000}, prices));
}

void BM_WarmAfterDrift(benchmark::State& state) {
  RunWarm(state, [](World& world, const std::vector<double>&) { Drift(world, 0.02, 11); });
}

void BM_WarmSteady(benchmark::State& state) {
  RunWarm(state, [](World&, const std::vector<double>&) {});
}

void BM_WarmAfterLoss(benchmark::State& state) {
  RunWarm(state, [](World& world, const std::vector<double>& prices) {
    const auto top = std::max_element(prices.begin(), prices.end()) - prices.begin();
    world.headroom[top] *= 0.4;
  });
}

void Sizes(benchmark::internal::Benchmark* bench) {
  for (const int spare : {125, 102, 90})
    bench->Args({10'000, 12, 300, spare})->Args({100'000, 12, 1'000, spare});
  bench->Unit(benchmark::kMillisecond);
}

void Growth(benchmark::internal::Benchmark* bench) {
  for (const int rows : {10'000, 50'000}) bench->Args({rows, 12, 1'000, 125});
  for (const int slots : {4, 24}) bench->Args({50'000, slots, 1'000, 125});
  for (const int targets : {100, 5'000}) bench->Args({50'000, 12, targets, 125});
  bench->Unit(benchmark::kMillisecond);
}

BENCHMARK(BM_Sweeps)
    ->Args({100'000, 12, 1'000, 125, 1})
    ->Args({100'000, 12, 1'000, 125, 41})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_WarmSteady)->Apply(Sizes);
BENCHMARK(BM_WarmAfterDrift)->Apply(Sizes)->Apply(Growth);
BENCHMARK(BM_WarmAfterLoss)->Apply(Sizes);
BENCHMARK(BM_Cold)->Apply(Sizes);

}  // namespace
}  // namespace spillway::solve
