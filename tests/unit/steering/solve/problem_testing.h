// tests/unit/steering/solve/problem_testing.h -- problems that own their arrays, by hand or by dice.
#ifndef SPILLWAY_TESTS_UNIT_STEERING_SOLVE_PROBLEM_TESTING_H_
#define SPILLWAY_TESTS_UNIT_STEERING_SOLVE_PROBLEM_TESTING_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "steering/solve/problem.h"
#include "steering/solve/solve.h"

namespace spillway::solve {

struct Slot {
  uint32_t target;
  float cost_ms;
  float prior = 1;
};

struct Use {
  uint32_t limit;
  double factor = 1;
};

struct World {
  std::vector<uint32_t> row_begin{0}, slot_target, use_begin{0}, use_limit;
  std::vector<double> demand, use_factor, headroom, sink_cost_ms{400};
  std::vector<uint8_t> row_class;
  std::vector<float> slot_cost_ms, slot_prior;
  double epsilon_ms = 8;

  uint32_t AddLimit(double room) {
    headroom.push_back(room);
    return static_cast<uint32_t>(headroom.size() - 1);
  }
  uint32_t AddTarget(const std::vector<Use>& uses) {
    for (const Use& use : uses) {
      use_limit.push_back(use.limit);
      use_factor.push_back(use.factor);
    }
    use_begin.push_back(static_cast<uint32_t>(use_limit.size()));
    return static_cast<uint32_t>(use_begin.size() - 2);
  }
  // A target with a limit of its own.
  uint32_t AddTarget(double room) { return AddTarget(std::vector<Use>{{AddLimit(room), 1}}); }
  void AddRow(double d, const std::vector<Slot>& slots, uint8_t its_class = 0) {
    for (const Slot& slot : slots) {
      slot_target.push_back(slot.target);
      slot_cost_ms.push_back(slot.cost_ms);
      slot_prior.push_back(slot.prior);
    }
    row_begin.push_back(static_cast<uint32_t>(slot_target.size()));
    demand.push_back(d);
    row_class.push_back(its_class);
  }
  Problem View() const {
    return {.row_begin = row_begin,
            .demand = demand,
            .row_class = row_class,
            .slot_target = slot_target,
            .slot_cost_ms = slot_cost_ms,
            .slot_prior = slot_prior,
            .use_begin = use_begin,
            .use_limit = use_limit,
            .use_factor = use_factor,
            .headroom = headroom,
            .sink_cost_ms = sink_cost_ms,
            .epsilon_ms = epsilon_ms};
  }
};

struct WorldSize {
  int rows = 8;
  int targets = 6;
  int slots = 4;        // a row
  double spare = 1.2;   // total headroom / total demand
  bool shared = false;  // every third target's CDN has a total that is tighter than its parts
  int cost_ms_max = 100;
  bool integers = false;  // demands and headrooms, for the oracle
};

inline World RandomWorld(uint64_t seed, const WorldSize& size) {
  std::mt19937_64 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); };
  const auto unit = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  World world;
  std::vector<double> demand, weight;
  double demand_sum = 0, weight_sum = 0;
  for (int i = 0; i < size.rows; ++i) {
    demand.push_back(size.integers ? below(100) : 1 + 99 * unit() * unit());
    demand_sum += demand.back();
  }
  for (int j = 0; j < size.targets; ++j) {
    weight.push_back(0.2 + unit());
    weight_sum += weight.back();
  }
  std::vector<uint32_t> totals;
  for (int j = 0; j < size.targets; ++j) {
    double room = demand_sum * size.spare * weight[j] / weight_sum;
    if (size.integers) room = std::floor(room);
    std::vector<Use> uses{{world.AddLimit(room), 1}};
    if (size.shared) {
      if (j % 3 == 0) totals.push_back(world.AddLimit(0));
      double part = room * (0.6 + 0.5 * unit());
      world.headroom[totals.back()] += size.integers ? std::floor(part) : part;
      uses.push_back({totals.back(), 1});
    }
    world.AddTarget(uses);
  }
  for (int i = 0; i < size.rows; ++i) {
    std::vector<Slot> slots;
    std::vector<bool> taken(size.targets, false);
    while (static_cast<int>(slots.size()) < std::min(size.slots, size.targets)) {
      const auto j = static_cast<uint32_t>(below(size.targets));
      if (taken[j]) continue;
      taken[j] = true;
      slots.push_back({j, static_cast<float>(below(size.cost_ms_max + 1))});
    }
    world.AddRow(demand[i], slots);
  }
  return world;
}

// Loads by limit, added up from the shares alone.
inline std::vector<double> LoadsOf(const World& world, const Solution& solution) {
  std::vector<double> loads(world.headroom.size(), 0.0);
  for (size_t i = 0; i < world.demand.size(); ++i) {
    for (uint32_t s = world.row_begin[i]; s < world.row_begin[i + 1]; ++s) {
      const uint32_t j = world.slot_target[s];
      for (uint32_t u = world.use_begin[j]; u < world.use_begin[j + 1]; ++u)
        loads[world.use_limit[u]] += world.demand[i] * solution.shares[s] * world.use_factor[u];
    }
  }
  return loads;
}

}  // namespace spillway::solve

#endif  // SPILLWAY_TESTS_UNIT_STEERING_SOLVE_PROBLEM_TESTING_H_
