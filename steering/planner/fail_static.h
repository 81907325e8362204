// steering/planner/fail_static.h -- a plan without the controller, when it has made none for long.
//
//   share of a slot ∝ weight × headroom of its target × e^(-detour / 20 ms)
//
// why: the last plan steers by the loads of its day; a minute later at the start of a match they
//      are wrong. This needs no ledger, no forecast and no solver, so that none of them can take it
//      along: the newest reports, however old, else the policy's capacities. Proportional shares do
//      not herd on stale loads (papers 3.9: 0.93 of capacity at worst where the controller reaches
//      0.88, at 4 ms more of round trip and five times the moves).
// Never an empty row, never a target that is down or drained while another of the row's is not.
// Pure. cost: O(slots).
#ifndef SPILLWAY_STEERING_PLANNER_FAIL_STATIC_H_
#define SPILLWAY_STEERING_PLANNER_FAIL_STATIC_H_

#include <memory>

#include "absl/types/span.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"

namespace spillway {

// `previous` may be null or of another frame; of the same frame, shares that hardly change stay as
// they are and capacities it had estimated are still believed. Requires facts.targets by TargetId
// of frame's policy. Plan::fail_static is set.
std::shared_ptr<const Plan> BuildFailStaticPlan(std::shared_ptr<const Frame> frame,
                                                const Facts& facts, const Plan* previous);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_FAIL_STATIC_H_
