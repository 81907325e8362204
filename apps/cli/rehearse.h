// apps/cli/rehearse.h -- `spillway rehearse`: scenario in, evenings played, report out.
//
//   SCENARIO x (--policy, --against) x --steering ──PlayEvening each──► text or --json, and --html
//
// One evening gets a report, several a table; the exit code is the first one's.
#ifndef SPILLWAY_APPS_CLI_REHEARSE_H_
#define SPILLWAY_APPS_CLI_REHEARSE_H_

#include "apps/cli/command_line.h"
#include "apps/cli/format.h"
#include "apps/cli/run.h"

namespace spillway::cli {

ExitCode RehearseCommand(const RunInput& input, const CommandLine& line, const Paint& paint,
                         RunOutput* output);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_REHEARSE_H_
