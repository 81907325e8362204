#include "apps/token_file.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "base/status.h"

namespace spillway {

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  constexpr size_t kTokenFileSizeMax = 64 << 10;
  ASSIGN_OR_RETURN(std::string text, ReadFile(path, kTokenFileSizeMax));
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    size_t colon = line.find(':');
    if (colon != absl::string_view::npos) line = line.substr(colon + 1);
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) break;
    return std::string(line);
  }
  return absl::InvalidArgumentError(absl::StrCat(path, ": want a token, got nothing"));
}

}  // namespace spillway
