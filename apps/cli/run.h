// apps/cli/run.h -- the whole of `spillway` but for main(): arguments in, two texts and a code out.
#ifndef SPILLWAY_APPS_CLI_RUN_H_
#define SPILLWAY_APPS_CLI_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "apps/cli/command_line.h"
#include "apps/cli/syntax.h"
#include "base/clock.h"

namespace spillway::cli {

struct RunInput {
  std::vector<std::string> args;  // without the program's name
  Environment environment;
  bool terminal = false;  // standard output is one
  absl::Duration timeout = absl::Seconds(5);
  // Shows a line in the place of the one before, on a terminal; "" takes it away. Null = none.
  std::function<void(absl::string_view line)> progress;
  const Clock* clock = &Clock::Real();  // for the time that work takes
};

struct RunOutput {
  std::string out;
  std::string err;
};

ExitCode Run(const RunInput& input, RunOutput* output);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_RUN_H_
