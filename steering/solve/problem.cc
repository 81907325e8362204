// steering/solve/problem.cc -- see problem.h.
#include "steering/solve/problem.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace spillway::solve {
namespace {

void CheckBegins(absl::Span<const uint32_t> begin, size_t owners, size_t items) {
  CHECK(begin.size() == owners + 1);
  CHECK(begin.front() == 0 && begin.back() == items);
  CHECK(std::is_sorted(begin.begin(), begin.end()));
}

template <typename Index>
void CheckBelow(absl::Span<const Index> indices, size_t size) {
  Index most = 0;
  for (const Index index : indices) most = std::max(most, index);
  CHECK(indices.empty() || most < size);
}

template <typename Value>
[[maybe_unused]] bool AllFinite(absl::Span<const Value> values, bool signed_too) {
  return std::all_of(values.begin(), values.end(),
                     [signed_too](Value v) { return std::isfinite(v) && (signed_too || v >= 0); });
}

}  // namespace

void CheckProblem(const Problem& p) {
  CheckBegins(p.row_begin, p.rows(), p.slots());
  CheckBegins(p.use_begin, p.targets(), p.use_limit.size());
  CHECK(p.row_class.size() == p.rows());
  CHECK(p.slot_cost_ms.size() == p.slots() && p.slot_prior.size() == p.slots());
  CHECK(p.use_factor.size() == p.use_limit.size());
  CheckBelow(p.slot_target, p.targets());
  CheckBelow(p.use_limit, p.limits());
  CheckBelow(p.row_class, p.sink_cost_ms.size());
  CHECK(p.epsilon_ms > 0);
  DCHECK(AllFinite(p.demand, false) && AllFinite(p.use_factor, false));
  DCHECK(AllFinite(p.slot_prior, false) && AllFinite(p.slot_cost_ms, true));
  DCHECK(AllFinite(p.sink_cost_ms, true));
}

}  // namespace spillway::solve
