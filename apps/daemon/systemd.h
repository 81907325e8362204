// apps/daemon/systemd.h -- what the service manager gives us and is told: sockets, readiness.
//
// why by hand: the protocols are three environment variables and one datagram; libsystemd would be
// a dependency of every start.
// references: sd_listen_fds(3), sd_notify(3).
#ifndef SPILLWAY_APPS_DAEMON_SYSTEMD_H_
#define SPILLWAY_APPS_DAEMON_SYSTEMD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/adopted_socket.h"
#include "base/file.h"

namespace spillway {

struct InheritedSocket {
  std::string name;  // FileDescriptorName= of the socket unit
  UniqueFd fd;
  AdoptedSocket socket;  // refers to `fd`
};

// The sockets passed to this process, none when there are none. Call it once: the environment is
// cleared, so that children see nothing. Fails for sockets that are neither UDP nor TCP of IP.
absl::StatusOr<std::vector<InheritedSocket>> TakeInheritedSockets();

// "READY=1", "STOPPING=1"; does nothing when nobody listens.
void TellServiceManager(absl::string_view state);

}  // namespace spillway

#endif  // SPILLWAY_APPS_DAEMON_SYSTEMD_H_
