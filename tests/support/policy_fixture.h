// tests/support/policy_fixture.h -- a small world for tests of plans and decisions.
//
// Three targets (fra1, ams1, nyc1) of 1000 Mbps, one service "live" (live.example.com), and clients
// told
// apart by prefix: 10.1.0.0/16 "germany" near fra1, 10.2.0.0/16 "new-york" near nyc1, others
// nowhere.
#ifndef SPILLWAY_TESTS_SUPPORT_POLICY_FIXTURE_H_
#define SPILLWAY_TESTS_SUPPORT_POLICY_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "steering/geo/group_map.h"
#include "steering/plan/plan.h"

namespace spillway {

inline Policy SmallPolicy() {
  Policy policy;
  policy.version = "test";
  auto add = [&policy](const char* name, GeoPoint place, const char* address,
                       const char* address6) {
    Target target{.name = name, .location = place};
    target.addresses_v4 = {*IpAddress::Parse(address)};
    target.addresses_v6 = {*IpAddress::Parse(address6)};
    target.host = std::string(name) + ".example.net";
    target.scheme = "https";
    target.capacity.Set(Resource::kEgress, 1000);
    policy.targets.push_back(target);
  };
  add("fra1", {50.1, 8.7}, "192.0.2.1", "2001:db8::1");
  add("ams1", {52.4, 4.9}, "192.0.2.2", "2001:db8::2");
  add("nyc1", {40.7, -74.0}, "192.0.2.3", "2001:db8::3");
  policy.groups = {
      NamedGroup{.name = "germany",
                 .prefixes = {*IpPrefix::Parse("10.1.0.0/16"), *IpPrefix::Parse("fd00:1::/32")},
                 .location = GeoPoint{50.1, 8.7}},
      NamedGroup{.name = "new-york",
                 .prefixes = {*IpPrefix::Parse("10.2.0.0/16")},
                 .location = GeoPoint{40.7, -74.0}}};
  Service live{.name = "live"};
  live.dns_names = {"live.example.com"};
  live.hosts = {"live.example.com"};
  live.candidates = {{TargetId(0)}, {TargetId(1)}, {TargetId(2)}};
  policy.services = {live};
  return policy;
}

inline std::shared_ptr<const Frame> SmallFrame(Policy policy = SmallPolicy()) {
  auto groups = GroupMap::Build(GeoSources{}, policy.groups);
  CHECK(groups.ok());
  auto frame = MakeFrame(std::make_shared<const Policy>(std::move(policy)), *groups, {1, 1, 1});
  CHECK(frame.ok());
  return *frame;
}

// Every target idle and silent.
inline Facts QuietFacts(const Frame& frame) {
  Facts facts;
  facts.now = absl::FromUnixSeconds(1'700'000'000);
  facts.targets.resize(frame.policy->targets.size());
  return facts;
}

inline void Report(Facts& facts, size_t target, double egress_mbps,
                   FeedState state = FeedState::kFresh) {
  facts.targets[target].feed = state;
  facts.targets[target].load.Set(Resource::kEgress, egress_mbps);
}

}  // namespace spillway

#endif  // SPILLWAY_TESTS_SUPPORT_POLICY_FIXTURE_H_
