// dns/server/sockets.h -- listening sockets with the options a DNS server needs.
//
// Every worker opens its own sockets on the same addresses (SO_REUSEPORT); the kernel spreads
// clients over them by a hash of both addresses and ports. Sockets of the service manager are one
// per address, whose queue all workers share.
#ifndef SPILLWAY_DNS_SERVER_SOCKETS_H_
#define SPILLWAY_DNS_SERVER_SOCKETS_H_

#include <sys/socket.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/adopted_socket.h"
#include "base/file.h"
#include "base/ip.h"

namespace spillway::dns {

// A UDP and a TCP socket of one address, both non-blocking; adopted ones are one of the two.
struct SocketPair {
  Endpoint endpoint;  // as bound: never port 0
  UniqueFd udp;
  UniqueFd tcp;
  bool proxy = false;  // what comes begins with a PROXY header (base/proxy_header.h)
};

// With port 0 the kernel chooses one that is free for both. Errors name the endpoint and the step.
absl::StatusOr<SocketPair> OpenSockets(const Endpoint& endpoint);

// A duplicate of `socket`, with the options that sockets of our own have.
absl::StatusOr<SocketPair> Adopt(const AdoptedSocket& socket);

// True for 0.0.0.0 and ::, where the address a client asked must be kept with the question.
bool IsWildcard(const IpAddress& address);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_SOCKETS_H_
