// apps/cli/help.h -- what people read, made from the tables of syntax.h; fits 80 columns.
#ifndef SPILLWAY_APPS_CLI_HELP_H_
#define SPILLWAY_APPS_CLI_HELP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spillway::cli {

// The overview when `topic` is empty, else a command or one of exit-codes, environment, verdicts.
// Unknown topics are an error with a suggestion.
absl::StatusOr<std::string> Help(absl::string_view topic);

// Every topic, as the generated part of docs/CLI.md.
std::string HelpMarkdown();

// `text` in lines of at most `width` columns, broken at blanks, each line but the first behind
// `indent` blanks. The first begins at column `indent` already.
std::string Wrap(absl::string_view text, size_t indent, size_t width = 80);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_HELP_H_
