// apps/spillway.cc -- the command line: `spillway status`, `explain`, `check`, `rehearse`, ...
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "apps/cli/run.h"

namespace {

bool Write(std::FILE* stream, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

// Redraws one line: back to its beginning, the new text, and the rest of the old one erased.
void ShowProgress(absl::string_view line) { Write(stderr, "\r" + std::string(line) + "\x1b[K"); }

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
  if (isatty(STDERR_FILENO) == 1) input.progress = ShowProgress;

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
