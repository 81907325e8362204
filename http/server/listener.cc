#include "http/server/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spillway::http {
namespace {

// Room for a burst of connects while a worker is busy; the kernel caps it by somaxconn.
constexpr int kBacklog = 4096;

absl::Status SocketError(absl::string_view call, const Endpoint& endpoint) {
  return absl::UnavailableError(
      absl::StrCat(endpoint.ToString(), ": ", call, ": ", std::strerror(errno)));
}

absl::StatusOr<UniqueFd> ListenOnce(const Endpoint& endpoint) {
  sockaddr_storage address;
  socklen_t size = endpoint.address.ToSockaddr(endpoint.port, &address);
  UniqueFd fd(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SocketError("socket", endpoint);
  const int on = 1;
  const int off = 0;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      (address.ss_family == AF_INET6 &&
       setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)) {
    return SocketError("setsockopt", endpoint);
  }
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0)
    return SocketError("bind", endpoint);
  if (listen(fd.get(), kBacklog) != 0) return SocketError("listen", endpoint);
  return fd;
}

}  // namespace

absl::StatusOr<ListenerSet> Listen(const Endpoint& endpoint, int count) {
  ListenerSet set;
  set.endpoint = endpoint;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<UniqueFd> fd = ListenOnce(set.endpoint);
    if (!fd.ok()) return fd.status();
    if (set.endpoint.port == 0) {
      sockaddr_storage bound;
      socklen_t size = sizeof(bound);
      if (getsockname(fd->get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
        return SocketError("getsockname", endpoint);
      }
      set.endpoint.port = Endpoint::FromSockaddr(bound).port;
    }
    set.fds.push_back(std::move(*fd));
  }
  return set;
}

absl::StatusOr<ListenerSet> Adopt(const AdoptedSocket& socket, int count) {
  ListenerSet set{socket.endpoint, {}};
  if (!socket.stream)
    return absl::InvalidArgumentError(
        absl::StrCat(socket.endpoint.ToString(), ": want a listening TCP socket, got UDP"));
  const int on = 1;
  for (int i = 0; i < count; ++i) {
    UniqueFd fd = socket.Duplicate();
    if (!fd.valid()) return SocketError("dup", socket.endpoint);
    if (setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
      return SocketError("setsockopt", socket.endpoint);
    set.fds.push_back(std::move(fd));
  }
  return set;
}

}  // namespace spillway::http
