// policies/regex.h -- patterns of policies: RE2, whole match, bounded memory.
//
// Whoever matches them later (DNS, HTTP) uses the same options, so that what the check accepted
// compiles there too. references: RE2 syntax, https://github.com/google/re2/wiki/Syntax
#ifndef SPILLWAY_POLICIES_REGEX_H_
#define SPILLWAY_POLICIES_REGEX_H_

#include <re2/re2.h>
#include <re2/set.h>

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "policies/diagnostic.h"

namespace spillway::policies {

inline constexpr size_t kPatternSizeMax = 1000;            // longer ones nobody can review
inline constexpr int64_t kPatternMemoryMax = 1 << 20;      // of one compiled pattern, bytes
inline constexpr int64_t kPatternSetMemoryMax = 64 << 20;  // 1,000 host patterns took 4 MB

RE2::Options PatternOptions(int64_t memory_max = kPatternMemoryMax);

struct PatternFault {
  Complaint complaint;
  size_t offset = 0;  // into the pattern, where the fault is; 0 when unknown
};
// Nothing when `pattern` compiles within its memory.
std::optional<PatternFault> CheckPattern(absl::string_view pattern);

// True when `text` as a whole matches; false also when the pattern does not compile.
bool MatchesPattern(absl::string_view pattern, absl::string_view text);

// "*.example.com" -> the pattern of one or more labels in front of example.com.
std::string WildcardPattern(absl::string_view wildcard);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_REGEX_H_
