// base/strings.h -- the one place where absl::string_view and std::string_view meet.
//
// Debian's Abseil is built with its own string_view, so neither converts to the other and RE2 takes
// only the std one. House rule: absl::string_view in signatures; these adapters at the borders.
#ifndef SPILLWAY_BASE_STRINGS_H_
#define SPILLWAY_BASE_STRINGS_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace spillway {

constexpr absl::string_view FromStd(std::string_view s) noexcept { return {s.data(), s.size()}; }
constexpr std::string_view ToStd(absl::string_view s) noexcept { return {s.data(), s.size()}; }

// Map from string to V; find() takes absl::string_view without a copy.
template <typename V>
using StringMap = absl::flat_hash_map<std::string, V>;

}  // namespace spillway

#endif  // SPILLWAY_BASE_STRINGS_H_
