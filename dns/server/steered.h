// dns/server/steered.h -- the bridge from a DNS question to the plan: is the name steered, and
// where to.
//
//   name ──FindSteered──► service      ECS or peer ──Steer──► target (or targets), TTL, ECS scope
//
// Exact names were made nodes of their zones (ZoneSet::WithSteered), so a static name costs no
// look-up here. Pattern names apply where the zone has no address or alias of its own; they win
// over wildcards and NXDOMAIN.
// references: RFC 7871 7.1.2 (SOURCE 0), 7.2.1 (SCOPE).
#ifndef SPILLWAY_DNS_SERVER_STEERED_H_
#define SPILLWAY_DNS_SERVER_STEERED_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "dns/wire/query.h"
#include "dns/zone/zone.h"
#include "steering/decide/decide.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway::dns {

// `match` is how `zone` met `name` (folded); not a referral or redirect.
std::optional<ServiceId> FindSteered(const Plan& plan, absl::string_view name, const Zone& zone,
                                     const ZoneMatch& match);

struct SteeredAnswer {
  const Target* target = nullptr;  // lives as long as the plan
  Decision decision;
  uint8_t ecs_scope_bits = 0;  // 0 unless the option's address decided
  // For the AnswerLog: who will hand this answer on, a resolver or the clients of a prefix.
  uint64_t asker = 0;
  bool by_ecs = false;
};

// The client is the query's ECS address, or, when it has none or discloses nothing, `peer`; a heavy
// resolver is met only as a peer.
SteeredAnswer Steer(const Plan& plan, ServiceId service, const Query& query, const IpAddress& peer);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_STEERED_H_
