// dns/wire/tsig.h -- a signed question from someone whose key we do not have: all keys, today.
//
//   NAME key | TSIG ANY TTL 0 RDLEN | ALGORITHM name | TIME 48 | FUDGE 16 | MAC SIZE 16, MAC |
//   ORIGINAL ID 16 | ERROR 16 | OTHER SIZE 16, OTHER
//
// why: an answer without a signature would be thrown away by who asked for one, with no word why.
// references: RFC 8945 4.2 (layout), 5.2 (errors), 5.2.1 (unknown key), 5.3.2 (unsigned replies).
#ifndef SPILLWAY_DNS_WIRE_TSIG_H_
#define SPILLWAY_DNS_WIRE_TSIG_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "dns/wire/name.h"
#include "dns/wire/query_error.h"
#include "dns/wire/writer.h"

namespace spillway::dns {

struct Tsig {
  Name key;
  Name algorithm;
  std::array<uint8_t, 8> time_and_fudge{};
  uint16_t original_id = 0;
};

// Reads the record that begins at `offset` of `message`. `out` is written on kOk only.
WireError ParseTsig(absl::Span<const uint8_t> message, size_t offset, Tsig* out);

// Size of the record WriteBadKey writes.
size_t BadKeySize(const Tsig& tsig);
// The request's record with BADKEY, without a MAC. Requires BadKeySize(tsig) octets of room.
void WriteBadKey(const Tsig& tsig, Writer* writer);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_TSIG_H_
