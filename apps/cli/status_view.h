// apps/cli/status_view.h -- /v1/status for a person on call: what needs eyes comes first.
#ifndef SPILLWAY_APPS_CLI_STATUS_VIEW_H_
#define SPILLWAY_APPS_CLI_STATUS_VIEW_H_

#include <string>

#include "absl/status/statusor.h"
#include "apps/cli/answer.h"
#include "apps/cli/format.h"

namespace spillway::cli {

// Fails with the first field that is not as the admin API promises.
absl::StatusOr<std::string> StatusText(Answer& answer, const Paint& paint);

// One line per diagnostic of a reload: text as it is, or {file, line, column, severity, message}.
std::string DiagnosticLine(const Field& diagnostic);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_STATUS_VIEW_H_
