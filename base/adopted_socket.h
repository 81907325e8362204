// base/adopted_socket.h -- a bound socket that somebody else opened for us (systemd).
//
// One socket, however many workers: each gets a duplicate of the descriptor and all take from one
// queue. Sockets of our own are one per worker (SO_REUSEPORT) and share nothing.
#ifndef SPILLWAY_BASE_ADOPTED_SOCKET_H_
#define SPILLWAY_BASE_ADOPTED_SOCKET_H_

#include "base/file.h"
#include "base/ip.h"

namespace spillway {

struct AdoptedSocket {
  Endpoint endpoint;    // as bound
  int fd = -1;          // stays its owner's
  bool stream = false;  // TCP, listening; else UDP

  // Non-blocking, closed on exec. Invalid when no descriptor is left.
  UniqueFd Duplicate() const;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_ADOPTED_SOCKET_H_
