// dns/server/sockets.h -- listening sockets with the options a DNS server needs.
//
// Every worker opens its own sockets on the same addresses (SO_REUSEPORT); the kernel spreads
// clients over them by a hash of both addresses and ports.
#ifndef SPILLWAY_DNS_SERVER_SOCKETS_H_
#define SPILLWAY_DNS_SERVER_SOCKETS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/ip.h"

namespace spillway::dns {

// A UDP and a TCP socket of one address, both non-blocking.
struct SocketPair {
  Endpoint endpoint;  // as bound: never port 0
  UniqueFd udp;
  UniqueFd tcp;
};

// With port 0 the kernel chooses one that is free for both. Errors name the endpoint and the step.
absl::StatusOr<SocketPair> OpenSockets(const Endpoint& endpoint);

// True for 0.0.0.0 and ::, where the address a client asked must be kept with the question.
bool IsWildcard(const IpAddress& address);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_SOCKETS_H_
