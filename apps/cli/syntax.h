// apps/cli/syntax.h -- every command, flag and exit code of `spillway`, once, as tables.
//
//   tables ──► ParseCommandLine (command_line.h)     what is accepted
//          ├─► help (help.h)                         what people read
//          └─► "did you mean"
//
// why: help, parser and suggestions cannot disagree when they read the same rows.
#ifndef SPILLWAY_APPS_CLI_SYNTAX_H_
#define SPILLWAY_APPS_CLI_SYNTAX_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway::cli {

enum class Verb : uint8_t {
  kCheck,
  kExplain,
  kStatus,
  kDrain,
  kUndrain,
  kReload,
  kRehearse,
  kDiff,
  kVersion,
  kHelp
};

// Sets of verbs, for the rows of flags.
using VerbSet = uint32_t;
constexpr VerbSet Set(Verb verb) { return VerbSet{1} << static_cast<int>(verb); }
inline constexpr VerbSet kEveryVerb = ~VerbSet{0};

struct CommandSpec {
  Verb verb;
  absl::string_view name;
  absl::string_view operand;  // "TARGET"; empty = takes none
  int operand_count;          // at most two
  bool operand_required;      // every one
  absl::string_view summary;  // one line of the overview
  absl::string_view detail;   // paragraphs separated by empty lines
  absl::Span<const absl::string_view> examples;
};

enum class Flag : uint8_t {
  kZones,
  kGeo,
  kClient,
  kName,
  kUrl,
  kWhy,
  kWho,
  kFor,
  kForce,
  kRecording,
  kPolicy,
  kAgainst,
  kSteering,
  kSeed,
  kHtml,
  kScenario,
  kAt,
  kAdmin,
  kTokenFile,
  kJson,
};
inline constexpr size_t kFlagCount = 20;

struct FlagSpec {
  Flag flag;
  absl::string_view name;   // without dashes
  absl::string_view value;  // what stands for its value in help; empty = takes none
  VerbSet verbs;            // commands that take it
  VerbSet required;         // commands that cannot do without
  VerbSet one_of;           // commands that want exactly one of the flags marked so
  const char* env;          // environment variable that stands in for it, or null
  absl::string_view def;    // when neither is given; empty = absent
  absl::string_view doc;
};

enum class ExitCode : int {
  kDone = 0,
  kPolicyErrors = 1,
  kUsage = 2,
  kNotReached = 3,
  kRefused = 4,
  kOutput = 5,
  kNotHeld = 6,
  kDiffers = 7,
};
struct ExitCodeSpec {
  ExitCode code;
  absl::string_view doc;
};

absl::Span<const CommandSpec> Commands();
absl::Span<const FlagSpec> Flags();  // [i].flag is i
absl::Span<const ExitCodeSpec> ExitCodes();

const CommandSpec& SpecOf(Verb verb);
const FlagSpec& SpecOf(Flag flag);
const CommandSpec* FindCommand(absl::string_view name);  // or null
// `-` and `_` are the same in names of flags. Or null.
const FlagSpec* FindFlag(absl::string_view name);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_SYNTAX_H_
