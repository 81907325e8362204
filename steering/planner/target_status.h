// steering/planner/target_status.h -- one target's facts read: is it up, how full, by what.
#ifndef SPILLWAY_STEERING_PLANNER_TARGET_STATUS_H_
#define SPILLWAY_STEERING_PLANNER_TARGET_STATUS_H_

#include "steering/model/facts.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"

namespace spillway {

// A probe that says down is believed over a report that says up; a report that says down is
// believed while it is not frozen. Unknown health is up: silence is not death (DESIGN 6).
bool IsUp(const TargetFacts& facts);

// Utilisation is load / capacity of the resource nearest its limit, over resources for which both
// are known.
TargetStatus ReadStatus(const Target& target, const TargetFacts& facts);

// May get clients: alive and not taken out by an operator.
inline bool MayServe(const TargetStatus& status) { return status.up && !status.facts.drain; }

// Measured load in nominal Mbps: sessions at `bitrate_mbps` or egress, whichever is more, so that a
// quiet scene does not look like room; -1 when neither is reported. `nominal` false: egress alone
// when it is there.
double MeasuredMbps(const TargetFacts& facts, double bitrate_mbps, bool nominal);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_TARGET_STATUS_H_
