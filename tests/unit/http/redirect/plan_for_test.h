// tests/unit/http/redirect/plan_for_test.h -- a small policy and plans of it by the planner.
//
//   service "fight": host live.example, paths /live/...; targets fra1, nyc1, cdn.a (dearest)
//   groups by prefix: 192.0.2.0/24 stands in Frankfurt, 198.51.100.0/24 in New York,
//   203.0.113.0/24 in Frankfurt and fenced to fra1; everybody else is nowhere
#ifndef SPILLWAY_TESTS_UNIT_HTTP_REDIRECT_PLAN_FOR_TEST_H_
#define SPILLWAY_TESTS_UNIT_HTTP_REDIRECT_PLAN_FOR_TEST_H_

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/ip.h"
#include "steering/geo/group_map.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/support/plan_once.h"

namespace spillway::http {

inline Policy PolicyForTest() {
  Policy policy;
  policy.targets = {
      Target{.name = "fra1",
             .location = GeoPoint{50.1, 8.7},
             .addresses_v4 = {*IpAddress::Parse("192.0.2.10")},
             .host = "fra1.example:8443",
             .scheme = "https"},
      Target{.name = "nyc1",
             .location = GeoPoint{40.7, -74.0},
             .addresses_v6 = {*IpAddress::Parse("2001:db8::10")},
             .scheme = "http"},
      Target{.name = "cdn.a", .cname = "live.cdn-a.example", .scheme = "https", .cost = 50}};
  policy.groups = {NamedGroup{.name = "frankfurt",
                              .prefixes = {*IpPrefix::Parse("192.0.2.0/24")},
                              .location = GeoPoint{50.1, 8.7}},
                   NamedGroup{.name = "new-york",
                              .prefixes = {*IpPrefix::Parse("198.51.100.0/24")},
                              .location = GeoPoint{40.7, -74.0}},
                   NamedGroup{.name = "fenced",
                              .prefixes = {*IpPrefix::Parse("203.0.113.0/24")},
                              .location = GeoPoint{50.1, 8.7}}};
  Service service{.name = "fight",
                  .hosts = {"live.example"},
                  .path_patterns = {"/live/.*"},
                  .price_ms = 10,
                  .candidates = {{TargetId(0)}, {TargetId(1)}, {TargetId(2)}},
                  .fences = {Fence{LabelId(2), {TargetId(0)}}}};
  Service all_paths{
      .name = "all-paths", .hosts = {"all.example"}, .candidates = {{TargetId(0)}, {TargetId(1)}}};
  policy.services = {service, all_paths};
  return policy;
}

// `change` may edit the facts the plan is made from.
inline std::shared_ptr<const Plan> PlanForTest(Policy policy, size_t workers,
                                               const std::function<void(Facts*)>& change = {}) {
  auto shared = std::make_shared<const Policy>(std::move(policy));
  auto groups = GroupMap::Build({}, shared->groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(shared, *groups, std::array<size_t, kFrontCount>{0, workers, workers});
  CHECK(frame.ok());
  Facts facts;
  facts.now = ManualClock().Now();
  facts.targets.resize(shared->targets.size());
  if (change) change(&facts);
  std::shared_ptr<const Plan> plan = PlanOnce(*frame, facts);
  CHECK(CheckPlan(*plan).ok());
  return plan;
}

}  // namespace spillway::http

#endif  // SPILLWAY_TESTS_UNIT_HTTP_REDIRECT_PLAN_FOR_TEST_H_
