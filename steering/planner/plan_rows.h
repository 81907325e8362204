// steering/planner/plan_rows.h -- shares become quotas, cells, states, verdicts: a plan's rows.
//
//   shares ──► quotas (whole cells; kept within the deadband) ──► cells (where quotas changed)
//
// cost: O(slots), plus its 256 cells for each row whose quotas changed.
#ifndef SPILLWAY_STEERING_PLANNER_PLAN_ROWS_H_
#define SPILLWAY_STEERING_PLANNER_PLAN_ROWS_H_

#include "absl/types/span.h"
#include "steering/plan/plan.h"

namespace spillway {

struct RowInputs {
  absl::Span<const float> shares;         // by slot; a row sums to 1
  absl::Span<const Held> held;            // by slot
  absl::Span<const float> refused;        // by row
  absl::Span<const uint8_t> last_resort;  // by row: nothing usable, static weights
  absl::Span<const double> price_ms;      // by service * targets + target; infinite = closed
  // By target: the last plan's cells were more than its room, so it gets no part of a cell. Empty:
  // none.
  absl::Span<const uint8_t> overfilled;
};

// Fills rows, slots and cells of `plan`, whose frame and targets are set. `previous` may be null or
// of another frame.
void FillRows(const RowInputs& in, const Plan* previous, Plan* plan);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PLAN_ROWS_H_
