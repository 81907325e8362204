#include "apps/daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"

namespace spillway {
namespace {

struct Ids {
  uid_t uid = 0;
  gid_t gid = 0;
};

absl::StatusOr<Ids> FindIds(const std::string& user) {
  const std::pair<std::string, std::string> names = absl::StrSplit(user, absl::MaxSplits(':', 1));
  errno = 0;
  const passwd* entry = getpwnam(names.first.c_str());
  if (entry == nullptr)
    return absl::InvalidArgumentError(absl::StrCat("--user: no user '", names.first, "'"));
  Ids ids{entry->pw_uid, entry->pw_gid};
  if (!names.second.empty()) {
    const group* found = getgrnam(names.second.c_str());
    if (found == nullptr)
      return absl::InvalidArgumentError(absl::StrCat("--user: no group '", names.second, "'"));
    ids.gid = found->gr_gid;
  }
  if (ids.uid == 0) return absl::InvalidArgumentError("--user: want somebody other than root");
  return ids;
}

// In all three of each: with a real or saved one of root's there would be a way back.
bool IsAlready(const Ids& ids) {
  uid_t uid = 0, euid = 0, suid = 0;
  gid_t gid = 0, egid = 0, sgid = 0;
  return getresuid(&uid, &euid, &suid) == 0 && getresgid(&gid, &egid, &sgid) == 0 &&
         uid == ids.uid && euid == ids.uid && suid == ids.uid && gid == ids.gid &&
         egid == ids.gid && sgid == ids.gid;
}

}  // namespace

absl::Status BecomeUser(const std::string& user) {
  ASSIGN_OR_RETURN(const Ids ids, FindIds(user));
  if (IsAlready(ids)) return absl::OkStatus();
  if (setgroups(0, nullptr) != 0 || setresgid(ids.gid, ids.gid, ids.gid) != 0 ||
      setresuid(ids.uid, ids.uid, ids.uid) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("--user: cannot become ", user));
  }
  if (setuid(0) == 0) return absl::InternalError("--user: privileges could be taken back");
  return absl::OkStatus();
}

absl::Status MakeDirectoryOf(const std::string& user, const std::string& path) {
  ASSIGN_OR_RETURN(const Ids ids, FindIds(user));
  if (mkdir(path.c_str(), 0750) != 0)
    return errno == EEXIST ? absl::OkStatus() : absl::ErrnoToStatus(errno, path);
  if (lchown(path.c_str(), ids.uid, ids.gid) != 0) return absl::ErrnoToStatus(errno, path);
  return absl::OkStatus();
}

}  // namespace spillway
