// dns/wire/query_error.h -- why a message was not taken as a query: one name per refusal.
#ifndef SPILLWAY_DNS_WIRE_QUERY_ERROR_H_
#define SPILLWAY_DNS_WIRE_QUERY_ERROR_H_

#include <cstdint>

namespace spillway::dns {

enum class [[nodiscard]] WireError : uint8_t{
    kOk,
    // Never answered:
    kShortHeader,  // fewer than 12 octets: there is no ID to answer to
    kResponse,     // QR=1: answering answers makes loops
    // Answered with FORMERR:
    kBadQuestionCount,  // RFC 9619 3: QDCOUNT must be 1
    kBadName,           // label type, length, or a pointer where there is nothing to point to
    kTruncatedMessage,  // a count promises more than there is
    kOptNotRoot,        // RFC 6891 6.1.2: NAME must be the root
    kOptTwice,          // RFC 6891 6.1.1: more than one OPT
    kOptMisplaced,      // RFC 6891 6.1.1: OPT belongs to the additional section
    kOptOverrun,        // an option longer than the OPT record
    kEcsShort,          // RFC 7871 6: less than 4 octets
    kEcsFamily,         // neither IPv4 nor IPv6
    kEcsSource,         // SOURCE longer than the family's addresses
    kEcsScope,          // RFC 7871 6: SCOPE must be 0 in queries
    kEcsAddressSize,    // ADDRESS is not ceil(SOURCE / 8) octets
    kEcsTrailingBits,   // bits set beyond SOURCE
    kTsigMisplaced,     // RFC 8945 5.1: TSIG is the last record of the message
    kTsigBroken,        // RFC 8945 5.2: not laid out as 4.2 says
    kCookieSize,        // RFC 7873 5.2.2: 8 octets or 16 to 40
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_QUERY_ERROR_H_
