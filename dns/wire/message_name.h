// dns/wire/message_name.h -- reads a domain name anywhere in a message, compressed or not.
//
// why apart from query.h: questions come before everything a pointer could mean and are read on the
//      hot path; names behind them (of a signature, of the SOA in an IXFR) are rare.
// references: RFC 1035 4.1.4.
#ifndef SPILLWAY_DNS_WIRE_MESSAGE_NAME_H_
#define SPILLWAY_DNS_WIRE_MESSAGE_NAME_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "dns/wire/name.h"

namespace spillway::dns {

// The name at `*offset`, which then stands behind it. False, with `*offset` anywhere, for what is
// no name. Pointers must go back, so they end.
[[nodiscard]] bool ReadMessageName(absl::Span<const uint8_t> message, size_t* offset, Name* name);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_MESSAGE_NAME_H_
