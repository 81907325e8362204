// base/file.h -- whole files in, whole files out, and descriptors that close themselves.
#ifndef SPILLWAY_BASE_FILE_H_
#define SPILLWAY_BASE_FILE_H_

#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spillway {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

// Fails with kNotFound, kPermissionDenied, or kResourceExhausted when larger than size_max bytes.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t size_max = 64 << 20);

// Writes beside, syncs, renames: readers see the old file or the new one, never half of either.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content);

// Names (not paths) of the regular files in `directory` that end in `suffix`, sorted. Hidden files,
// editors' backups among them, are left out.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory,
                                                   absl::string_view suffix);

}  // namespace spillway

#endif  // SPILLWAY_BASE_FILE_H_
