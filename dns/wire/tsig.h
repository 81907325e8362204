// dns/wire/tsig.h -- the record that signs a message: its layout, read and written.
//
//   NAME key | TSIG ANY TTL 0 RDLEN | ALGORITHM name | TIME 48 | FUDGE 16 | MAC SIZE 16, MAC |
//   ORIGINAL ID 16 | ERROR 16 | OTHER SIZE 16, OTHER
//
// What the MAC is made of, and whether it is right, is dns/transfer/tsig_session.h's.
// references: RFC 8945 4.2 (layout), 5.3.2 (replies with an error).
#ifndef SPILLWAY_DNS_WIRE_TSIG_H_
#define SPILLWAY_DNS_WIRE_TSIG_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "dns/wire/name.h"
#include "dns/wire/query_error.h"
#include "dns/wire/writer.h"

namespace spillway::dns {

enum class TsigError : uint16_t {  // RFC 8945 3
  kNone = 0,
  kBadSig = 16,
  kBadKey = 17,
  kBadTime = 18,
  kBadTrunc = 22,
};

struct Tsig {
  Name key;  // letters as sent
  Name algorithm;
  uint64_t time_s = 0;  // since 1970, 48 bits
  uint16_t fudge_s = 0;
  absl::Span<const uint8_t> mac;  // views of the message, or of the writer's caller
  uint16_t original_id = 0;
  TsigError error = TsigError::kNone;
  absl::Span<const uint8_t> other;
};

// Reads the record that begins at `offset` of `message`. `out` is written on kOk only.
WireError ParseTsig(absl::Span<const uint8_t> message, size_t offset, Tsig* out);

// Size of the record WriteTsig writes.
size_t TsigSize(const Tsig& tsig);
// Requires TsigSize(tsig) octets of room.
void WriteTsig(const Tsig& tsig, Writer* writer);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_TSIG_H_
