// base/file_watch.h -- tells when files of one directory were written, replaced or removed.
//
// why: inotify on the directory, not on the file: a rename over the file (how careful programs
//      write, and how Kubernetes swaps `..data`) gives the name a new inode, which a watch on the
//      file misses.
// limits: what inotify cannot see (network file systems) is not seen; callers also look now and
//      then.
// thread safety: Wait belongs to one thread; Wake may be called from any.
#ifndef SPILLWAY_BASE_FILE_WATCH_H_
#define SPILLWAY_BASE_FILE_WATCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/file.h"

namespace spillway {

class FileWatch {
 public:
  enum class Event : uint8_t { kTimeout, kChanged, kWoken };

  // Fails when the directory is not there or may not be read.
  static absl::StatusOr<std::unique_ptr<FileWatch>> Create(const std::string& directory);

  // kChanged: `names` holds what changed, without path, possibly more than once; "" stands for
  // everything (events were lost, or the directory itself was replaced). May time out early.
  Event Wait(absl::Duration timeout, std::vector<std::string>* names);
  // Ends the Wait in progress or the next one with kWoken.
  void Wake();

 private:
  explicit FileWatch(std::string directory) : directory_(std::move(directory)) {}
  bool Attach();
  void ReadEvents(std::vector<std::string>* names);

  const std::string directory_;
  UniqueFd inotify_, wake_;
  int watch_ = -1;  // -1: the directory is gone; tried again by every Wait
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_FILE_WATCH_H_
