#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace spillway {
namespace {

absl::Status ErrnoStatus(int error, absl::string_view what) {
  std::string text = absl::StrCat(what, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

absl::Status WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "write");
    content.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd) != 0) return ErrnoStatus(errno, "fsync");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t size_max) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  std::string content;
  char buffer[64 << 10];
  for (;;) {
    ssize_t n = read(fd.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, path);
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > size_max) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": larger than ", size_max, " bytes"));
    }
  }
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content) {
  // A name of its own per call: two threads that write one file must not share the half-written
  // one.
  static std::atomic<uint64_t> calls{0};
  std::string temporary = absl::StrCat(path, ".", getpid(), ".", calls.fetch_add(1), ".tmp");
  UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.valid()) return ErrnoStatus(errno, temporary);
  absl::Status status = WriteAll(fd.get(), content);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0)
    status = ErrnoStatus(errno, path);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  // The rename itself survives a power cut once the directory is on disk. Some file systems refuse
  // to sync directories; the new file is whole and in place either way.
  size_t slash = path.rfind('/');
  std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (UniqueFd fd_directory(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      fd_directory.valid()) {
    [[maybe_unused]] int ignored = fsync(fd_directory.get());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& directory,
                                                   absl::string_view suffix) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator it(directory, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name[0] != '.' && absl::EndsWith(name, suffix) && it->is_regular_file(ignored))
      names.push_back(name);
  }
  if (error) return ErrnoStatus(error.value(), directory);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace spillway
