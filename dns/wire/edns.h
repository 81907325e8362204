// dns/wire/edns.h -- the OPT record of an answer: its size is known before the sections are
// written.
//
//   0 41 UDPSIZE | EXT-RCODE VERSION DO 0 | RDLEN | NSID? COOKIE? KEEPALIVE? ECS? EDE?
//
// why: the room for OPT is taken from the writer's limit first, so that cutting an answer can never
//      cost the OPT; RDLEN is what was written, not what was planned.
// references: RFC 6891 6.1, 5001 (NSID), 7873 (cookies), 7828 (keepalive), 7871 (ECS),
// 8914 (extended errors).
#ifndef SPILLWAY_DNS_WIRE_EDNS_H_
#define SPILLWAY_DNS_WIRE_EDNS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "dns/wire/cookie.h"
#include "dns/wire/ecs.h"
#include "dns/wire/types.h"
#include "dns/wire/writer.h"

namespace spillway::dns {

// Root name, type, size, flags and RDLEN without options.
inline constexpr size_t kOptSizeMin = 11;

struct ExtendedError {
  EdeCode code = EdeCode::kOther;
  absl::string_view text;  // UTF-8, short; sent as it is
};

struct OptReply {
  uint16_t udp_size = kUdpSizeMax;       // what we take
  Rcode rcode = Rcode::kNoError;         // its upper 8 bits go here
  bool dnssec_ok = false;                // RFC 3225 3: copied from the query
  absl::string_view nsid;                // empty = none
  const Cookie* cookie = nullptr;        // both parts
  std::optional<uint16_t> keepalive_ds;  // RFC 7828: units of 100 ms
  const Ecs* ecs = nullptr;              // the query's, mirrored
  uint8_t ecs_scope_bits = 0;
  std::optional<ExtendedError> error;
};

// Size of the record WriteOpt would write.
size_t OptSize(const OptReply& opt);
// Requires OptSize(opt) octets of room below the writer's limit.
void WriteOpt(const OptReply& opt, Writer* writer);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_EDNS_H_
