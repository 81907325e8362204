// apps/cli/verdict.h -- the words by which explain judges a candidate, in plain language.
#ifndef SPILLWAY_APPS_CLI_VERDICT_H_
#define SPILLWAY_APPS_CLI_VERDICT_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "apps/cli/format.h"

namespace spillway::cli {

struct VerdictSpec {
  absl::string_view name;
  Tone tone;
  absl::string_view doc;
};

absl::Span<const VerdictSpec> Verdicts();
absl::Span<const VerdictSpec> HeldWords();               // of the column HELD BY
const VerdictSpec* FindVerdict(absl::string_view name);  // or null

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_VERDICT_H_
