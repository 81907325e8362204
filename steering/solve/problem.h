// steering/solve/problem.h -- one tick's question: who may go where, at what cost, within what.
//
//   rows   (group, class)   demand d_i ──┬─► slots (target j, cost_ms c_ij, prior pi_ij)
//                                        └─► the sink of its class, at sink_cost_ms
//   targets                 uses (limit l, factor a_jl) ─► limits   headroom H_l
//
// A limit is anything that fills up: a target's egress or sessions, a link several targets share,
// a contract, a CDN's total. Each unit of demand that target j gets takes a_jl units of limit l.
// Units: demand in what the caller likes (nominal Mbps); headroom of l in demand units x a_jl;
// costs in milliseconds of round-trip time or what they are worth.
// Invariants: (1) the three begin arrays start at 0, never fall, and end at the size of what they
// index; (2) every index is in range; (3) demands, factors, priors and costs are finite, the first
// three not negative. Solve() checks sizes and indices always, values in debug builds.
// Thread safety: views of arrays the caller owns and keeps still during Solve().
#ifndef SPILLWAY_STEERING_SOLVE_PROBLEM_H_
#define SPILLWAY_STEERING_SOLVE_PROBLEM_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace spillway::solve {

// Milliseconds of detour that a smooth split may cost: 5-10 ms is below what a viewer notices and
// wide enough that 1 % of noise moves about 1 % of clients, not whole groups.
inline constexpr double kEpsilonMs = 8.0;

// Priors below this part of their row's mean count as 0: it keeps a row's sum far above float's
// smallest even after prices moved by kAbsorbedRange (solve.cc): 1e-6 * e^-15 > 1e-13.
inline constexpr double kPriorMin = 1e-6;

struct Problem {
  absl::Span<const uint32_t> row_begin;  // rows + 1; slots of row i: [row_begin[i], row_begin[i+1])
  absl::Span<const double> demand;       // by row
  absl::Span<const uint8_t> row_class;   // by row: index into sink_cost_ms

  absl::Span<const uint32_t> slot_target;  // by slot; a target at most once in a row
  absl::Span<const float> slot_cost_ms;    // by slot
  absl::Span<const float> slot_prior;      // by slot: relative within the row; 0 = never, and so
                                           // is what is below kPriorMin of the row's mean

  absl::Span<const uint32_t> use_begin;  // targets + 1
  absl::Span<const uint32_t> use_limit;  // by use; a limit at most once for a target
  absl::Span<const double> use_factor;   // by use

  absl::Span<const double> headroom;      // by limit; <= 0 or NaN closes every target that uses it
  absl::Span<const double> sink_cost_ms;  // by class: what refusing a unit of demand is worth
  double epsilon_ms = kEpsilonMs;         // > 0

  size_t rows() const { return demand.size(); }
  size_t slots() const { return slot_target.size(); }
  size_t targets() const { return use_begin.empty() ? 0 : use_begin.size() - 1; }
  size_t limits() const { return headroom.size(); }
};

// CHECKs the invariants above. cost: O(slots), about 1 ns each.
void CheckProblem(const Problem& problem);

}  // namespace spillway::solve

#endif  // SPILLWAY_STEERING_SOLVE_PROBLEM_H_
