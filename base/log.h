// base/log.h -- one line to standard error for events an operator should see. Never on the hot
// path.
//
// Format: `2026-11-22T18:00:00.123Z W what happened`. Thread safe: one write(2) per line.
// Control characters of the message are escaped, so that nothing it quotes can forge a line.
#ifndef SPILLWAY_BASE_LOG_H_
#define SPILLWAY_BASE_LOG_H_

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace spillway {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Lines below `level` are dropped. Default kInfo.
void SetLogLevel(LogLevel level);
void Log(LogLevel level, absl::string_view message);

template <typename... Args>
void LogInfo(const absl::FormatSpec<Args...>& format, const Args&... args) {
  Log(LogLevel::kInfo, absl::StrFormat(format, args...));
}
template <typename... Args>
void LogWarning(const absl::FormatSpec<Args...>& format, const Args&... args) {
  Log(LogLevel::kWarning, absl::StrFormat(format, args...));
}
template <typename... Args>
void LogError(const absl::FormatSpec<Args...>& format, const Args&... args) {
  Log(LogLevel::kError, absl::StrFormat(format, args...));
}

}  // namespace spillway

#endif  // SPILLWAY_BASE_LOG_H_
