// http/admin/plan_json.h -- a plan's targets, services and single decisions as JSON for people and
// tools.
//
// units: loads and capacities in the resource's unit (egress: Mbps), ages in seconds, shares 0..1.
// The keys are a promise to scripts: add, never rename.
#ifndef SPILLWAY_HTTP_ADMIN_PLAN_JSON_H_
#define SPILLWAY_HTTP_ADMIN_PLAN_JSON_H_

#include <string>

#include "absl/time/time.h"
#include "base/json_writer.h"
#include "steering/decide/explain.h"
#include "steering/plan/plan.h"

namespace spillway::http {

// {"generation", "made_at", "age_s", "telemetry_frozen", "fail_static", "horizon_s", "solver"}
void WritePlanSummary(const Plan& plan, absl::Time now, JsonWriter* w);
// The elements of "targets", "services" and "limits" of /v1/status, as arrays. A price of null: no
// client more at any price.
void WriteTargets(const Plan& plan, absl::Time now, JsonWriter* w);
void WriteServices(const Plan& plan, JsonWriter* w);
void WriteLimits(const Plan& plan, JsonWriter* w);

// Whole answer of /v1/explain. `location`: where the redirector would send it; empty when the
// question was by DNS name.
std::string ExplainJson(const Plan& plan, const Explanation& e, absl::string_view location,
                        absl::Time now);

std::string Rfc3339(absl::Time t);  // RFC 3339, UTC

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_PLAN_JSON_H_
