// apps/cli/diff.h -- `spillway diff A B`: what a change of policy would move.
#ifndef SPILLWAY_APPS_CLI_DIFF_H_
#define SPILLWAY_APPS_CLI_DIFF_H_

#include "apps/cli/command_line.h"
#include "apps/cli/format.h"
#include "apps/cli/run.h"

namespace spillway::cli {

ExitCode DiffCommand(const CommandLine& line, const Paint& paint, RunOutput* output);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_DIFF_H_
