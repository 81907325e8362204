// steering/solve/columns.cc -- see columns.h.
#include "steering/solve/columns.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.h"

namespace spillway::solve {
namespace {

std::vector<uint32_t> TargetsWithRoom(const Problem& p, const Solution& solution, double room) {
  std::vector<uint32_t> out;
  for (uint32_t j = 0; j < p.targets(); ++j) {
    bool has_room = true;
    for (uint32_t u = p.use_begin[j]; u < p.use_begin[j + 1]; ++u) {
      const uint32_t l = p.use_limit[u];
      if (p.use_factor[u] > 0 && !(solution.limit_load[l] < p.headroom[l] * (1 - room)))
        has_room = false;
    }
    if (has_room) out.push_back(j);
  }
  return out;
}

std::vector<uint32_t> LeakingRows(const Problem& p, const Solution& solution,
                                  const ColumnOptions& options) {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < p.rows(); ++i)
    if (p.demand[i] > 0 && solution.sink_shares[i] >= options.sink_share_min) rows.push_back(i);
  const auto leak = [&](uint32_t i) { return p.demand[i] * solution.sink_shares[i]; };
  const size_t most = static_cast<size_t>(std::max(0, options.rows_max));
  if (rows.size() > most) {
    std::nth_element(rows.begin(), rows.begin() + most, rows.end(), [&](uint32_t a, uint32_t b) {
      return leak(a) != leak(b) ? leak(a) > leak(b) : a < b;
    });
    rows.resize(most);
    std::sort(rows.begin(), rows.end());
  }
  return rows;
}

}  // namespace

std::vector<Column> ProposeColumns(const Problem& p, const Solution& solution,
                                   const ColumnOptions& options, const CostFn& cost_ms) {
  CHECK(solution.sink_shares.size() == p.rows() && solution.limit_load.size() == p.limits());
  const std::vector<uint32_t> roomy = TargetsWithRoom(p, solution, options.room_min);
  std::vector<Column> out;
  if (roomy.empty()) return out;
  std::vector<uint32_t> seen_by(p.targets(), UINT32_MAX);  // the last row that has the target
  for (const uint32_t i : LeakingRows(p, solution, options)) {
    for (uint32_t s = p.row_begin[i]; s < p.row_begin[i + 1]; ++s) seen_by[p.slot_target[s]] = i;
    double least = p.sink_cost_ms[p.row_class[i]];
    std::optional<Column> best;
    for (const uint32_t j : roomy) {
      if (seen_by[j] == i) continue;
      const double cost = cost_ms(i, j);
      const double total = cost + solution.target_price_ms[j];
      if (!(total < least)) continue;
      least = total;
      best = Column{.row = i, .target = j, .cost_ms = cost};
    }
    if (best) out.push_back(*best);
  }
  return out;
}

}  // namespace spillway::solve
