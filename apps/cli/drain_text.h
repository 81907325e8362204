// apps/cli/drain_text.h -- who took a target out, why and until when, in one line.
#ifndef SPILLWAY_APPS_CLI_DRAIN_TEXT_H_
#define SPILLWAY_APPS_CLI_DRAIN_TEXT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "apps/cli/answer.h"

namespace spillway::cli {

// `anna: fibre cut (until 2026-11-22T19:05:00Z, 21m left)`; "" when `drain` is null. `now` is the
// server's clock.
std::string DrainText(const Field& drain, std::optional<absl::Time> now);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_DRAIN_TEXT_H_
