#include "policies/regex.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"

namespace spillway::policies {

RE2::Options PatternOptions(int64_t memory_max) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory_max);
  return options;
}

std::optional<PatternFault> CheckPattern(absl::string_view pattern) {
  if (pattern.empty()) return PatternFault{{.what = "an empty pattern matches nothing useful"}};
  if (pattern.size() > kPatternSizeMax) {
    return PatternFault{{.what = "pattern too long",
                         .want = absl::StrCat("at most ", kPatternSizeMax, " bytes"),
                         .got = absl::StrCat(pattern.size())}};
  }
  RE2 re(ToStd(pattern), PatternOptions());
  if (re.ok()) return std::nullopt;
  if (re.error_code() == RE2::ErrorPatternTooLarge) {
    return PatternFault{
        {.what = "pattern needs too much memory; repeat counts multiply when nested",
         .want = absl::StrCat("at most ", kPatternMemoryMax >> 20, " MiB compiled"),
         .got = Quoted(pattern)}};
  }
  PatternFault fault{{.what = absl::StrCat("pattern: ", re.error())}};
  std::string_view arg = re.error_arg();
  if (size_t at = ToStd(pattern).find(arg); !arg.empty() && at != std::string_view::npos)
    fault.offset = at;
  for (absl::string_view look : {"(?=", "(?!", "(?<"}) {
    if (absl::StrContains(pattern, look) && re.error_code() == RE2::ErrorBadPerlOp) {
      fault.complaint.what +=
          "; RE2 has no look-around (it matches in linear time), only (?:...) and (?P<name>...)";
      break;
    }
  }
  return fault;
}

bool MatchesPattern(absl::string_view pattern, absl::string_view text) {
  RE2 re(ToStd(pattern), PatternOptions());
  return re.ok() && RE2::FullMatch(ToStd(text), re);
}

std::string WildcardPattern(absl::string_view wildcard) {
  return absl::StrCat("(?:[^.]+\\.)+", RE2::QuoteMeta(ToStd(wildcard.substr(2))));
}

}  // namespace spillway::policies
