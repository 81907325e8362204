// sim/plan_by_weights.h -- a plan from any weights, for those who steer without our planner.
#ifndef SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_
#define SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/plan/cells.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

// Calls weigh(slot's number, slot, none_before) for each open slot, cheapest first; `none_before`:
// no cheaper slot of the row has any weight. A row without any weight goes to its cheapest. The
// plan has quotas, but neither cells nor targets: the world reads quotas only.
template <typename Weigh>
std::shared_ptr<const Plan> PlanByWeights(std::shared_ptr<const Frame> frame, absl::Time now,
                                          uint64_t generation, Weigh weigh) {
  const CandidateTable& candidates = *frame->candidates;
  auto plan = std::make_shared<Plan>();
  plan->frame = std::move(frame);
  plan->generation = generation;
  plan->made_at = now;
  plan->rows.resize(candidates.row_count());
  plan->slots.resize(candidates.slot_count());
  std::vector<double> weights;
  std::vector<uint16_t> quotas;
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    const absl::Span<const Slot> slots = candidates.Row(row);
    const uint32_t begin = candidates.RowBegin(row);
    weights.assign(slots.size(), 0);
    quotas.assign(slots.size(), 0);
    bool any = false;
    for (size_t i = 0; i < slots.size() && !slots[i].fenced; ++i) {  // fenced ones stand last
      weights[i] = weigh(begin + static_cast<uint32_t>(i), slots[i], !any);
      any = any || weights[i] > 0;
    }
    if (!any) weights[0] = 1;
    RoundToCells(weights, absl::MakeSpan(quotas));
    for (size_t i = 0; i < slots.size(); ++i) plan->slots[begin + i].quota = quotas[i];
    const Service& service = plan->policy().service(candidates.RowService(row));
    plan->rows[row].ttl_s = static_cast<uint32_t>(absl::ToInt64Seconds(service.ttl.calm));
  }
  return plan;
}

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_
