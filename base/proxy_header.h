// base/proxy_header.h -- who the client of a proxy is: the PROXY protocol, version 2.
//
//   0D0A0D0A000D0A515549540A | ver 4, cmd 4 | family 4, transport 4 | SIZE 16 | addresses | TLVs
//
// A connection begins with one, a datagram has one in front of each message. PROXY gives source and
// destination; LOCAL (health checks of the proxy itself) and families that are not IP give none.
// Version 1, the text form, is refused: it cannot be told from a client's own octets as surely.
// limits: kProxyHeaderSizeMax octets with all TLVs, which are skipped.
// references: "The PROXY protocol", W. Tarreau, 2.2.
#ifndef SPILLWAY_BASE_PROXY_HEADER_H_
#define SPILLWAY_BASE_PROXY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "base/ip.h"

namespace spillway {

// TLVs of a TLS proxy with a certificate's names in them stay below 1 KiB; this is for more.
inline constexpr size_t kProxyHeaderSizeMax = 4096;

enum class ProxyParse : uint8_t {
  kOk,
  kMore,  // so far it may become one
  kBad,
};

struct ProxyHeader {
  size_t size = 0;                    // octets it takes; the message begins behind it
  std::optional<IpAddress> client{};  // unmapped; none: the proxy speaks for itself
};

// Reads the header at the front of `bytes`. `out` is written on kOk only.
[[nodiscard]] ProxyParse ParseProxyHeader(absl::Span<const uint8_t> bytes, ProxyHeader* out);

}  // namespace spillway

#endif  // SPILLWAY_BASE_PROXY_HEADER_H_
