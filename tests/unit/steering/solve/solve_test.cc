// tests/unit/steering/solve/solve_test.cc -- what holds for every problem, and the corners.
#include "steering/solve/solve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/unit/steering/solve/problem_testing.h"

namespace spillway::solve {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::Ge;
using ::testing::Lt;

constexpr Options kExact{.tolerance = 1e-6, .sweeps_max = 100'000};

Solution Solved(const World& world, const Options& options = kExact,
                const std::vector<double>& warm = {}) {
  Solver solver;
  return solver.Solve(world.View(), options, warm);
}

void ExpectSafe(const World& world, const Solution& solution, double tolerance) {
  for (size_t i = 0; i < world.demand.size(); ++i) {
    double sum = solution.sink_shares[i];
    for (uint32_t s = world.row_begin[i]; s < world.row_begin[i + 1]; ++s) {
      ASSERT_GE(solution.shares[s], 0);
      sum += solution.shares[s];
    }
    ASSERT_NEAR(sum, 1, 1e-5) << "row " << i;
  }
  const std::vector<double> loads = LoadsOf(world, solution);
  for (size_t l = 0; l < loads.size(); ++l) {
    const double room = std::max(0.0, world.headroom[l]);
    ASSERT_LE(loads[l], room * (1 + tolerance) + 1e-5 * room) << "limit " << l;
    if (room > 0) {
      ASSERT_NEAR(loads[l], solution.limit_load[l], 1e-4 * (1 + loads[l]));
    }
  }
}

TEST(Solve, EveryIterateIsSafeToPublish) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const World world = RandomWorld(seed, {.rows = 30,
                                           .targets = 9,
                                           .spare = 0.5 + 0.1 * static_cast<double>(seed % 10),
                                           .shared = seed % 2 == 0});
    for (int sweeps : {1, 2, 3, 5, 10, 100}) {
      ASSERT_NO_FATAL_FAILURE(ExpectSafe(world, Solved(world, {.sweeps_max = sweeps}), 0.01))
          << "seed " << seed << " sweeps " << sweeps;
    }
  }
}

TEST(Solve, CheapestTargetTakesAllWhileItFits) {
  World world;
  const uint32_t near = world.AddTarget(1000), far = world.AddTarget(1000);
  world.AddRow(100, {{near, 10}, {far, 200}});
  const Solution solution = Solved(world);
  EXPECT_NEAR(solution.shares[0], 1, 1e-6);
  EXPECT_THAT(solution.price_ms, Each(0.0));
  EXPECT_EQ(solution.sweeps, 1);
}

TEST(Solve, PriceIsTheDetourOfTheNextUnit) {
  World world;
  const uint32_t near = world.AddTarget(60), far = world.AddTarget(1000);
  world.AddRow(100, {{near, 10}, {far, 200}});
  const Solution solution = Solved(world);
  EXPECT_NEAR(solution.shares[0], 0.6, 1e-5);
  // x_near / x_far = exp((190 - price) / eps) = 1.5.
  EXPECT_NEAR(solution.price_ms[0], 190 - 8 * std::log(1.5), 1e-3);
  EXPECT_EQ(solution.price_ms[1], 0);
}

TEST(Solve, PriorsSplitEqualCosts) {
  World world;
  const uint32_t a = world.AddTarget(1000), b = world.AddTarget(1000), c = world.AddTarget(1000);
  world.AddRow(10, {{a, 20, 3}, {b, 20, 1}, {c, 20, 0}});
  EXPECT_THAT(Solved(world).shares, ElementsAreArray({0.75f, 0.25f, 0.0f}));
}

TEST(Solve, SinkCountsLikeOneSlotOfItsCost) {
  World world;
  const uint32_t a = world.AddTarget(1000), b = world.AddTarget(1000);
  world.AddRow(10, {{a, 400, 6}, {b, 400, 2}});
  const Solution solution = Solved(world);
  EXPECT_NEAR(solution.sink_shares[0], 1.0 / 3, 1e-6);
  EXPECT_NEAR(solution.shares[0], 0.5, 1e-6);
}

TEST(Solve, CheaperClassLeaksFirst) {
  World world;
  world.sink_cost_ms = {400, 50};
  const uint32_t only = world.AddTarget(100);
  world.AddRow(80, {{only, 10}}, 0);
  world.AddRow(80, {{only, 10}}, 1);
  const Solution solution = Solved(world);
  EXPECT_LT(solution.sink_shares[0], 1e-6);
  EXPECT_NEAR(solution.sink_shares[1], 0.75, 1e-4);
}

TEST(Solve, ScalingDemandAndHeadroomChangesNothing) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    World world = RandomWorld(seed, {.rows = 20, .shared = true});
    const Solution before = Solved(world);
    for (double& d : world.demand) d *= 1024;
    for (double& h : world.headroom) h *= 1024;
    const Solution after = Solved(world);
    EXPECT_EQ(before.shares, after.shares);
    EXPECT_EQ(before.price_ms, after.price_ms);
  }
}

TEST(Solve, UnitOfALimitChangesItsPriceOnly) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    World world = RandomWorld(seed, {.rows = 20, .spare = 1.1});
    const Solution before = Solved(world);
    world.headroom[0] *= 0.25;
    for (size_t u = 0; u < world.use_limit.size(); ++u)
      if (world.use_limit[u] == 0) world.use_factor[u] *= 0.25;
    const Solution after = Solved(world);
    EXPECT_EQ(before.shares, after.shares);
    EXPECT_EQ(before.price_ms[0], after.price_ms[0] * 0.25);
  }
}

TEST(Solve, OrderOfRowsTargetsAndLimitsDoesNotMatter) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const World world = RandomWorld(seed, {.rows = 12, .targets = 7, .shared = true});
    World turned;
    turned.sink_cost_ms = world.sink_cost_ms;
    const auto limits = static_cast<uint32_t>(world.headroom.size());
    for (uint32_t l = limits; l-- > 0;) turned.AddLimit(world.headroom[l]);
    for (uint32_t j = 7; j-- > 0;) {
      std::vector<Use> uses;
      for (uint32_t u = world.use_begin[j + 1]; u-- > world.use_begin[j];)
        uses.push_back({limits - 1 - world.use_limit[u], world.use_factor[u]});
      turned.AddTarget(uses);
    }
    for (size_t i = world.demand.size(); i-- > 0;) {
      std::vector<Slot> slots;
      for (uint32_t s = world.row_begin[i + 1]; s-- > world.row_begin[i];)
        slots.push_back({6 - world.slot_target[s], world.slot_cost_ms[s]});
      turned.AddRow(world.demand[i], slots);
    }
    const Solution there = Solved(world), back = Solved(turned);
    ASSERT_TRUE(there.converged && back.converged) << seed;
    const size_t n = there.shares.size();
    for (size_t s = 0; s < n; ++s)
      ASSERT_NEAR(there.shares[s], back.shares[n - 1 - s], 1e-4) << seed;
  }
}

// One limit per target: the targets are substitutes.
TEST(Solve, MoreHeadroomRaisesNoPriceAndLosesNoLoad) {
  int compared = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    World world =
        RandomWorld(seed, {.rows = 15, .spare = 0.9 + 0.01 * static_cast<double>(seed % 40)});
    const size_t l = seed % world.headroom.size();
    const Solution before = Solved(world);
    world.headroom[l] *= 1.3;
    const Solution after = Solved(world);
    if (!before.converged || !after.converged) continue;  // a price that creeps proves nothing
    ++compared;
    for (size_t k = 0; k < world.headroom.size(); ++k)
      EXPECT_LE(after.price_ms[k], before.price_ms[k] + 0.01) << seed << " limit " << k;
    EXPECT_GE(after.limit_load[l], before.limit_load[l] * (1 - 1e-5)) << seed;
  }
  EXPECT_GE(compared, 90);
}

TEST(Solve, WarmStartFromItsOwnPricesChangesNothing) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const World world = RandomWorld(seed, {.rows = 40, .targets = 9, .shared = seed % 2 == 0});
    const Solution cold = Solved(world, {.sweeps_max = 10'000});
    ASSERT_TRUE(cold.converged) << seed;
    const Solution warm = Solved(world, {.sweeps_max = 10'000}, cold.price_ms);
    EXPECT_EQ(warm.sweeps, 1);
    EXPECT_EQ(cold.shares, warm.shares) << seed;
    EXPECT_EQ(cold.sink_shares, warm.sink_shares) << seed;
    EXPECT_EQ(cold.price_ms, warm.price_ms) << seed;
  }
}

TEST(Solve, RepeatsBitForBitWhateverTheSolverDidBefore) {
  Solver used;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const World world = RandomWorld(seed, {.rows = 10 + static_cast<int>(seed % 7),
                                           .targets = 3 + static_cast<int>(seed % 5),
                                           .slots = 3,
                                           .shared = seed % 3 == 0});
    const Solution fresh = Solved(world, {.sweeps_max = 30});
    const Solution& again = used.Solve(world.View(), {.sweeps_max = 30});
    EXPECT_EQ(fresh.shares, again.shares);
    EXPECT_EQ(fresh.sink_shares, again.sink_shares);
    EXPECT_EQ(fresh.price_ms, again.price_ms);
    EXPECT_EQ(fresh.limit_load, again.limit_load);
    EXPECT_EQ(fresh.sweeps, again.sweeps);
  }
}

TEST(Solve, SmallNoiseMovesFewClients) {
  World world = RandomWorld(3, {.rows = 60, .targets = 10, .slots = 6, .spare = 1.1});
  const Solution before = Solved(world);
  for (size_t i = 0; i < world.demand.size(); ++i) world.demand[i] *= i % 2 == 0 ? 1.01 : 0.99;
  const Solution after = Solved(world, kExact, before.price_ms);
  double moved = 0, total = 0;
  for (size_t i = 0; i < world.demand.size(); ++i) {
    total += world.demand[i];
    for (uint32_t s = world.row_begin[i]; s < world.row_begin[i + 1]; ++s)
      moved += 0.5 * world.demand[i] * std::abs(after.shares[s] - before.shares[s]);
  }
  EXPECT_LT(moved / total, 0.02);
}

TEST(Solve, WithinTheSlackPricesStayAsTheyWere) {
  World world = RandomWorld(3, {.rows = 60, .targets = 10, .slots = 6, .spare = 1.1});
  const Options options{.slack = 0.03, .sweeps_max = 10'000};
  const Solution before = Solved(world, options);
  for (double& room : world.headroom) room *= 1.02;
  EXPECT_EQ(Solved(world, options, before.price_ms).price_ms, before.price_ms);
  EXPECT_NE(Solved(world, {.sweeps_max = 10'000}, before.price_ms).price_ms, before.price_ms);
  for (double& room : world.headroom) room *= 1.05;
  EXPECT_NE(Solved(world, options, before.price_ms).price_ms, before.price_ms);
}

TEST(Solve, IdenticalLimitsOnOneTargetDoNotFightEachOther) {
  World world;
  const uint32_t a = world.AddLimit(50), b = world.AddLimit(50), c = world.AddLimit(50);
  const uint32_t near = world.AddTarget({{a, 1}, {b, 1}, {c, 1}}), far = world.AddTarget(1000);
  world.AddRow(100, {{near, 10}, {far, 60}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_LT(solution.sweeps, 100);
  EXPECT_NEAR(solution.shares[0], 0.5, 1e-5);
  EXPECT_NEAR(solution.target_price_ms[near], 50, 1e-2);
}

TEST(Solve, TightestResourceBindsWhenTargetsUseItUnequally) {
  World world;
  // Sessions: 1 per unit on the first, 0.2 on the second. 100 units: 70 + 30 * 0.2 = 76 sessions.
  const uint32_t sessions = world.AddLimit(76);
  const uint32_t heavy = world.AddTarget({{world.AddLimit(90), 1}, {sessions, 1}});
  const uint32_t light = world.AddTarget({{world.AddLimit(90), 1}, {sessions, 0.2}});
  world.AddRow(100, {{heavy, 10}, {light, 40}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_NEAR(solution.shares[0], 0.7, 1e-4);
  EXPECT_NEAR(solution.limit_load[sessions], 76, 1e-3);
  EXPECT_EQ(solution.price_ms[1], 0);
  EXPECT_NEAR(solution.target_price_ms[heavy], 5 * solution.target_price_ms[light], 1e-6);
}

TEST(Solve, ClosedTargetGetsNothingAndReopensFromItsInfinitePrice) {
  World world;
  const uint32_t near = world.AddTarget(0), far = world.AddTarget(1000);
  world.AddRow(100, {{near, 10}, {far, 60}});
  for (const double closed : {0.0, -5.0, std::nan("")}) {
    world.headroom[near] = closed;
    const Solution solution = Solved(world);
    EXPECT_EQ(solution.shares[0], 0);
    EXPECT_TRUE(std::isinf(solution.price_ms[near]));
    EXPECT_NEAR(solution.shares[1], 1, 1e-6);
  }
  const Solution shut = Solved(world);
  world.headroom[near] = 1000;
  EXPECT_GT(Solved(world, kExact, shut.price_ms).shares[0], 0.99);
}

TEST(Solve, AllClosedSendsAllToTheSink) {
  World world;
  const uint32_t a = world.AddTarget(0), b = world.AddTarget(0);
  world.AddRow(100, {{a, 10}, {b, 60}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_THAT(solution.shares, Each(0.0f));
  EXPECT_EQ(solution.sink_shares[0], 1);
}

TEST(Solve, CostsFarApartNeitherUnderflowNorOverflow) {
  World world;
  world.epsilon_ms = 1;
  world.sink_cost_ms = {50'000};
  const uint32_t near = world.AddTarget(60), far = world.AddTarget(30), last = world.AddTarget(1e6);
  world.AddRow(100, {{near, 0}, {far, 10'000}, {last, 20'000}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_NEAR(solution.shares[0], 0.6, 1e-4);
  EXPECT_NEAR(solution.shares[1], 0.3, 1e-4);
  EXPECT_NEAR(solution.shares[2], 0.1, 1e-4);
  EXPECT_NEAR(solution.price_ms[near], 20'000 - std::log(6), 1e-2);
}

TEST(Solve, SinkDearerThanAnyPriceIsStillReachedWhenNothingElseFits) {
  World world;
  world.epsilon_ms = 1;
  world.sink_cost_ms = {10'000};
  const uint32_t only = world.AddTarget(30);
  world.AddRow(100, {{only, 0}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_NEAR(solution.sink_shares[0], 0.7, 1e-4);
}

TEST(Solve, PriorsOfAllSizesLeaveEveryRowASum) {
  World world;
  world.epsilon_ms = 1;
  world.sink_cost_ms = {50'000};
  const uint32_t a = world.AddTarget(10), b = world.AddTarget(200);
  world.AddRow(50, {{a, 0, 1e-40f}, {b, 900, 1}});
  world.AddRow(50, {{a, 0, 1e-3f}, {b, 900, 1e3f}});
  world.AddRow(1, {{a, 0, 1e-40f}, {b, 900, 2e-40f}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_EQ(solution.shares[0], 0);
  ExpectSafe(world, solution, 0.01);
}

TEST(Solve, EmptyShapesAreFine) {
  World world;
  EXPECT_TRUE(Solved(world).converged);  // nothing at all
  const uint32_t a = world.AddTarget(10), b = world.AddTarget(10);
  world.AddRow(5, {});                                        // nowhere to go
  world.AddRow(0, {{a, 10}, {b, 20}});                        // nobody there
  world.AddRow(5, {{a, 10}});                                 // one slot
  world.AddRow(5, {{a, 10, 0}});                              // never, says the prior
  const uint32_t free = world.AddTarget(std::vector<Use>{});  // no limit at all
  world.AddRow(1e9, {{free, 10}});
  const Solution solution = Solved(world);
  EXPECT_TRUE(solution.converged);
  EXPECT_THAT(solution.shares, Each(Ge(0.0f)));
  EXPECT_EQ(solution.sink_shares[0], 1);
  EXPECT_LT(solution.sink_shares[2], 1e-6);
  EXPECT_EQ(solution.sink_shares[3], 1);
  EXPECT_NEAR(solution.shares.back(), 1, 1e-6);
  EXPECT_THAT(solution.sink_shares, Each(Lt(1.00001f)));
}

TEST(Solve, WarmPricesMuchTooHighComeDown) {
  World world;
  const uint32_t near = world.AddTarget(1000), far = world.AddTarget(1000);
  world.AddRow(100, {{near, 10}, {far, 100}});
  const Solution solution = Solved(world, kExact, {350, 350});
  EXPECT_TRUE(solution.converged);
  EXPECT_THAT(solution.price_ms, Each(0.0));
  EXPECT_GT(solution.shares[0], 0.9999);
}

TEST(SolveDeathTest, RefusesIndicesOutOfRange) {
  World world;
  world.AddTarget(10);
  world.AddRow(5, {{1, 10}});
  EXPECT_DEATH(Solved(world), "CHECK|most < size");
}

}  // namespace
}  // namespace spillway::solve
