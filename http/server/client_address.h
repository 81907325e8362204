// http/server/client_address.h -- which address a request really comes from.
//
// The socket's peer, unless that is a trusted proxy: then the right-most hop of X-Forwarded-For, or
// of Forwarded (RFC 7239), that is no trusted proxy itself; the left-most when all are.
// why so suspicious: what stands left of the right-most untrusted hop, and a header the proxy does
//   not write, is the client's own invention. Hence garbage, too many hops, or both headers present
//   and disagreeing give the peer, which is never wrong by more than the proxy's own place.
// limits: kHopsMax hops. No heap.
#ifndef SPILLWAY_HTTP_SERVER_CLIENT_ADDRESS_H_
#define SPILLWAY_HTTP_SERVER_CLIENT_ADDRESS_H_

#include <cstddef>

#include "absl/types/span.h"
#include "base/ip.h"
#include "http/server/request.h"

namespace spillway::http {

// Chains of proxies are short; this is what one request may cost.
inline constexpr size_t kHopsMax = 16;

IpAddress ClientAddress(const Request& request, absl::Span<const IpPrefix> trusted);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_CLIENT_ADDRESS_H_
