// steering/plan/match.h -- the same slot in another frame, by names.
//
// why: ids mean something in one frame only; what was learned or decided survives a reload by the
// names of service, group and target.
#ifndef SPILLWAY_STEERING_PLAN_MATCH_H_
#define SPILLWAY_STEERING_PLAN_MATCH_H_

#include <cstdint>
#include <vector>

#include "steering/plan/plan.h"

namespace spillway {

inline constexpr uint32_t kNoSlot = 0xffffffff;

// By slot of `now`: the slot of `before` with the same service, group and target, or kNoSlot.
// O(slots of both).
std::vector<uint32_t> MatchSlots(const Frame& before, const Frame& now);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_MATCH_H_
