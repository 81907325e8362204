// apps/daemon/privileges.h -- from root, who may bind port 53, to somebody who may do nothing else.
//
// why after the sockets are bound and before anything is answered: what comes from outside is never
// read by root. The whole process changes, threads that run already too (glibc, nptl(7)).
#ifndef SPILLWAY_APPS_DAEMON_PRIVILEGES_H_
#define SPILLWAY_APPS_DAEMON_PRIVILEGES_H_

#include <string>

#include "absl/status/status.h"

namespace spillway {

// "user" or "user:group"; without a group, the user's own, with no further groups. Fails when there
// is no such user or group, when it is root, or when we may not change to it. Afterwards there is
// no way back.
absl::Status BecomeUser(const std::string& user);

// Makes the directory `path` (not its parents, mode 0750) for that user; one that is there stays
// as it is.
absl::Status MakeDirectoryOf(const std::string& user, const std::string& path);

}  // namespace spillway

#endif  // SPILLWAY_APPS_DAEMON_PRIVILEGES_H_
