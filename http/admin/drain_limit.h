// http/admin/drain_limit.h -- how much capacity is out, and whether one more drain may be.
#ifndef SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_
#define SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_

#include "absl/status/status.h"
#include "steering/model/facts.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"

namespace spillway::http {

// OK, or kFailedPrecondition when draining `target` too would take out more than
// guards.max_drained_capacity of all egress capacity (of all targets, when no target states any).
// `facts` must be of this moment, not of the last plan: two drains may come between two plans.
absl::Status CheckDrainLimit(const Policy& policy, const Facts& facts, TargetId target);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_
