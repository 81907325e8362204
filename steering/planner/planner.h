// steering/planner/planner.h -- facts and policy in, an immutable plan out. Once a second, or at
// once when a fact changes.
//
//   Facts ──► status per target (utilisation, health) ──► accept per service × target
//                                                             │  shed at once, restore slowly
//   CandidateTable ──► per row: cheapest first, each takes ◄──┘
//                      its accept of what is left ──► shares ──► quotas ──► cells ──► Plan
//
// First version: every target takes all clients below `shed_from`, none at its watermark, and a
// falling part in between, measured on its tightest resource; what it leaves goes to the next by
// cost; what nobody takes is spread by headroom. A never-empty answer is guaranteed: when all are
// down or drained, the policy's static weights answer (RowState::kAllDown).
// Pure and deterministic: the same frame, facts and previous plan give the same plan, bit for bit.
// cost: O(slots), plus 256 steps for each split slot.
// references: Mitzenmacher 2000 and Dahlin 2000 (threshold and argmin rules herd on stale load,
// proportional ones do not); Taiji, SOSP 2019 (shed at once, restore in steps).
#ifndef SPILLWAY_STEERING_PLANNER_PLANNER_H_
#define SPILLWAY_STEERING_PLANNER_PLANNER_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"

namespace spillway {

// How fast a target that shed takes clients back, in accept per second: from none to all in 20 s,
// so that a report (age up to 10 s) can object before the load it describes has doubled.
inline constexpr double kRestorePerSecond = 0.05;

// `previous` may be null or belong to another frame; then targets are matched by name.
// Requires facts.targets to be by TargetId of frame's policy.
std::shared_ptr<const Plan> BuildPlan(std::shared_ptr<const Frame> frame, const Facts& facts,
                                      const Plan* previous);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PLANNER_H_
