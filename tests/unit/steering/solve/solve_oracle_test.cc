// tests/unit/steering/solve/solve_oracle_test.cc -- against LEMON's exact optimum, 3,000 small worlds.
//
//   source ─d_i─► row ─c_ij─► target ─H─► (its CDN's total ─H─►) sink
//                  └────────── S ──────────────────────────────►
//
// All bounds follow from duality. Let D be the demand, K the slots in a row, tol the tolerance:
// - slop = tol * S * sum of min(H_l, D): what prices (at most S) times errors of the limits are worth;
// - cost <= LP + eps ln(K + 1) D + slop, since entropy is between 0 and ln(K + 1) of a uniform prior;
// - cost >= LP - slop;
// - each unit refused without need costs at least S - targets * 100: no chain of detours is longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <vector>

#include "steering/solve/solve.h"
#include "tests/support/min_cost_flow.h"
#include "tests/unit/steering/solve/problem_testing.h"

namespace spillway::solve {
namespace {

constexpr double kSinkMs = 2000;
constexpr double kTolerance = 1e-4;

struct Network {
  int nodes, source, sink;
  int64_t demand = 0;
  std::vector<testing::FlowArc> arcs;
};

// Requires limits to nest: a target's first use is its own, its second its total.
Network NetworkOf(const World& world, bool with_sink) {
  const int rows = static_cast<int>(world.demand.size());
  const int targets = static_cast<int>(world.use_begin.size()) - 1;
  const int limits = static_cast<int>(world.headroom.size());
  // Rows, then targets, then limits as nodes (used by totals only), then the two ends.
  Network net{
      rows + targets + limits + 2, rows + targets + limits, rows + targets + limits + 1, 0, {}};
  for (int i = 0; i < rows; ++i) {
    const auto d = static_cast<int64_t>(world.demand[i]);
    net.demand += d;
    net.arcs.push_back({net.source, i, d});
    for (uint32_t s = world.row_begin[i]; s < world.row_begin[i + 1]; ++s) {
      net.arcs.push_back({i, rows + static_cast<int>(world.slot_target[s]), d,
                          static_cast<int64_t>(world.slot_cost_ms[s])});
    }
    if (with_sink) net.arcs.push_back({i, net.sink, d, static_cast<int64_t>(kSinkMs)});
  }
  std::vector<bool> total(limits, false);
  for (int j = 0; j < targets; ++j) {
    const uint32_t u = world.use_begin[j];
    const bool nested = world.use_begin[j + 1] - u == 2;
    const int to = nested ? rows + targets + static_cast<int>(world.use_limit[u + 1]) : net.sink;
    net.arcs.push_back({rows + j, to, static_cast<int64_t>(world.headroom[world.use_limit[u]])});
    if (nested) total[world.use_limit[u + 1]] = true;
  }
  for (int l = 0; l < limits; ++l) {
    if (total[l])
      net.arcs.push_back({rows + targets + l, net.sink, static_cast<int64_t>(world.headroom[l])});
  }
  return net;
}

double CostOf(const World& world, const Solution& solution) {
  double cost = 0;
  for (size_t i = 0; i < world.demand.size(); ++i) {
    cost += world.demand[i] * solution.sink_shares[i] * kSinkMs;
    for (uint32_t s = world.row_begin[i]; s < world.row_begin[i + 1]; ++s)
      cost += world.demand[i] * solution.shares[s] * world.slot_cost_ms[s];
  }
  return cost;
}

struct Tally {
  int worlds = 0, converged = 0, infeasible = 0, full = 0;
};

void CheckWorld(uint64_t seed, Tally* tally) {
  const WorldSize size{.rows = 1 + static_cast<int>(seed % 9),
                       .targets = 1 + static_cast<int>(seed / 9 % 7),
                       .slots = 1 + static_cast<int>(seed / 3 % 5),
                       .spare = 0.6 + 0.1 * static_cast<double>(seed / 5 % 12),
                       .shared = seed % 2 == 1,
                       .integers = true};
  World world = RandomWorld(seed, size);
  world.sink_cost_ms = {kSinkMs};
  world.epsilon_ms = seed % 4 == 0 ? 2 : 8;
  Solver solver;
  const Solution& got = solver.Solve(world.View(), {.tolerance = kTolerance, .sweeps_max = 20'000});
  const Network net = NetworkOf(world, true);
  const auto best = testing::MinCostFlow(net.nodes, net.arcs, net.source, net.sink, net.demand);
  ASSERT_TRUE(best.has_value());
  const Network closed = NetworkOf(world, false);
  const testing::Flow fits =
      testing::MaxFlow(closed.nodes, closed.arcs, closed.source, closed.sink);

  const double demand = static_cast<double>(net.demand), lp = static_cast<double>(best->cost);
  double slop = 1e-4 * (demand + lp);
  const std::vector<double> loads = LoadsOf(world, got);
  for (size_t l = 0; l < loads.size(); ++l) {
    const double room = world.headroom[l];
    slop += kTolerance * kSinkMs * std::min(room, demand);
    ASSERT_LE(loads[l], room * (1 + kTolerance) + 1e-4 * (1 + room)) << "limit " << l;
    if (!got.converged || !(got.price_ms[l] > 0) || room == 0) continue;
    // Complementary slackness: full, or a price too small to matter (measured as the solver does).
    ++tally->full;
    if (got.price_ms[l] > kTolerance * world.epsilon_ms * 1.01) {
      ASSERT_GE(loads[l], room * (1 - kTolerance) - 1e-4 * (1 + room)) << "limit " << l;
    }
  }
  double refused = 0;
  for (size_t i = 0; i < world.demand.size(); ++i) refused += world.demand[i] * got.sink_shares[i];
  const double needed = demand - static_cast<double>(fits.amount);
  ASSERT_GE(refused, needed - slop / kSinkMs - 1e-3);
  ASSERT_GE(CostOf(world, got), lp - slop);
  ++tally->worlds;
  tally->infeasible += needed > 0;
  tally->converged += got.converged;
  if (!got.converged) return;
  const double slots = std::min(size.slots, size.targets);
  const double bias = world.epsilon_ms * std::log(slots + 1) * demand;
  ASSERT_LE(CostOf(world, got), lp + bias + slop);
  const double detour = size.targets * 100.0;
  ASSERT_LE(refused - needed, (bias + slop) / (kSinkMs - detour) + 1e-3);
}

TEST(SolveOracle, CostsAtMostTheEntropyMoreThanTheExactOptimum) {
  Tally tally;
  for (uint64_t seed = 0; seed < 3000; ++seed)
    ASSERT_NO_FATAL_FAILURE(CheckWorld(seed, &tally)) << "seed " << seed;
  RecordProperty("converged", tally.converged);
  EXPECT_EQ(tally.worlds, 3000);
  EXPECT_GE(tally.converged, 2970) << "the bounds above were skipped for the rest";
  EXPECT_GE(tally.infeasible, 500);
  EXPECT_GE(tally.full, 3000);
  std::cout << tally.converged << " of " << tally.worlds << " converged, " << tally.infeasible
            << " infeasible, " << tally.full << " priced limits\n";
}

}  // namespace
}  // namespace spillway::solve
