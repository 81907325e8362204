#include "dns/server/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace spillway::dns {
namespace {

// Room for a burst between two turns of a worker; the kernel caps it at net.core.rmem_max.
constexpr int kUdpBufferBytes = 4 << 20;
constexpr int kListenBacklog = 1024;
// How often a port that is free for UDP but taken for TCP is given back for another.
constexpr int kPortAttempts = 16;

absl::Status Failed(const char* step, const Endpoint& endpoint) {
  return absl::ErrnoToStatus(errno, absl::StrCat("dns: cannot ", step, " ", endpoint.ToString()));
}

absl::Status SetInt(int fd, int level, int option, int value, const char* name,
                    const Endpoint& endpoint) {
  if (setsockopt(fd, level, option, &value, sizeof value) == 0) return absl::OkStatus();
  return Failed(absl::StrCat("set ", name, " on").c_str(), endpoint);
}

absl::StatusOr<UniqueFd> OpenBound(int type, const Endpoint& endpoint) {
  sockaddr_storage address;
  const socklen_t size = endpoint.address.ToSockaddr(endpoint.port, &address);
  UniqueFd fd(socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Failed("open a socket for", endpoint);
  if (type == SOCK_STREAM) {
    RETURN_IF_ERROR(SetInt(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", endpoint));
  }
  RETURN_IF_ERROR(SetInt(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", endpoint));
  if (!endpoint.address.is_v4()) {
    // "*" means both families; a plain "::" is the same address to the kernel.
    const int only_v6 = IsWildcard(endpoint.address) ? 0 : 1;
    RETURN_IF_ERROR(SetInt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, only_v6, "IPV6_V6ONLY", endpoint));
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return Failed(type == SOCK_STREAM ? "bind TCP" : "bind UDP", endpoint);
  }
  return fd;
}

absl::StatusOr<UniqueFd> PrepareUdp(UniqueFd fd, const Endpoint& endpoint) {
  const bool v4 = endpoint.address.is_v4();
  if (IsWildcard(endpoint.address)) {
    RETURN_IF_ERROR(
        v4 ? SetInt(fd.get(), IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO", endpoint)
           : SetInt(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO", endpoint));
  }
  // Replies are short enough for every path; a forged "packet too big" must not make us fragment.
  // RFC 9715 3.1: IPv4 replies say "don't fragment", which also spares the kernel the making of a
  // unique ID for each (a tenth of a microsecond).
  RETURN_IF_ERROR(v4 ? SetInt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE,
                              "IP_MTU_DISCOVER", endpoint)
                     : SetInt(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT,
                              "IPV6_MTU_DISCOVER", endpoint));
  RETURN_IF_ERROR(SetInt(fd.get(), SOL_SOCKET, SO_RCVBUF, kUdpBufferBytes, "SO_RCVBUF", endpoint));
  RETURN_IF_ERROR(SetInt(fd.get(), SOL_SOCKET, SO_SNDBUF, kUdpBufferBytes, "SO_SNDBUF", endpoint));
  return fd;
}

absl::StatusOr<UniqueFd> OpenUdp(const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenBound(SOCK_DGRAM, endpoint));
  return PrepareUdp(std::move(fd), endpoint);
}

absl::StatusOr<UniqueFd> OpenTcp(const Endpoint& endpoint) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenBound(SOCK_STREAM, endpoint));
  RETURN_IF_ERROR(SetInt(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY", endpoint));
  if (listen(fd.get(), kListenBacklog) != 0) return Failed("listen on", endpoint);
  return fd;
}

absl::StatusOr<uint16_t> BoundPort(int fd, const Endpoint& endpoint) {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Failed("read the port of", endpoint);
  }
  return Endpoint::FromSockaddr(address).port;
}

}  // namespace

bool IsWildcard(const IpAddress& address) { return address.Masked(0) == address; }

absl::StatusOr<SocketPair> Adopt(const AdoptedSocket& socket) {
  SocketPair pair;
  pair.endpoint = socket.endpoint;
  UniqueFd fd = socket.Duplicate();
  if (!fd.valid()) return Failed("duplicate the socket of", socket.endpoint);
  if (socket.stream) {
    RETURN_IF_ERROR(SetInt(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY", socket.endpoint));
    pair.tcp = std::move(fd);
  } else {
    ASSIGN_OR_RETURN(pair.udp, PrepareUdp(std::move(fd), socket.endpoint));
  }
  return pair;
}

absl::StatusOr<SocketPair> OpenSockets(const Endpoint& endpoint) {
  absl::Status last;
  for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
    SocketPair pair;
    pair.endpoint = endpoint;
    ASSIGN_OR_RETURN(pair.udp, OpenUdp(endpoint));
    ASSIGN_OR_RETURN(pair.endpoint.port, BoundPort(pair.udp.get(), endpoint));
    absl::StatusOr<UniqueFd> tcp = OpenTcp(pair.endpoint);
    if (tcp.ok()) {
      pair.tcp = std::move(*tcp);
      return pair;
    }
    last = tcp.status();
    if (endpoint.port != 0) break;
  }
  return last;
}

}  // namespace spillway::dns
