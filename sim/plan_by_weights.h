// sim/plan_by_weights.h -- a plan from any weights, for those who steer without our planner.
#ifndef SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_
#define SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/model/facts.h"
#include "steering/plan/cells.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

// The slots of a row that its group may go to: fenced ones stand last.
inline absl::Span<const Slot> OpenSlots(absl::Span<const Slot> row) {
  size_t open = 0;
  while (open < row.size() && !row[open].fenced) ++open;
  return row.first(open);
}

// Calls weigh(row, open slots, weights) for each row; `weights` come as zeros, one for each open
// slot, cheapest first, in any unit. A row that gets none goes to its cheapest that is not drained:
// nobody is left unanswered. The plan has quotas, but neither cells nor targets: the world reads
// quotas only.
template <typename Weigh>
std::shared_ptr<Plan> PlanByWeights(std::shared_ptr<const Frame> frame, const Facts& facts,
                                    uint64_t generation, Weigh weigh) {
  const CandidateTable& candidates = *frame->candidates;
  auto plan = std::make_shared<Plan>();
  plan->frame = std::move(frame);
  plan->generation = generation;
  plan->made_at = facts.now;
  plan->rows.resize(candidates.row_count());
  plan->slots.resize(candidates.slot_count());
  std::vector<double> weights;
  std::vector<uint16_t> quotas;
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    const absl::Span<const Slot> slots = OpenSlots(candidates.Row(row));
    weights.assign(slots.size(), 0);
    quotas.assign(slots.size(), 0);
    weigh(row, slots, absl::MakeSpan(weights));
    if (*std::max_element(weights.begin(), weights.end()) <= 0) {
      const auto spare = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
        return !facts.targets[slot.target.index()].drain;
      });
      weights[spare == slots.end() ? 0 : static_cast<size_t>(spare - slots.begin())] = 1;
    }
    RoundToCells(weights, absl::MakeSpan(quotas));
    for (size_t i = 0; i < slots.size(); ++i)
      plan->slots[candidates.RowBegin(row) + i].quota = quotas[i];
    const Service& service = plan->policy().service(candidates.RowService(row));
    plan->rows[row].ttl_s = static_cast<uint32_t>(absl::ToInt64Seconds(service.ttl.calm));
  }
  return plan;
}

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_PLAN_BY_WEIGHTS_H_
