// steering/planner/accept.h -- what part of the clients it would get each target takes.
//
//   accept 1 ─────────┐
//                      \            falls at once, rises by kRestorePerSecond at most
//          0            └──────────
//              shed_from  target      utilisation
//
// The slope is what keeps a stale report from tipping everyone over at once: a target near its
// watermark loses part of its clients, never all of them in one step of load.
#ifndef SPILLWAY_STEERING_PLANNER_ACCEPT_H_
#define SPILLWAY_STEERING_PLANNER_ACCEPT_H_

#include "absl/time/time.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"

namespace spillway {

// The curve alone. Unknown utilisation (< 0) gives 1.
double AcceptAt(double utilisation, const Watermark& watermark);

// The next value: `previous` (1 for a target never planned before) moved toward the curve by what
// the feed's state allows (fresh: both ways; ageing: down only; frozen or `hold`: not at all), and
// to 0 at once when the target is down or drained. One that returns from there rises whatever its
// feed's state, to what the last load known allows: else silence would keep it out for good.
double NextAccept(const TargetStatus& status, const Watermark& watermark, double previous,
                  absl::Duration elapsed, bool hold);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_ACCEPT_H_
