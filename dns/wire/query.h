// dns/wire/query.h -- a message from outside, read once: header, question, what its OPT asks for.
//
//   bytes ──ParseQuery──► Query { id, flags | name (folded), type, class | EDNS size, DO, options }
//                           └─ the question's own octets stay in `bytes` and are echoed from there
//
// why: one pass, no heap; the engine looks at small values only. On an error the fields read so far
//      hold, so that FORMERR can carry ID, opcode, and an OPT when the query had one (RFC
//      6891 6.1.1).
// limits: records other than OPT and TSIG are stepped over, their names not followed.
// references: RFC 1035 4.1, 6891 6.1, 7871 6, 7873 5.2, 8945 5.1, 9619 3.
#ifndef SPILLWAY_DNS_WIRE_QUERY_H_
#define SPILLWAY_DNS_WIRE_QUERY_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "dns/wire/ecs.h"
#include "dns/wire/name.h"
#include "dns/wire/query_error.h"
#include "dns/wire/types.h"

namespace spillway::dns {

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;  // the header's second word as received
  Opcode opcode = Opcode::kQuery;

  // The question; `question_size` is 0 while none has been read. It starts at kHeaderSize.
  uint16_t question_size = 0;
  RrType qtype = RrType::kA;
  RrClass qclass = RrClass::kIn;
  Name qname;                // ASCII letters folded
  bool no_question = false;  // QDCOUNT 0: with a cookie it asks for one (RFC 7873 5.4)

  uint16_t tsig_offset = 0;  // where the TSIG record, a sound one, begins; 0 = none

  // EDNS; the rest holds only when has_opt.
  bool has_opt = false;
  bool dnssec_ok = false;
  bool wants_nsid = false;
  bool wants_keepalive = false;
  bool has_ecs = false;
  uint8_t edns_version = 0;
  uint16_t udp_size = 0;       // as sent; below 512 means 512 (RFC 6891 6.2.3)
  uint16_t cookie_offset = 0;  // of the COOKIE option's content; 0 = none
  uint8_t cookie_size = 0;
  Ecs ecs;
};

// Makes `query` anew, as far as the bytes allow.
[[nodiscard]] WireError ParseQuery(absl::Span<const uint8_t> bytes, Query* query);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_QUERY_H_
