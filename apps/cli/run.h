// apps/cli/run.h -- the whole of `spillway` but for main(): arguments in, two texts and a code out.
#ifndef SPILLWAY_APPS_CLI_RUN_H_
#define SPILLWAY_APPS_CLI_RUN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "apps/cli/command_line.h"
#include "apps/cli/syntax.h"

namespace spillway::cli {

struct RunInput {
  std::vector<std::string> args;  // without the program's name
  Environment environment;
  bool terminal = false;  // standard output is one
  absl::Duration timeout = absl::Seconds(5);
};

struct RunOutput {
  std::string out;
  std::string err;
};

ExitCode Run(const RunInput& input, RunOutput* output);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_RUN_H_
