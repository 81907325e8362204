// tests/unit/dns/reply_check.h -- what must hold of every reply, whatever was asked.
#ifndef SPILLWAY_TESTS_UNIT_DNS_REPLY_CHECK_H_
#define SPILLWAY_TESTS_UNIT_DNS_REPLY_CHECK_H_

#include <algorithm>
#include <string>

#include "absl/types/span.h"
#include "dns/server/engine.h"
#include "dns/wire/types.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {

// Empty, or what is wrong with `reply` (empty = none was sent) to `query`.
inline std::string FaultOf(absl::Span<const uint8_t> query, absl::Span<const uint8_t> reply,
                           Transport transport) {
  const bool readable = query.size() >= kHeaderSize && (query[2] & 0x80) == 0;
  if (!readable) return reply.empty() ? "" : "answers what is no question";
  if (reply.size() < kHeaderSize) return "no reply to a readable header";
  if (reply[0] != query[0] || reply[1] != query[1]) return "other ID";
  if ((reply[2] & 0x80) == 0) return "QR clear";
  if ((reply[2] & 0x79) != (query[2] & 0x79)) return "opcode or RD not copied";
  if ((reply[3] & 0xf0) != 0) return "RA, Z, AD or CD set";
  const Reply read = ReadReply(reply);
  if (!read.ok) return "ldns cannot read the reply";
  const size_t limit = transport == Transport::kTcp ? kTcpSizeMax
                       : read.has_opt               ? kUdpSizeMax
                                                    : kUdpSizePlain;
  if (reply.size() > limit) return "too long";
  const size_t question_count = static_cast<size_t>(reply[4]) << 8 | reply[5];
  if (question_count > 1) return "more than one question";
  if (question_count == 1) {
    size_t end = kHeaderSize;
    while (reply[end] != 0) end += 1u + reply[end];
    end += 5;
    if (end > query.size() ||
        !std::equal(reply.begin() + kHeaderSize, reply.begin() + static_cast<ptrdiff_t>(end),
                    query.begin() + kHeaderSize)) {
      return "question not echoed octet for octet";
    }
  }
  if (read.answer.size() > 60) return "answer without end";
  return "";
}

}  // namespace spillway::dns

#endif  // SPILLWAY_TESTS_UNIT_DNS_REPLY_CHECK_H_
