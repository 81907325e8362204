#include "apps/daemon/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace spillway {
namespace {

constexpr int kFirstFd = 3;      // sd_listen_fds(3): SD_LISTEN_FDS_START
constexpr int kSocketsMax = 64;  // more than any host has addresses for us

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<AdoptedSocket> Describe(int fd, absl::string_view name) {
  auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("socket '", name, "' (descriptor ", fd, ") of the service manager: ", what));
  };
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return wrong("is no socket");
  sockaddr_storage address{};
  size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6)) {
    return wrong("want an IPv4 or IPv6 address");
  }
  if (type != SOCK_STREAM && type != SOCK_DGRAM) return wrong("want ListenStream= or Datagram=");
  return AdoptedSocket{
      .endpoint = Endpoint::FromSockaddr(address), .fd = fd, .stream = type == SOCK_STREAM};
}

}  // namespace

absl::StatusOr<std::vector<InheritedSocket>> TakeInheritedSockets() {
  const std::string pid = Environment("LISTEN_PID");
  const std::string count_text = Environment("LISTEN_FDS");
  const std::vector<std::string> names = absl::StrSplit(Environment("LISTEN_FDNAMES"), ':');
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
  std::vector<InheritedSocket> sockets;
  int count = 0;
  if (pid != absl::StrCat(getpid()) || !absl::SimpleAtoi(count_text, &count)) return sockets;
  if (count < 0 || count > kSocketsMax)
    return absl::InvalidArgumentError(
        absl::StrCat("LISTEN_FDS: want 0 to ", kSocketsMax, ", got ", count));
  for (int i = 0; i < count; ++i) {
    InheritedSocket inherited;
    inherited.fd = UniqueFd(kFirstFd + i);
    fcntl(inherited.fd.get(), F_SETFD, FD_CLOEXEC);
    if (static_cast<size_t>(i) < names.size()) inherited.name = names[static_cast<size_t>(i)];
    ASSIGN_OR_RETURN(inherited.socket, Describe(inherited.fd.get(), inherited.name));
    sockets.push_back(std::move(inherited));
  }
  return sockets;
}

void TellServiceManager(absl::string_view state) {
  const std::string path = Environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
  UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return;
  // Who does not listen any more need not be told.
  sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
}

}  // namespace spillway
