// steering/planner/plan_promises.cc -- see plan_promises.h.
#include "steering/planner/plan_promises.h"

#include <algorithm>

#include "base/check.h"
#include "steering/planner/target_status.h"

namespace spillway {

std::vector<TargetId> FindOverHard(const ProjectedLoads& loads) {
  const size_t targets = loads.planned_mbps.size();
  CHECK(loads.pinned_mbps.size() == targets && loads.hard_mbps.size() == targets &&
        loads.over_full.size() == targets);
  std::vector<TargetId> over;
  for (size_t t = 0; t < targets; ++t) {
    if (loads.hard_mbps[t] < 0 || loads.over_full[t]) continue;
    const double most = std::max(loads.hard_mbps[t], loads.pinned_mbps[t]);
    if (loads.planned_mbps[t] > most * (1 + kLoadTolerance)) over.push_back(TargetId(t));
  }
  return over;
}

PlanPromises CheckPromises(const Plan& plan) {
  PlanPromises out;
  const CandidateTable& table = *plan.frame->candidates;
  const Policy& policy = plan.policy();
  const size_t targets = plan.targets.size();
  std::vector<uint8_t> over_full(targets, 0);
  const auto least = static_cast<size_t>(std::max(0, policy.guards.min_targets_per_group));
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> candidates = table.Row(row);
    absl::Span<const SlotPlan> slots = plan.RowSlots(row);
    const bool over = plan.rows[row].refused > 0 || plan.rows[row].state == RowState::kAllDown;
    size_t used = 0, usable = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      const size_t t = candidates[i].target.index();
      used += slots[i].quota > 0;
      usable += !candidates[i].fenced && MayServe(plan.targets[t]);
      if (over && slots[i].quota > 0) over_full[t] = 1;
    }
    out.rows_below_min_targets += used < std::min(least, usable);
  }
  if (plan.fail_static) return out;  // nothing was projected
  std::vector<double> hard(targets, 1), planned(targets), pinned(targets);
  for (const Service& service : policy.services) {
    for (const Candidate& candidate : service.candidates) {
      double& at = hard[candidate.target.index()];
      at = std::min(at, service.watermark.hard);
    }
  }
  for (size_t t = 0; t < targets; ++t) {
    const TargetStatus& status = plan.targets[t];
    hard[t] = status.capacity_mbps < 0 ? -1 : hard[t] * status.capacity_mbps * status.trust;
    planned[t] = status.planned_mbps;
    pinned[t] = status.pinned_mbps;
  }
  out.over_hard = FindOverHard(
      {.planned_mbps = planned, .pinned_mbps = pinned, .hard_mbps = hard, .over_full = over_full});
  return out;
}

}  // namespace spillway
