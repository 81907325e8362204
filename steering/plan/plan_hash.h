// steering/plan/plan_hash.h -- 64 bits that tell whether two plans are the same, to the last bit.
//
// Of all that answers clients (quotas, cells, TTLs, ladders, waiting rooms) and of the figures
// behind it (prices, loads, forecasts), so that a difference in the planner's state shows before it
// moves anyone. Not of the generation: the watchdog may publish a copy under another number. Nor of
// names: ids mean something in one frame only.
// The value is of this version of the program; it is compared, never interpreted.
// cost: one pass, 1 ns a slot.
#ifndef SPILLWAY_STEERING_PLAN_PLAN_HASH_H_
#define SPILLWAY_STEERING_PLAN_PLAN_HASH_H_

#include <cstdint>

#include "steering/plan/plan.h"

namespace spillway {

uint64_t PlanHash(const Plan& plan);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_PLAN_HASH_H_
