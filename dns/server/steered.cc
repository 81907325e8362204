#include "dns/server/steered.h"

#include <algorithm>
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
  // What is chosen per question has no signature, so in a signed zone it would be refused.
  if (!services.has_name_patterns() || zone.is_signed() || HasOwnAnswer(zone, match))
    return std::nullopt;
  std::array<char, kNameSizeMax> dotted;
  const size_t size = WriteDotted(name, dotted);
  if (size == 0) return std::nullopt;
  return services.FindByName({dotted.data(), size});
}

SteeredAnswer Steer(const Plan& plan, ServiceId service, const Query& query,
                    const IpAddress& peer) {
  const IpAddress& address = ClientAddress(query, peer);
  const bool by_ecs = &address != &peer;
  SteeredAnswer answer;
  answer.by_ecs = by_ecs;
  if (!by_ecs) answer.asker = ResolverHash(peer);
  const ClientFacts client = by_ecs ? LocateClient(plan, address, query.ecs.source_bits)
                                    : LocateResolver(plan, peer, answer.asker);
  answer.decision = Decide(plan, service, client);
  answer.target = &plan.policy().target(answer.decision.target);
  if (by_ecs) {
    answer.ecs_scope_bits = answer.decision.scope_bits;
    answer.asker = SubnetHash(query.ecs.address, query.ecs.source_bits, answer.ecs_scope_bits);
  }
  return answer;
}

size_t CollectSeveral(const Plan& plan, const SteeredAnswer& answer, RrType family,
                      std::array<IpAddress, kSeveralMax>* out) {
  const auto addresses = [family](const Target& target) -> absl::Span<const IpAddress> {
    return family == RrType::kA ? target.addresses_v4 : target.addresses_v6;
  };
  const Decision& decision = answer.decision;
  absl::Span<const Slot> row = plan.frame->candidates->Row(decision.row);
  std::array<absl::Span<const IpAddress>, 1 + Decision::kMoreMax> sets;
  size_t set_count = 0;
  sets[set_count++] = addresses(*answer.target);
  for (size_t i = 0; i < decision.more_count; ++i) {
    const auto set = addresses(plan.policy().target(row[decision.more[i]].target));
    if (!set.empty()) sets[set_count++] = set;
  }
  if (set_count == 1) return 0;
  size_t each = kAddressesEachMax;
  for (size_t i = 0; i < set_count; ++i) each = std::min(each, sets[i].size());
  size_t count = 0;
  for (size_t i = 0; i < set_count; ++i) {
    const size_t from = plan.epoch % sets[i].size();
    for (size_t k = 0; k < each; ++k) {
      const IpAddress& address = sets[i][(from + k) % sets[i].size()];
      // RFC 2181 5: an RRset holds no record twice; two targets may share an address.
      const auto end = out->begin() + static_cast<ptrdiff_t>(count);
      if (std::find(out->begin(), end, address) == end) (*out)[count++] = address;
    }
  }
  return count;
}

}  // namespace spillway::dns
