// steering/planner/plan_promises.h -- what a plan should hold beyond CheckPlan; does it?
//
// CheckPlan's invariants stop a plan from being published. These do not: when they break, the last
// plan is no better, because it was made for less. They are counted and shown.
// thread safety: free functions. cost: O(slots).
#ifndef SPILLWAY_STEERING_PLANNER_PLAN_PROMISES_H_
#define SPILLWAY_STEERING_PLANNER_PLAN_PROMISES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

// Promised loads are met within this: the solver's tolerance (1 %), and the pacer's (1 %).
inline constexpr double kLoadTolerance = 0.02;

// By target.
struct ProjectedLoads {
  absl::Span<const double> planned_mbps;  // at the horizon
  absl::Span<const double> pinned_mbps;   // the part of it that no plan can change
  absl::Span<const double> hard_mbps;     // what may be used of it; negative = no limit known
  absl::Span<const uint8_t> over_full;    // demand of its clients fits nowhere, and is known not to
};

// Targets planned above what is there, though neither pinned load nor refused demand explains it.
std::vector<TargetId> FindOverHard(const ProjectedLoads& loads);

struct PlanPromises {
  std::vector<TargetId> over_hard;
  // Rows at fewer targets than guards.min_targets_per_group asks, though more of theirs may serve.
  // While the guard is new, or has no budget to move clients for it, there are such rows.
  size_t rows_below_min_targets = 0;
};
PlanPromises CheckPromises(const Plan& plan);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PLAN_PROMISES_H_
