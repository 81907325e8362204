#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace spillway {
namespace {
std::atomic<LogLevel> threshold{LogLevel::kInfo};

// Messages quote what strangers sent; a line break or an escape sequence among it must stay text.
void AppendPrintable(absl::string_view message, std::string* line) {
  for (char c : message) {
    if (c == '\n') {
      line->append("\\n");
    } else if (c == '\r') {
      line->append("\\r");
    } else if (c == '\t') {
      line->append("\\t");
    } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(line, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      line->push_back(c);
    }
  }
}

}  // namespace

void SetLogLevel(LogLevel level) { threshold.store(level, std::memory_order_relaxed); }

void Log(LogLevel level, absl::string_view message) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  constexpr char kLetters[] = {'D', 'I', 'W', 'E'};
  std::string line = absl::StrCat(
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", Clock::Real().Now(), absl::UTCTimeZone()), " ",
      absl::string_view(&kLetters[static_cast<int>(level)], 1), " ");
  AppendPrintable(message, &line);
  line.push_back('\n');
  // A log line that cannot be written has nowhere to be reported.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace spillway
