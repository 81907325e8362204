// apps/cli/change_view.h -- what a drain, undrain or reload did, and how to undo it.
#ifndef SPILLWAY_APPS_CLI_CHANGE_VIEW_H_
#define SPILLWAY_APPS_CLI_CHANGE_VIEW_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apps/cli/answer.h"
#include "apps/cli/format.h"

namespace spillway::cli {

// Each fails with the first field that is not as the admin API promises.
absl::StatusOr<std::string> DrainedText(Answer& answer, absl::string_view who,
                                        absl::string_view why, const Paint& paint);
std::string UndrainedText(absl::string_view target, absl::string_view who, const Paint& paint);
absl::StatusOr<std::string> ReloadedText(Answer& answer, const Paint& paint);

// `word` as one word of a shell: as it is, or in single quotes.
std::string ShellWord(absl::string_view word);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_CHANGE_VIEW_H_
