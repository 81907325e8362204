#include "base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace spillway {
namespace {
std::atomic<uint64_t> bug_count{0};
}

void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
  std::abort();
}

void ReportBug(const char* file, int line, const char* what) {
  // One line per thousand: a bug in a loop must not become a flood of log.
  if (bug_count.fetch_add(1, std::memory_order_relaxed) % 1000 == 0) {
    Log(LogLevel::kError, absl::StrFormat("bug at %s:%d: %s", file, line, what));
  }
#ifndef NDEBUG
  std::abort();
#endif
}

uint64_t BugCount() { return bug_count.load(std::memory_order_relaxed); }

}  // namespace spillway
