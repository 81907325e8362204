#include "steering/feed/sample.h"

#include <iterator>

#include "absl/strings/ascii.h"

namespace spillway {

absl::string_view RowErrorName(RowErrorCode code) {
  constexpr absl::string_view kNames[] = {
      "not_object",      "unknown_key", "duplicate_key",   "missing_key", "wrong_type",
      "bad_target",      "bad_time",    "bad_sequence",    "bad_ttl",     "bad_health",
      "bad_number",      "bad_unit",    "soft_above_hard", "empty",       "unknown_target",
      "old_sequence",    "old_time",    "from_future",     "expired",     "rate_limited",
      "too_many_sources"};
  static_assert(std::size(kNames) == kRowErrorCount);
  return kNames[static_cast<size_t>(code)];
}

absl::string_view BatchErrorName(BatchError error) {
  constexpr absl::string_view kNames[] = {
      "none",          "too_large",  "bad_json",      "too_deep",     "wrong_shape", "unknown_key",
      "duplicate_key", "bad_source", "too_many_rows", "rate_limited", "unreadable"};
  static_assert(std::size(kNames) == kBatchErrorCount);
  return kNames[static_cast<size_t>(error)];
}

bool IsSourceName(absl::string_view name) {
  if (name.empty() || name.size() > kSourceNameSizeMax) return false;
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_' && c != ':' && c != '-') return false;
  }
  return true;
}

}  // namespace spillway
