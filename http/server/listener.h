// http/server/listener.h -- listening TCP sockets that several workers share through SO_REUSEPORT.
#ifndef SPILLWAY_HTTP_SERVER_LISTENER_H_
#define SPILLWAY_HTTP_SERVER_LISTENER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "base/adopted_socket.h"
#include "base/file.h"
#include "base/ip.h"

namespace spillway::http {

struct ListenerSet {
  Endpoint endpoint;  // as bound: port 0 replaced by the kernel's choice
  std::vector<UniqueFd>
      fds;  // one per worker, non-blocking, TCP_NODELAY inherited by what they accept
};

// Fails with the endpoint and the system's reason in the message. "*" (IPv6 any) is dual stack.
absl::StatusOr<ListenerSet> Listen(const Endpoint& endpoint, int count);

// Duplicates of a listening socket of the service manager; all workers accept from one queue.
absl::StatusOr<ListenerSet> Adopt(const AdoptedSocket& socket, int count);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_LISTENER_H_
