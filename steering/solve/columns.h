// steering/solve/columns.h -- rows that refuse clients while a target outside of them has room.
//
// Rows hold a dozen targets of hundreds. When all of a row's are full its demand leaks to the sink;
// the row then needs another slot, not a higher price (column generation). The caller adds what is
// proposed to its candidates and solves again, warm.
// cost: O(targets) cost look-ups for each row asked, at most rows_max of them.
#ifndef SPILLWAY_STEERING_SOLVE_COLUMNS_H_
#define SPILLWAY_STEERING_SOLVE_COLUMNS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "steering/solve/problem.h"
#include "steering/solve/solve.h"

namespace spillway::solve {

struct Column {
  uint32_t row;
  uint32_t target;
  double cost_ms;
};

struct ColumnOptions {
  double sink_share_min = 0.001;  // rows that leak less are left alone
  double room_min = 0.02;         // of headroom free in every limit the target uses
  int rows_max = 1000;            // those that leak most demand; ties by row
};

// Milliseconds from a row to a target outside of it; infinite or NaN = not allowed.
using CostFn = std::function<double(uint32_t row, uint32_t target)>;

// At most one column a row: the smallest cost + price among targets with room, if that is below the
// row's sink cost; ties by target. In order of row.
std::vector<Column> ProposeColumns(const Problem& problem, const Solution& solution,
                                   const ColumnOptions& options, const CostFn& cost_ms);

}  // namespace spillway::solve

#endif  // SPILLWAY_STEERING_SOLVE_COLUMNS_H_
