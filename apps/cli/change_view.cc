#include "apps/cli/change_view.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "apps/cli/status_view.h"

namespace spillway::cli {

std::string ShellWord(absl::string_view word) {
  bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-_./,:=+@%", c);
  });
  if (plain) return std::string(word);
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<std::string> DrainedText(Answer& answer, absl::string_view who,
                                        absl::string_view why, const Paint& paint) {
  Field drained = answer.root();
  std::string target = drained["target"].Text();
  std::optional<absl::Time> until = drained["until"].MaybeTime();
  if (!answer.status().ok()) return answer.status();
  return absl::StrCat(
      paint(Tone::kBold, absl::StrCat("drained ", target)), " by ", Printable(who), ": ",
      Printable(why), "\n",
      until ? absl::StrCat("ends by itself at ", When(*until)) : "lasts until undone",
      "; new clients go elsewhere from now on, cached answers run out with their TTL\n",
      "undo: spillway undrain ", ShellWord(target), "\n");
}

std::string UndrainedText(absl::string_view target, absl::string_view who, const Paint& paint) {
  return absl::StrCat(paint(Tone::kBold, absl::StrCat("undrained ", Printable(target))), " by ",
                      Printable(who), "\nit takes new clients again if its health and load allow\n",
                      "undo: spillway drain ", ShellWord(Printable(target)), " --why REASON\n");
}

absl::StatusOr<std::string> ReloadedText(Answer& answer, const Paint& paint) {
  Field reloaded = answer.root();
  std::string out = absl::StrCat(
      paint(Tone::kBold, absl::StrCat("reloaded: version ", reloaded["version"].Text(), " serves")),
      "\n");
  for (const Field& warning : reloaded["warnings"].MaybeItems()) {
    absl::StrAppend(&out, DiagnosticLine(warning), "\n");
  }
  if (!answer.status().ok()) return answer.status();
  return out;
}

}  // namespace spillway::cli
