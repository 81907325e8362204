#include "apps/daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spillway {

absl::Status BecomeUser(const std::string& user) {
  const std::pair<std::string, std::string> names = absl::StrSplit(user, absl::MaxSplits(':', 1));
  errno = 0;
  const passwd* entry = getpwnam(names.first.c_str());
  if (entry == nullptr)
    return absl::InvalidArgumentError(absl::StrCat("--user: no user '", names.first, "'"));
  const uid_t uid = entry->pw_uid;
  gid_t gid = entry->pw_gid;
  if (!names.second.empty()) {
    const group* found = getgrnam(names.second.c_str());
    if (found == nullptr)
      return absl::InvalidArgumentError(absl::StrCat("--user: no group '", names.second, "'"));
    gid = found->gr_gid;
  }
  if (uid == 0) return absl::InvalidArgumentError("--user: want somebody other than root");
  if (geteuid() == uid && getegid() == gid) return absl::OkStatus();
  if (setgroups(0, nullptr) != 0 || setresgid(gid, gid, gid) != 0 ||
      setresuid(uid, uid, uid) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("--user: cannot become ", user));
  }
  if (setuid(0) == 0) return absl::InternalError("--user: privileges could be taken back");
  return absl::OkStatus();
}

}  // namespace spillway
