// dns/server/steered.h -- the bridge from a DNS question to the plan: is the name steered, and
// where to.
//
//   name ──FindSteered──► service      ECS or peer ──Steer──► target (or targets), TTL, ECS scope
//
// Exact names were made nodes of their zones (ZoneSet::WithSteered), so a static name costs no
// look-up here. Pattern names apply where the zone has no address or alias of its own; they win
// over wildcards and NXDOMAIN, but not in signed zones.
// references: RFC 7871 7.1.2 (SOURCE 0), 7.2.1 (SCOPE).
#ifndef SPILLWAY_DNS_SERVER_STEERED_H_
#define SPILLWAY_DNS_SERVER_STEERED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "dns/wire/query.h"
#include "dns/wire/types.h"
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

// The query's ECS address, or, when it has none or discloses nothing, `peer`. RFC 7871 7.1.2:
// SOURCE 0 asks not to be tailored by the option; whoever asks still is somewhere.
inline const IpAddress& ClientAddress(const Query& query, const IpAddress& peer) {
  return query.has_ecs && query.ecs.discloses_client() ? query.ecs.address : peer;
}

// For the client at ClientAddress(); a heavy resolver is met only as a peer.
SteeredAnswer Steer(const Plan& plan, ServiceId service, const Query& query, const IpAddress& peer);

// 4 targets of at most 4 addresses: 448 octets of AAAA (28 each, owner compressed) of the 1,232 an
// answer may have, 256 of A of the 512 of one without EDNS.
inline constexpr size_t kAddressesEachMax = 4;
inline constexpr size_t kSeveralMax = kAddressesEachMax * (1 + Decision::kMoreMax);

// The addresses of all targets of a heavy resolver's answer, the first target's first: of each as
// many as the one with fewest has, because clients choose among addresses, not among targets; of a
// larger set others at every epoch. No address twice. `family` is A or AAAA; targets without it are
// left out. Returns how many; 0 when there is but one target left.
size_t CollectSeveral(const Plan& plan, const SteeredAnswer& answer, RrType family,
                      std::array<IpAddress, kSeveralMax>* out);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_STEERED_H_
