#include "dns/server/steered.h"

#include <array>
#include <cstring>

#include "dns/wire/name.h"
#include "steering/plan/heavy_set.h"
#include "steering/resolvers/answer_log.h"

namespace spillway::dns {
namespace {

// Writes `name` as patterns see it ("live.example.com") and returns its size; 0 for the root and
// for names whose labels hold a dot, which no host name does.
size_t WriteDotted(absl::string_view name, std::array<char, kNameSizeMax>& out) {
  size_t size = 0;
  for (; name[0] != 0; name = ParentName(name)) {
    const absl::string_view label = name.substr(1, static_cast<uint8_t>(name[0]));
    if (label.find('.') != absl::string_view::npos) return 0;
    if (size > 0) out[size++] = '.';
    std::memcpy(out.data() + size, label.data(), label.size());
    size += label.size();
  }
  return size;
}

bool HasOwnAnswer(const Zone& zone, const ZoneMatch& match) {
  if (match.kind != ZoneMatch::Kind::kExact) return false;
  for (const RrSet& set : zone.sets(*match.node)) {
    if (set.type == RrType::kA || set.type == RrType::kAaaa || set.type == RrType::kCname)
      return true;
  }
  return false;
}

}  // namespace

std::optional<ServiceId> FindSteered(const Plan& plan, absl::string_view name, const Zone& zone,
                                     const ZoneMatch& match) {
  const ServiceIndex& services = *plan.frame->services;
  if (match.kind == ZoneMatch::Kind::kExact && match.node->steered) {
    if (auto service = services.FindByWireName(name)) return service;
  }
  if (!services.has_name_patterns() || HasOwnAnswer(zone, match)) return std::nullopt;
  std::array<char, kNameSizeMax> dotted;
  const size_t size = WriteDotted(name, dotted);
  if (size == 0) return std::nullopt;
  return services.FindByName({dotted.data(), size});
}

SteeredAnswer Steer(const Plan& plan, ServiceId service, const Query& query,
                    const IpAddress& peer) {
  // RFC 7871 7.1.2: SOURCE 0 asks not to be tailored by the option; whoever asks still is
  // somewhere.
  const bool by_ecs = query.has_ecs && query.ecs.discloses_client();
  SteeredAnswer answer;
  answer.by_ecs = by_ecs;
  if (!by_ecs) answer.asker = ResolverHash(peer);
  const ClientFacts client = by_ecs ? LocateClient(plan, query.ecs.address, query.ecs.source_bits)
                                    : LocateResolver(plan, peer, answer.asker);
  answer.decision = Decide(plan, service, client);
  answer.target = &plan.policy().target(answer.decision.target);
  if (by_ecs) {
    answer.ecs_scope_bits = answer.decision.scope_bits;
    answer.asker = SubnetHash(query.ecs.address, query.ecs.source_bits, answer.ecs_scope_bits);
  }
  return answer;
}

}  // namespace spillway::dns
