// apps/cli/command_line.h -- the words of a command line, checked against the tables of syntax.h.
//
//   spillway [FLAGS] COMMAND [OPERAND] [FLAGS]        --flag value   --flag=value   -- ends flags
//
// A flag given twice is an error, as is one the command does not take. `--help` and `-h` anywhere
// ask for help about the command, `--version` is `version`.
#ifndef SPILLWAY_APPS_CLI_COMMAND_LINE_H_
#define SPILLWAY_APPS_CLI_COMMAND_LINE_H_

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/cli/syntax.h"

namespace spillway::cli {

// Value of an environment variable; empty ones count as absent.
using Environment = std::function<std::optional<std::string>(const char* name)>;

class CommandLine {
 public:
  Verb verb() const { return verb_; }
  const std::string& operand() const { return operand_; }  // "" when absent
  const std::string& second() const { return second_; }    // of those that take two
  // From the command line, else the environment, else the table's default.
  const std::optional<std::string>& Get(Flag flag) const {
    return values_[static_cast<size_t>(flag)];
  }
  bool Has(Flag flag) const { return Get(flag).has_value(); }

 private:
  friend class CommandLineParser;
  Verb verb_ = Verb::kHelp;
  std::string operand_, second_;
  std::array<std::optional<std::string>, kFlagCount> values_;
};

// `args` without the program's name. Errors say what is wrong, what would be right, and which help
// to read.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args,
                                             const Environment& environment);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_COMMAND_LINE_H_
