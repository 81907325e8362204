// steering/planner/shares.h -- one row: who gets how much of a group's clients, and why.
#ifndef SPILLWAY_STEERING_PLANNER_SHARES_H_
#define SPILLWAY_STEERING_PLANNER_SHARES_H_

#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"

namespace spillway {

// Targets whose cost differs by less are the same to a client and share by weight.
inline constexpr double kTieMs = 1.0;

struct RowShares {
  std::vector<double> shares;  // by slot, sum > 0
  std::vector<Verdict> verdicts;
  RowState state = RowState::kCalm;
};

// `accept` is indexed by TargetId. Waterfall by cost: each tie of candidates is offered what
// cheaper ones left, split by weight, and keeps its accept of it; what nobody keeps is spread by
// headroom below the hard watermark, or by capacity when there is none. Weights of targets below
// their commit are raised (up to twofold when nothing of it is used), because that traffic is paid
// for.
// All targets down or drained: static weights over those not drained, else over all.
void FillShares(absl::Span<const Slot> row, absl::Span<const double> accept,
                absl::Span<const TargetStatus> targets, const Policy& policy,
                const Watermark& watermark, RowShares* out);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_SHARES_H_
