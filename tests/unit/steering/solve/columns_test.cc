// tests/unit/steering/solve/columns_test.cc -- rows that leak get the target that helps most.
#include "steering/solve/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/unit/steering/solve/problem_testing.h"

namespace spillway::solve {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class Columns : public ::testing::Test {
 protected:
  Columns() {
    full_ = world_.AddTarget(50);
    roomy_ = world_.AddTarget(1000);
    roomier_ = world_.AddTarget(1000);
    world_.AddRow(100, {{full_, 10}});
  }
  std::vector<Column> Propose(const CostFn& cost, const ColumnOptions& options = {}) {
    const Solution& solution = solver_.Solve(world_.View(), {.sweeps_max = 1000});
    return ProposeColumns(world_.View(), solution, options, cost);
  }
  World world_;
  Solver solver_;
  uint32_t full_, roomy_, roomier_;
};

TEST_F(Columns, ProposesTheCheapestTargetWithRoom) {
  const auto columns = Propose([](uint32_t, uint32_t j) { return 200.0 - 50 * j; });
  ASSERT_THAT(columns, SizeIs(1));
  EXPECT_EQ(columns[0].row, 0u);
  EXPECT_EQ(columns[0].target, roomier_);
  EXPECT_EQ(columns[0].cost_ms, 100);
}

TEST_F(Columns, TieGoesToTheFirstTarget) {
  const auto columns = Propose([](uint32_t, uint32_t) { return 100.0; });
  ASSERT_THAT(columns, SizeIs(1));
  EXPECT_EQ(columns[0].target, roomy_);
}

TEST_F(Columns, NothingForARowThatDoesNotLeak) {
  world_.demand[0] = 40;
  EXPECT_THAT(Propose([](uint32_t, uint32_t) { return 1.0; }), IsEmpty());
}

TEST_F(Columns, NothingDearerThanTheSinkAndNothingForbidden) {
  EXPECT_THAT(Propose([](uint32_t, uint32_t) { return 401.0; }), IsEmpty());
  EXPECT_THAT(Propose([](uint32_t, uint32_t) { return std::numeric_limits<double>::infinity(); }),
              IsEmpty());
  EXPECT_THAT(Propose([](uint32_t, uint32_t) { return std::nan(""); }), IsEmpty());
}

TEST_F(Columns, NeitherFullNorClosedTargetsAreProposed) {
  world_.headroom[roomy_] = 0;
  world_.AddRow(995, {{roomier_, 10}});
  EXPECT_THAT(Propose([](uint32_t, uint32_t) { return 1.0; }), IsEmpty());
}

TEST_F(Columns, RowsThatLeakMostComeFirstWhenNotAllMay) {
  world_.AddRow(300, {{full_, 10}});
  world_.AddRow(200, {{full_, 10}});
  const auto columns = Propose([](uint32_t, uint32_t) { return 1.0; }, {.rows_max = 2});
  ASSERT_THAT(columns, SizeIs(2));
  EXPECT_EQ(columns[0].row, 1u);
  EXPECT_EQ(columns[1].row, 2u);
}

TEST_F(Columns, AddedColumnEndsTheLeak) {
  const auto columns = Propose([](uint32_t, uint32_t) { return 60.0; });
  ASSERT_THAT(columns, SizeIs(1));
  World wider = world_;
  wider.slot_target.push_back(columns[0].target);
  wider.slot_cost_ms.push_back(static_cast<float>(columns[0].cost_ms));
  wider.slot_prior.push_back(1);
  wider.row_begin.back() += 1;
  const Solution& solution = solver_.Solve(wider.View(), {.sweeps_max = 1000});
  EXPECT_LT(solution.sink_shares[0], 1e-6);
}

}  // namespace
}  // namespace spillway::solve
