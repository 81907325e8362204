// dns/wire/types.h -- the numbers of the DNS that Spillway knows by name.
//
// Types, classes, opcodes and options arrive as any 16-bit value: an enum here may hold one that
// has no enumerator, so a switch over them always has a default. references: RFC 1035, 2136, 2671,
// 6891, 8914; IANA "Domain Name System (DNS) Parameters".
#ifndef SPILLWAY_DNS_WIRE_TYPES_H_
#define SPILLWAY_DNS_WIRE_TYPES_H_

#include <cstddef>
#include <cstdint>

namespace spillway::dns {

enum class RrType : uint16_t {
  kA = 1,
  kNs = 2,
  kMd = 3,
  kMf = 4,
  kCname = 5,
  kSoa = 6,
  kMb = 7,
  kMg = 8,
  kMr = 9,
  kPtr = 12,
  kHinfo = 13,
  kMinfo = 14,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kDname = 39,
  kOpt = 41,
  kDs = 43,
  kRrsig = 46,
  kNsec = 47,
  kDnskey = 48,
  kNsec3 = 50,
  kNsec3param = 51,
  kSvcb = 64,
  kHttps = 65,
  kNxname = 128,  // RFC 9824: never in a zone
  kTkey = 249,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
  kMailb = 253,
  kMaila = 254,
  kAny = 255,
};

// RFC 6895 3.1: QTYPEs and meta types 128..255 and OPT are questions or wrappers, never zone data.
constexpr bool IsMetaType(RrType t) {
  auto value = static_cast<uint16_t>(t);
  return value == 0 || t == RrType::kOpt || (value >= 128 && value <= 255);
}

enum class RrClass : uint16_t { kIn = 1, kChaos = 3, kNone = 254, kAny = 255 };

enum class Opcode : uint8_t { kQuery = 0, kIquery = 1, kStatus = 2, kNotify = 4, kUpdate = 5 };

// Values above 15 need an OPT record to carry their upper eight bits.
enum class Rcode : uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kNotAuth = 9,
  kBadVers = 16,
  kBadCookie = 23,
};

enum class EdnsOption : uint16_t {
  kNsid = 3,
  kClientSubnet = 8,
  kCookie = 10,
  kKeepalive = 11,
  kExtendedError = 15,
};

// Extended DNS error codes we send (RFC 8914 4).
enum class EdeCode : uint16_t {
  kOther = 0,
  kNotReady = 14,
  kProhibited = 18,
  kNotAuthoritative = 20,
  kNotSupported = 21,
  kNetworkError = 23,
};

// Header layout (RFC 1035 4.1.1): ID, flags, four counts.
inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kFlagsOffset = 2;
inline constexpr size_t kQuestionCountOffset = 4;
inline constexpr size_t kAnswerCountOffset = 6;
inline constexpr size_t kAuthorityCountOffset = 8;
inline constexpr size_t kAdditionalCountOffset = 10;
inline constexpr uint16_t kFlagQr = 0x8000;
inline constexpr uint16_t kFlagAa = 0x0400;
inline constexpr uint16_t kFlagTc = 0x0200;
inline constexpr uint16_t kFlagRd = 0x0100;
inline constexpr uint16_t kOpcodeMask = 0x7800;

// What stands between a record's owner and its data: TYPE, CLASS, TTL, RDLENGTH (RFC 1035 4.1.3).
inline constexpr size_t kRecordFixedSize = 10;
// What ends an SOA: SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM (RFC 1035 3.3.13).
inline constexpr size_t kSoaNumbersSize = 20;

// Largest UDP response without EDNS (RFC 1035 2.3.4).
inline constexpr uint16_t kUdpSizePlain = 512;
// Largest UDP response with EDNS. 1'232 = 1'280 (IPv6 minimum MTU, RFC 8200 5) - 40 (IPv6) - 8
// (UDP): never fragmented; also the flag-day 2020 and RFC 9715 value.
inline constexpr uint16_t kUdpSizeMax = 1232;
static_assert(kUdpSizeMax + 40 + 8 == 1280);
// Largest message TCP's 2-octet length can frame (RFC 1035 4.2.2).
inline constexpr size_t kTcpSizeMax = 65535;

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_TYPES_H_
