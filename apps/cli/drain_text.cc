#include "apps/cli/drain_text.h"

#include "absl/strings/str_cat.h"
#include "apps/cli/format.h"

namespace spillway::cli {

std::string DrainText(const Field& drain, std::optional<absl::Time> now) {
  if (drain.empty()) return "";
  std::optional<absl::Time> since = drain["since"].MaybeTime(), until = drain["until"].MaybeTime();
  std::string out = absl::StrCat(drain["who"].TextOr("?"), ": ", drain["why"].TextOr("?"));
  if (until) {
    absl::StrAppend(&out, " (until ", When(*until));
    if (now) absl::StrAppend(&out, ", ", Age(absl::ToDoubleSeconds(*until - *now)), " left");
    out += ")";
  } else if (since && now) {
    absl::StrAppend(&out, " (since ", Age(absl::ToDoubleSeconds(*now - *since)), ", until undone)");
  } else {
    out += " (until undone)";
  }
  return out;
}

}  // namespace spillway::cli
