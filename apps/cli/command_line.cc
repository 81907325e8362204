#include "apps/cli/command_line.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/cli/format.h"
#include "base/ip.h"
#include "base/status.h"
#include "base/suggest.h"
#include "base/units.h"

namespace spillway::cli {
namespace {

absl::Status Usage(absl::string_view what, const CommandSpec* command) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, "\nsee: spillway help", command ? " " : "", command ? command->name : ""));
}

std::string DidYouMean(absl::string_view word) {
  return word.empty() ? "" : absl::StrCat("; did you mean ", word, "?");
}

// Flags `verbs` may use, in the order of the table.
std::vector<std::string> FlagNames(VerbSet verbs) {
  std::vector<std::string> names;
  for (const FlagSpec& spec : Flags()) {
    if (spec.verbs & verbs) names.emplace_back(spec.name);
  }
  return names;
}

// ADDR or ADDR/BITS; bits after BITS may be set, as in what people paste from logs.
bool IsClient(absl::string_view text) {
  size_t slash = text.find('/');
  std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return false;
  if (slash == absl::string_view::npos) return true;
  int bits = 0;
  absl::string_view digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3) return false;
  for (char c : digits) {
    if (c < '0' || c > '9') return false;
    bits = bits * 10 + (c - '0');
  }
  return bits <= address->bits_max();
}

}  // namespace

class CommandLineParser {
 public:
  CommandLineParser(const std::vector<std::string>& args, const Environment& environment)
      : args_(args), environment_(environment) {}

  absl::StatusOr<CommandLine> Parse() {
    RETURN_IF_ERROR(ReadWords());
    if (asked_version_ && command_ == nullptr) command_ = &SpecOf(Verb::kVersion);
    if (asked_help_ || command_ == nullptr) {
      if (!asked_help_) return Usage("want a command", nullptr);
      line_.operand_ = command_ == nullptr ? "" : std::string(command_->name);
      line_.verb_ = Verb::kHelp;
      return line_;
    }
    line_.verb_ = command_->verb;
    RETURN_IF_ERROR(CheckFlags());
    RETURN_IF_ERROR(CheckValues());
    return line_;
  }

 private:
  absl::Status ReadWords() {
    bool only_operands = false;
    for (next_ = 0; next_ < args_.size();) {
      const std::string& word = args_[next_++];
      if (only_operands || word.size() < 2 || word[0] != '-') {
        RETURN_IF_ERROR(ReadOperand(word));
      } else if (word == "--") {
        only_operands = true;
      } else if (word == "-h" || word == "--help") {
        asked_help_ = true;
      } else if (word == "--version") {
        asked_version_ = true;
      } else {
        RETURN_IF_ERROR(ReadFlag(word));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadOperand(const std::string& word) {
    if (command_ == nullptr) {
      command_ = FindCommand(word);
      if (command_ != nullptr) return absl::OkStatus();
      std::vector<std::string> names;
      for (const CommandSpec& spec : Commands()) names.emplace_back(spec.name);
      std::string meant = Suggest(word, names);
      return Usage(absl::StrCat("unknown command \"", Printable(word), "\"",
                                meant.empty() ? "; want one of " : "",
                                meant.empty() ? absl::StrJoin(names, ", ") : DidYouMean(meant)),
                   nullptr);
    }
    if (command_->operand_count == 0) {
      return Usage(
          absl::StrCat(command_->name, " takes no argument, got \"", Printable(word), "\""),
          command_);
    }
    const bool two = command_->operand_count == 2;
    if (two && !line_.operand_.empty() && line_.second_.empty()) {
      line_.second_ = word;
      return absl::OkStatus();
    }
    if (two && !line_.second_.empty()) {
      return Usage(absl::StrCat(command_->name, " takes ", command_->operand, ", got also \"",
                                Printable(word), "\""),
                   command_);
    }
    if (!line_.operand_.empty()) {
      return Usage(absl::StrCat(command_->name, " takes one ", command_->operand, ", got \"",
                                Printable(line_.operand_), "\" and \"", Printable(word), "\""),
                   command_);
    }
    line_.operand_ = word;
    return absl::OkStatus();
  }

  absl::Status ReadFlag(absl::string_view word) {
    size_t equals = word.find('=');
    absl::string_view name = word.substr(0, equals);
    absl::string_view bare = absl::StartsWith(name, "--") ? name.substr(2) : name.substr(1);
    const FlagSpec* spec = absl::StartsWith(name, "--") ? FindFlag(bare) : nullptr;
    if (spec == nullptr) {
      std::string meant = Suggest(bare, FlagNames(command_ ? Set(command_->verb) : kEveryVerb));
      return Usage(absl::StrCat("unknown flag ", Printable(name),
                                DidYouMean(meant.empty() ? "" : absl::StrCat("--", meant))),
                   command_);
    }
    std::optional<std::string>& value = line_.values_[static_cast<size_t>(spec->flag)];
    if (value.has_value())
      return Usage(absl::StrCat("--", spec->name, " is given twice"), command_);
    if (spec->value.empty()) {
      if (equals != absl::string_view::npos) {
        return Usage(absl::StrCat("--", spec->name, " takes no value"), command_);
      }
      value = "";
    } else if (equals != absl::string_view::npos) {
      value = std::string(word.substr(equals + 1));
    } else if (next_ < args_.size() && !absl::StartsWith(args_[next_], "--")) {
      value = args_[next_++];  // `--why --force` forgot the reason rather than gave a strange one
    }
    if (!spec->value.empty() && value.value_or("").empty()) {
      return Usage(
          absl::StrCat("--", spec->name, " wants a value: --", spec->name, " ", spec->value),
          command_);
    }
    return absl::OkStatus();
  }

  // Flags that do not belong, flags that are missing; then what stands in for absent ones.
  absl::Status CheckFlags() {
    for (const FlagSpec& spec : Flags()) {
      std::optional<std::string>& value = line_.values_[static_cast<size_t>(spec.flag)];
      if (!(spec.verbs & Set(line_.verb_))) {
        if (!value) continue;
        std::vector<absl::string_view> takers;
        for (const CommandSpec& other : Commands()) {
          if (spec.verbs & Set(other.verb)) takers.push_back(other.name);
        }
        return Usage(absl::StrCat(command_->name, " does not take --", spec.name,
                                  "; it belongs to ", absl::StrJoin(takers, ", ")),
                     command_);
      }
      if (!value && spec.env != nullptr) value = environment_(spec.env);
      if (!value && !spec.def.empty()) value = std::string(spec.def);
    }
    const bool two = command_->operand_count == 2;
    if (command_->operand_required && (two ? line_.second_ : line_.operand_).empty()) {
      return Usage(absl::StrCat(command_->name, " wants ", two ? "" : "a ", command_->operand),
                   command_);
    }
    std::vector<std::string> one_of;
    int given = 0;
    for (const FlagSpec& spec : Flags()) {
      if (!(spec.one_of & Set(line_.verb_))) continue;
      one_of.push_back(absl::StrCat("--", spec.name, " ", spec.value));
      given += line_.Has(spec.flag) ? 1 : 0;
    }
    if (!one_of.empty() && given != 1) {
      return Usage(absl::StrCat(command_->name, " wants ", given == 0 ? "" : "only one of ",
                                absl::StrJoin(one_of, " or ")),
                   command_);
    }
    for (const FlagSpec& spec : Flags()) {
      if (!(spec.required & Set(line_.verb_)) || line_.Has(spec.flag)) continue;
      return Usage(absl::StrCat(command_->name, " wants --", spec.name, " ", spec.value, ": ",
                                spec.doc, spec.env ? " ($" : "", spec.env ? spec.env : "",
                                spec.env ? " is not set)" : ""),
                   command_);
    }
    return absl::OkStatus();
  }

  // What can be told wrong without asking the server.
  absl::Status CheckValues() {
    if (line_.verb_ == Verb::kExplain) {
      if (const std::string& client = *line_.Get(Flag::kClient); !IsClient(client)) {
        return Usage(
            absl::StrCat("--client: want an address such as 198.51.100.7 or 2001:db8::/48, "
                         "got \"",
                         Printable(client), "\""),
            command_);
      }
    }
    for (const Flag flag : {Flag::kFor, Flag::kAt}) {
      if (!line_.Has(flag)) continue;
      std::optional<absl::Duration> duration = ParseDurationText(*line_.Get(flag));
      if (!duration || *duration < absl::ZeroDuration() ||
          (flag == Flag::kFor && *duration == absl::ZeroDuration())) {
        return Usage(
            absl::StrCat("--", SpecOf(flag).name, ": want a duration such as 30m or 2h, got \"",
                         Printable(*line_.Get(flag)), "\""),
            command_);
      }
    }
    if (uint64_t seed = 0;
        line_.Has(Flag::kSeed) && !absl::SimpleAtoi(*line_.Get(Flag::kSeed), &seed)) {
      return Usage(absl::StrCat("--seed: want a whole number, got \"",
                                Printable(*line_.Get(Flag::kSeed)), "\""),
                   command_);
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& args_;
  const Environment& environment_;
  size_t next_ = 0;
  const CommandSpec* command_ = nullptr;
  bool asked_help_ = false;
  bool asked_version_ = false;
  CommandLine line_;
};

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args,
                                             const Environment& environment) {
  return CommandLineParser(args, environment).Parse();
}

}  // namespace spillway::cli
