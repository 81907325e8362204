#include "base/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

// CLOSE_WRITE alone would miss a writer that keeps the file open.
constexpr uint32_t kEvents = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                             IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
// How often a directory that is gone is looked for.
constexpr absl::Duration kAttachEvery = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<FileWatch>> FileWatch::Create(const std::string& directory) {
  auto watch = std::unique_ptr<FileWatch>(new FileWatch(directory));
  watch->inotify_.Reset(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  watch->wake_.Reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!watch->inotify_.valid() || !watch->wake_.valid() || !watch->Attach()) {
    int error = errno;
    std::string text = absl::StrCat(directory, ": watch: ", std::strerror(error));
    if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(text);
    if (error == EACCES) return absl::PermissionDeniedError(text);
    return absl::UnavailableError(text);
  }
  return watch;
}

bool FileWatch::Attach() {
  watch_ = inotify_add_watch(inotify_.get(), directory_.c_str(), kEvents | IN_ONLYDIR);
  return watch_ >= 0;
}

void FileWatch::Wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = write(wake_.get(), &one, sizeof(one));
}

FileWatch::Event FileWatch::Wait(absl::Duration timeout, std::vector<std::string>* names) {
  names->clear();
  if (watch_ < 0) {
    if (Attach()) {
      names->push_back("");
      return Event::kChanged;
    }
    timeout = std::min(timeout, kAttachEvery);
  }
  pollfd fds[] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  // Rounded up, so that a caller waiting for a moment does not spin before it.
  int64_t ms = absl::ToInt64Milliseconds(timeout + absl::Milliseconds(1) - absl::Nanoseconds(1));
  int ready = poll(fds, 2, static_cast<int>(std::clamp<int64_t>(ms, 0, 1 << 30)));
  if (ready <= 0) return Event::kTimeout;
  if (fds[1].revents != 0) {
    uint64_t ignored;
    [[maybe_unused]] ssize_t n = read(wake_.get(), &ignored, sizeof(ignored));
    return Event::kWoken;
  }
  ReadEvents(names);
  return names->empty() ? Event::kTimeout : Event::kChanged;
}

void FileWatch::ReadEvents(std::vector<std::string>* names) {
  alignas(inotify_event) char buffer[16 << 10];
  ssize_t size = read(inotify_.get(), buffer, sizeof(buffer));
  for (ssize_t at = 0; at < size;) {
    inotify_event event;
    std::memcpy(&event, buffer + at, sizeof(event));
    const char* name = buffer + at + sizeof(event);
    at += static_cast<ssize_t>(sizeof(event) + event.len);
    bool self = (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
    if (self && event.wd == watch_) {
      // After a move the old watch would follow the directory to its new place.
      if ((event.mask & IN_MOVE_SELF) != 0) inotify_rm_watch(inotify_.get(), watch_);
      watch_ = -1;
    }
    if (self || (event.mask & IN_Q_OVERFLOW) != 0) {
      names->push_back("");
    } else if (event.len > 0) {
      names->push_back(std::string(name, strnlen(name, event.len)));
    }
  }
}

}  // namespace spillway
