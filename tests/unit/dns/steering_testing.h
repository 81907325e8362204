// tests/unit/dns/steering_testing.h -- a small policy and its plan, without any geo database.
//
//   targets: near 192.0.2.10 2001:db8::10 | far 192.0.2.20 (no IPv6) | cdn live.cdn.example.
//   clients in 198.51.100.0/24 are fenced to `far` (and to `cdn2`); everyone else goes to `near`
//   (`cdn`)
//   services: addresses at live.example, example; an alias at alias.example; pattern
//   *.event.example
#ifndef SPILLWAY_TESTS_UNIT_DNS_STEERING_TESTING_H_
#define SPILLWAY_TESTS_UNIT_DNS_STEERING_TESTING_H_

#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ip.h"
#include "dns/server/serving_zones.h"
#include "dns/zone/zone_file.h"
#include "dns/zone/zone_set.h"
#include "steering/geo/group_map.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/support/plan_once.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {

inline constexpr char kSteeredZone[] = R"($ORIGIN example.
@ 3600 SOA ns1 hostmaster 1 2 3 4 300
@ 3600 NS ns1
@ MX 10 mail
$TTL 60
ns1 A 192.0.2.53
mail A 192.0.2.25
live TXT "static beside steered"
*.event TXT "wildcard"
fixed.event A 192.0.2.77
tolive CNAME live
tocdn CNAME alias
live.cdn A 192.0.2.30
)";

inline Target MakeTarget(const char* name, std::vector<const char*> addresses, const char* cname) {
  Target target;
  target.name = name;
  target.cname = cname;
  for (const char* text : addresses) {
    const IpAddress address = *IpAddress::Parse(text);
    (address.is_v4() ? target.addresses_v4 : target.addresses_v6).push_back(address);
  }
  return target;
}

inline Service MakeService(const char* name, std::vector<std::string> names, AnswerForm form,
                           int first) {
  Service service;
  service.name = name;
  service.dns_names = std::move(names);
  service.answer = form;
  Candidate cheap{TargetId(first)};
  Candidate dear{TargetId(first + 1)};
  dear.penalty_ms = 50;
  service.candidates = {cheap, dear};
  service.fences = {Fence{LabelId(0), {TargetId(first + 1)}}};
  return service;
}

inline std::shared_ptr<Policy> MakePolicy() {
  auto policy = std::make_shared<Policy>();
  policy->targets = {
      MakeTarget("near", {"192.0.2.10", "2001:db8::10"}, ""), MakeTarget("far", {"192.0.2.20"}, ""),
      MakeTarget("cdn", {}, "live.cdn.example"), MakeTarget("cdn2", {}, "live.elsewhere.net")};
  NamedGroup lab;
  lab.name = "lab";
  lab.prefixes = {*IpPrefix::Parse("198.51.100.0/24")};
  policy->groups = {lab};
  policy->services = {MakeService("live", {"live.example", "example", "deep.ent.example"},
                                  AnswerForm::kAddresses, 0),
                      MakeService("alias", {"alias.example"}, AnswerForm::kCname, 2),
                      MakeService("events", {}, AnswerForm::kAddresses, 0)};
  policy->services[2].name_patterns = {"[a-z0-9]+\\.event\\.example"};
  return policy;
}

// A plan for `policy` in which the targets of `down` are down.
inline std::shared_ptr<const Plan> MakePlan(std::shared_ptr<const Policy> policy,
                                            std::vector<int> down = {}) {
  auto groups = GroupMap::Build(GeoSources{}, policy->groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(policy, *groups, {2, 0, 0});
  CHECK(frame.ok());
  Facts facts;
  facts.now = absl::FromUnixSeconds(1'700'000'000);
  facts.targets.resize(policy->targets.size());
  for (int target : down) facts.targets[static_cast<size_t>(target)].probed = Health::kDown;
  return PlanOnce(*frame, facts);
}

// The zone above with the policy's names in it.
inline ZoneSet MakeSteeredZones() {
  auto zone = ParseZone(kSteeredZone, "f", Name());
  CHECK(zone.ok());
  std::vector<std::shared_ptr<const Zone>> zones;
  zones.push_back(std::move(*zone));
  std::vector<std::string> homeless;
  auto serving = ServingZones(*ZoneSet::Create(std::move(zones)), *MakePolicy(), 1, &homeless);
  CHECK(serving.ok());
  return **serving;
}

}  // namespace spillway::dns

#endif  // SPILLWAY_TESTS_UNIT_DNS_STEERING_TESTING_H_
