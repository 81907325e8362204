// http/admin/plan_metrics.h -- the plan, the targets and what was granted, as Prometheus families.
#ifndef SPILLWAY_HTTP_ADMIN_PLAN_METRICS_H_
#define SPILLWAY_HTTP_ADMIN_PLAN_METRICS_H_

#include "absl/time/time.h"
#include "base/metrics.h"
#include "steering/control/plan_loop.h"
#include "steering/plan/plan.h"

namespace spillway::http {

// Cardinality: targets x 3 fronts x services (none of these when they are more than 3,000 pairs),
// and limits; never groups.
void WritePlanMetrics(const Plan& plan, const PlanLoop::Stats& stats, absl::Time now,
                      MetricsWriter* out);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_PLAN_METRICS_H_
