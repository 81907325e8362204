// apps/spillway.cc -- the command line: `spillway status`, `explain`, `check`, ...
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "apps/cli/run.h"

namespace {

bool Write(std::FILE* stream, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  spillway::cli::RunInput input;
  input.args.assign(argv + (argc > 0 ? 1 : 0), argv + argc);
  input.environment = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
  input.terminal = isatty(STDOUT_FILENO) == 1;

  spillway::cli::RunOutput output;
  spillway::cli::ExitCode code = spillway::cli::Run(input, &output);
  bool written = Write(stdout, output.out);
  Write(stderr, output.err);
  if (!written) {
    std::perror("spillway: standard output");
    if (code == spillway::cli::ExitCode::kDone) code = spillway::cli::ExitCode::kOutput;
  }
  return static_cast<int>(code);
}
