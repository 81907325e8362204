// steering/model/policy.h -- a compiled policy: what the operators want, checked and by index.
//
//   directory ──policies/ (load, check, compile)──► Policy ──► GroupMap, CandidateTable, planner
//
// why: everything after the compiler works on ids and numbers; no file syntax, no names looked up
// twice.
// units: milliseconds of cost (`*_ms`): one ms is what one more ms of round trip would be worth;
//        fractions 0..1; Mbps.
// invariants (the compiler's checker holds them): (1) ids are in range; (2) every service has at
//        least one candidate; (3) 0 < watermark.shed_from < target <= hard <= 1; (4) a service
//        whose answer is kAddresses has an address on every candidate, one whose answer is kCname a
//        cname on every candidate (alternatives of one name never mix types: resolvers mishandle
//        it, LANMAN'14);
//        (5) names are unique across services, lower case, without trailing dot.
// thread safety: immutable once compiled; shared as std::shared_ptr<const Policy>.
#ifndef SPILLWAY_STEERING_MODEL_POLICY_H_
#define SPILLWAY_STEERING_MODEL_POLICY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/ip.h"
#include "steering/model/geo_point.h"
#include "steering/model/ids.h"
#include "steering/model/resources.h"

namespace spillway {

// Active check of a target. `fall` failures in a row mark it down, `rise` successes bring it back.
struct ProbeSpec {
  enum class Kind : uint8_t { kHttp, kTcp };
  Kind kind = Kind::kHttp;
  std::string url;    // kHttp: http:// or https://; 2xx and 3xx are success
  Endpoint endpoint;  // kTcp: where to connect
  absl::Duration interval = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(1);
  int rise = 2;
  int fall = 3;
  friend bool operator==(const ProbeSpec&, const ProbeSpec&) = default;
};

// An edge cluster or CDN region that can serve.
struct Target {
  std::string name;
  std::optional<GeoPoint> location;
  std::vector<IpAddress> addresses_v4;
  std::vector<IpAddress> addresses_v6;
  std::string cname;        // lower case, no trailing dot; empty = none
  std::string host;         // HTTP authority "host" or "host:port"; empty = first address
  std::string scheme;       // "https" or "http", of redirects
  ResourceVector capacity;  // absent = not limited by this resource (unless a feed says otherwise)
  double commit_mbps = 0;   // contract: paid for whether used or not
  double cost = 0;          // price per unit of traffic, in the policy's own currency
  std::vector<std::string> tags;
  std::vector<ProbeSpec> probes;
};

// `groups:` of the file: a client is in it when its country, ASN or prefix is listed.
struct NamedGroup {
  std::string name;
  std::vector<std::string> countries;  // ISO 3166-1 alpha-2, upper case
  std::vector<uint32_t> asns;
  std::vector<IpPrefix> prefixes;
  std::optional<GeoPoint> location;  // overrides the geo database's
  friend bool operator==(const NamedGroup&, const NamedGroup&) = default;
};

struct TtlLadder {
  absl::Duration calm = absl::Seconds(30);
  absl::Duration shedding = absl::Seconds(20);
  absl::Duration draining = absl::Seconds(10);
};

// Utilisation at which a target begins to lose clients, gets no new ones, and gets what fits
// nowhere only when no candidate has room below it.
struct Watermark {
  double shed_from = 0.70;
  double target = 0.85;
  double hard = 0.90;
};

// Order of sacrifice when the world is full: the last is refused first.
enum class ServiceClass : uint8_t { kPremiumLive, kLive, kCatchUp, kVod, kPrefetch };
inline constexpr size_t kServiceClassCount = 5;
absl::string_view ServiceClassName(ServiceClass c);
std::optional<ServiceClass> FindServiceClass(absl::string_view name);

enum class AnswerForm : uint8_t { kAddresses, kCname };

struct Candidate {
  TargetId target;
  double penalty_ms = 0;  // `prefer:` of the service
  double weight = 1;      // share among candidates of equal cost
};

// Clients of `group` may only go to `allowed` (a subset of the service's candidates, by id).
struct Fence {
  LabelId group;
  std::vector<TargetId> allowed;
};

struct Service {
  std::string name;
  std::vector<std::string> dns_names;      // exact names answered by DNS
  std::vector<std::string> name_patterns;  // RE2, whole match on the lower-case name
  std::vector<std::string> hosts;          // exact HTTP hosts; patterns in host_patterns
  std::vector<std::string> host_patterns;
  std::vector<std::string> path_patterns;  // RE2, whole match on the path; empty = every path
  AnswerForm answer = AnswerForm::kAddresses;
  ServiceClass service_class = ServiceClass::kLive;
  double bitrate_mbps = 5;                     // nominal, what a session reserves
  absl::Duration session = absl::Minutes(30);  // how long one lasts on average, until learned
  // What players are told to stay under when demand exceeds capacity: parts of the nominal bitrate,
  // falling from 1. {1} = never capped.
  std::vector<double> ladder = {1, 0.75, 0.55, 0.4};
  bool waiting_room = false;  // HTTP: new joins may be asked to come back later
  TtlLadder ttl;
  Watermark watermark;
  double distance_factor = 1;         // cost per ms of estimated round trip; 0 = place is ignored
  double price_ms = 0;                // cost per unit of Target::cost
  std::vector<Candidate> candidates;  // ordered by target id
  std::vector<Fence> fences;          // all that apply hold together
};

// A capacity that several targets share: a link, a contract, a CDN's total.
struct SharedLimit {
  std::string name;
  std::vector<TargetId> targets;  // ascending, at least one
  double egress_mbps = 0;         // > 0
};

struct Guards {
  double max_shift_per_minute = 1.0;  // of a service's demand
  int min_targets_per_group = 1;
  double max_drained_capacity = 0.3;  // of all capacity; more needs --force
  struct Freeze {
    absl::Time from, to;
  };
  std::vector<Freeze> freezes;  // only what protects moves: health and watermarks, never cost
};

// An audience known beforehand: the forecast's prior for one service.
struct Event {
  ServiceId service;
  absl::Time start;
  absl::Duration ramp = absl::Minutes(30);  // from the first viewers to the peak
  double peak_world = 0;                    // sessions, everywhere together; 0 = not given
  struct Share {
    std::string country;  // ISO 3166-1 alpha-2; empty = `group` is meant
    LabelId group;
    double peak = 0;  // sessions
    friend bool operator==(const Share&, const Share&) = default;
  };
  std::vector<Share> shares;  // the parts that are known; the rest of the world shares what is left
};

// SOA and NS of steered names that are in no zone file: each becomes a zone of its own.
struct ImplicitZone {
  std::vector<std::string> nameservers;  // empty = steered names must be in zone files
  std::string contact = "hostmaster.invalid";
};

// A TSIG key by name, and where the policy says so (file:line:column); empty = none.
struct KeyReference {
  std::string name;
  std::string at;
};

// Who may copy the zones, and who is told that they changed. Neither `allow` nor `key`: nobody.
struct TransferPolicy {
  struct Notify {
    Endpoint to;
    KeyReference key;
  };
  std::vector<IpPrefix> allow;  // empty = from anywhere, with the key
  KeyReference key;             // must have signed the request, when set
  std::vector<Notify> notify;
};

// One file of a policy directory.
struct PolicyFile {
  std::string name;  // without its directory
  std::string text;
};

struct Policy {
  std::string version;            // 16 hex digits over the content of every file
  std::vector<PolicyFile> files;  // what it was compiled from, by name; empty = made by hand
  std::vector<Target> targets;
  std::vector<NamedGroup> groups;
  std::vector<Service> services;
  std::vector<SharedLimit> limits;
  Guards guards;
  std::vector<Event> events;  // at most one per service, by service id
  ImplicitZone implicit_zone;
  TransferPolicy transfers;

  const Target& target(TargetId id) const { return targets[id.index()]; }
  const Service& service(ServiceId id) const { return services[id.index()]; }
  const NamedGroup& group(LabelId id) const { return groups[id.index()]; }
  std::optional<TargetId> FindTarget(absl::string_view name) const;    // O(targets)
  std::optional<ServiceId> FindService(absl::string_view name) const;  // O(services)
};

// By TargetId: the least watermark of the services that may use it; 1 where none may.
std::vector<double> TargetWatermarks(const Policy& policy);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_POLICY_H_
