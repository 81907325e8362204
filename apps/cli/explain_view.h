// apps/cli/explain_view.h -- /v1/explain for a person: the decision, then what led to it.
#ifndef SPILLWAY_APPS_CLI_EXPLAIN_VIEW_H_
#define SPILLWAY_APPS_CLI_EXPLAIN_VIEW_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apps/cli/answer.h"
#include "apps/cli/format.h"

namespace spillway::cli {

// `asked`: the name or URL of the question. Fails with the first field that is not as promised.
absl::StatusOr<std::string> ExplainText(Answer& answer, absl::string_view asked,
                                        const Paint& paint);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_EXPLAIN_VIEW_H_
