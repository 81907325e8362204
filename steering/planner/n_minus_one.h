// steering/planner/n_minus_one.h -- if this target died now, would its clients fit elsewhere?
//
//   question (a copied problem) ──solve──► base: who is where, who is refused already
//        └─ for each of the fullest targets: closed, its clients ask anew ──solve──► refused beyond
//
// why: a target's loss must not have to wait for sessions to end, so room for the fullest must be
//      there before (N-1). The answer is an alarm, not a constraint: a plan that kept it free at
//      all times would refuse clients for the sake of a day that may not come.
// What is asked: clients that play at the lost target come back at once (they are asked of the rows
// that would have sent them there) and everybody may be filled up to `hard`. Shared limits get back
// what the lost target had of them.
// units: Mbps; problem targets are what the solver calls targets, `owner` whose they are.
// thread safety: values; CheckLoss may run on any thread.
// cost: one solve, and one for each target asked, warm: some sweeps over the slots each, so many
// that the planner does not wait for it (steering/control/n_minus_one_watch.h).
#ifndef SPILLWAY_STEERING_PLANNER_N_MINUS_ONE_H_
#define SPILLWAY_STEERING_PLANNER_N_MINUS_ONE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/solve/columns.h"
#include "steering/solve/problem.h"
#include "steering/solve/solve.h"

namespace spillway {

// A problem that owns its arrays (see solve::Problem), and what else must be known.
struct LossQuestion {
  std::vector<uint32_t> row_begin, slot_target, use_begin, use_limit;
  std::vector<double> demand, use_factor, headroom, sink_cost_ms;
  std::vector<uint8_t> row_class;
  std::vector<float> slot_cost_ms, slot_prior;
  double epsilon_ms = solve::kEpsilonMs;

  std::vector<uint32_t> owner;        // by problem target: below the size of pinned_mbps
  std::vector<double> pinned_mbps;    // by owner: what plays there and would come back
  std::vector<double> warm_price_ms;  // by limit; or empty
  // What a problem target outside of a row's slots would cost it; none = rows keep to their slots.
  solve::CostFn cost_ms;

  solve::Problem View() const;
};

// Copies `problem`; the other fields stay as they were. `headroom` by limit: room below `hard`
// instead of the problem's own; empty = the problem's.
void CopyProblem(const solve::Problem& problem, absl::Span<const double> headroom,
                 LossQuestion* question);

// Sets `owner` (problem targets are service x target, by PairIndex of problem_builder.h) and
// `cost_ms` (the frame's candidates, relative to their row's cheapest; keeps the frame alive).
void SetFrame(std::shared_ptr<const Frame> frame, LossQuestion* question);

struct Loss {
  uint32_t target = 0;      // owner
  double lost_mbps = 0;     // what it carries: pinned and placed
  double refused_mbps = 0;  // what finds no room when it is gone, beyond what finds none anyway
  uint32_t worst_row = 0;   // the row that loses most, when refused_mbps > 0
  double worst_row_mbps = 0;
  bool converged = true;  // false: refused_mbps may be too large
};

struct LossOptions {
  // The fullest five: whose loss is hardest is among them unless a small one stands alone, and each
  // costs a solve.
  size_t targets_max = 5;
  // Finer than a plan's 1 %: what is refused shows only beyond it.
  double tolerance = 0.002;
  int sweeps_max = 300;
  // Rounds of added columns (solve/columns.h) for rows that lost most of what they could use.
  int column_rounds = 3;
};

// By lost_mbps, largest first; ties by target. Stops early, with what it has, once `*stop` is true.
// Deterministic.
std::vector<Loss> CheckLoss(const LossQuestion& question, const LossOptions& options,
                            const std::atomic<bool>* stop = nullptr);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_N_MINUS_ONE_H_
