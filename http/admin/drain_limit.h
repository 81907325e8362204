// http/admin/drain_limit.h -- how much capacity is out, and whether one more drain may be.
#ifndef SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_
#define SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_

#include "absl/status/status.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway::http {

// OK, or kFailedPrecondition when draining `target` too would take out more than
// guards.max_drained_capacity of all egress capacity (of all targets, when no target states any).
absl::Status CheckDrainLimit(const Plan& plan, TargetId target);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_DRAIN_LIMIT_H_
