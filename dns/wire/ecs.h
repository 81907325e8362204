// dns/wire/ecs.h -- the EDNS Client Subnet option: which clients a resolver asks for.
//
//   0  FAMILY 16   1 = IPv4, 2 = IPv6
//   2  SOURCE 8    how many leading bits of ADDRESS the resolver discloses
//   3  SCOPE 8     0 in queries; in answers how many bits the answer depends on
//   4  ADDRESS     ceil(SOURCE / 8) octets, bits after SOURCE are 0
//
// references: RFC 7871 6 (format), 7.1.2 (SOURCE 0 = do not tailor), 7.2.1 (mirror in the answer).
#ifndef SPILLWAY_DNS_WIRE_ECS_H_
#define SPILLWAY_DNS_WIRE_ECS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "base/ip.h"
#include "dns/wire/query_error.h"

namespace spillway::dns {

// FAMILY, SOURCE, SCOPE and an IPv6 address.
inline constexpr size_t kEcsSizeMax = 4 + 16;

struct Ecs {
  uint16_t family = 0;  // 0 only together with source_bits 0 (an old way to opt out)
  uint8_t source_bits = 0;
  IpAddress address;  // masked to source_bits

  // True when the address may decide the answer.
  bool discloses_client() const { return source_bits > 0; }
};

// `data` is the option's content. `out` is written on kOk only.
[[nodiscard]] WireError ParseEcs(absl::Span<const uint8_t> data, Ecs* out);

// Size of the option's content in an answer.
constexpr size_t EcsSize(const Ecs& ecs) { return 4u + (ecs.source_bits + 7u) / 8; }
// Writes EcsSize(ecs) octets to `out`: the query's option with SCOPE filled in.
void EncodeEcs(const Ecs& ecs, uint8_t scope_bits, uint8_t* out);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_ECS_H_
