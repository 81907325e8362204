#include "apps/cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "apps/cli/format.h"
#include "apps/cli/syntax.h"
#include "apps/cli/verdict.h"
#include "base/suggest.h"

namespace spillway::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

// A blank no line is broken at; Unglue turns it back.
constexpr absl::string_view kGlue = "\x1f";
std::string Unglue(absl::string_view text) { return absl::StrReplaceAll(text, {{kGlue, " "}}); }

// Two columns, the second wrapped.
std::string List(const Rows& rows) {
  size_t first = 0;
  for (const auto& [word, text] : rows) first = std::max(first, Width(word));
  std::string out;
  for (const auto& [word, text] : rows) {
    absl::StrAppend(&out, "  ", PadRight(word, first), "  ", Wrap(text, first + 4), "\n");
  }
  return out;
}

std::string FlagWord(const FlagSpec& spec) {
  return absl::StrCat("--", spec.name, spec.value.empty() ? "" : " ", spec.value);
}

// Flags `wanted` chooses, with environment and default.
template <typename Wanted>
std::string FlagList(Wanted wanted) {
  Rows rows;
  for (const FlagSpec& spec : Flags()) {
    if (!wanted(spec)) continue;
    std::string doc(spec.doc);
    if (spec.env != nullptr) absl::StrAppend(&doc, "; else $", spec.env);
    if (spec.flag == Flag::kTokenFile) doc += "; else the token itself in $SPILLWAY_TOKEN";
    if (!spec.def.empty()) absl::StrAppend(&doc, "; else ", spec.def);
    rows.emplace_back(FlagWord(spec), doc);
  }
  return rows.empty() ? "" : List(rows);
}

std::string Synopsis(const CommandSpec& command) {
  std::string out = absl::StrCat("spillway ", command.name);
  if (!command.operand.empty()) {
    absl::StrAppend(&out, command.operand_required ? " " : " [", command.operand,
                    command.operand_required ? "" : "]");
  }
  for (const FlagSpec& spec : Flags()) {
    if (spec.verbs == kEveryVerb || !(spec.verbs & Set(command.verb))) continue;
    if (spec.one_of & Set(command.verb)) continue;
    bool required = (spec.required & Set(command.verb)) && spec.env == nullptr;
    std::string word = absl::StrReplaceAll(FlagWord(spec), {{" ", kGlue}});
    absl::StrAppend(&out, required ? " " : " [", word, required ? "" : "]");
  }
  std::vector<std::string> one_of;
  for (const FlagSpec& spec : Flags()) {
    if (spec.one_of & Set(command.verb)) one_of.push_back(FlagWord(spec));
  }
  if (!one_of.empty()) {
    absl::StrAppend(
        &out, " ",
        absl::StrReplaceAll(absl::StrCat("(", absl::StrJoin(one_of, " | "), ")"), {{" ", kGlue}}));
  }
  return out;
}

std::string Examples(absl::Span<const absl::string_view> examples) {
  std::string out = "\nexamples:\n";
  for (absl::string_view example : examples) absl::StrAppend(&out, "  ", example, "\n");
  return out;
}

std::string CommandHelp(const CommandSpec& command) {
  std::string out =
      absl::StrCat("usage: ", Unglue(Wrap(Synopsis(command), 7)), "\n\n", command.summary, "\n");
  for (absl::string_view paragraph : absl::StrSplit(command.detail, "\n\n", absl::SkipEmpty())) {
    absl::StrAppend(&out, "\n", Wrap(paragraph, 0), "\n");
  }
  std::string own = FlagList([&](const FlagSpec& spec) {
    return spec.verbs != kEveryVerb && (spec.verbs & Set(command.verb));
  });
  if (!own.empty()) absl::StrAppend(&out, "\nflags:\n", own);
  absl::StrAppend(&out, "\ncommon flags:\n",
                  FlagList([](const FlagSpec& spec) { return spec.verbs == kEveryVerb; }));
  return out + Examples(command.examples);
}

std::string Overview() {
  std::string out =
      "spillway -- ask and steer a running spillwayd, check and rehearse policies\n\n"
      "usage: spillway COMMAND [ARGUMENT] [FLAGS]\n\ncommands:\n";
  Rows rows;
  for (const CommandSpec& command : Commands()) {
    rows.emplace_back(absl::StrCat(command.name, command.operand.empty() ? "" : " ",
                                   command.operand_required || command.operand.empty()
                                       ? std::string(command.operand)
                                       : absl::StrCat("[", command.operand, "]")),
                      command.summary);
  }
  absl::StrAppend(&out, List(rows), "\ncommon flags:\n",
                  FlagList([](const FlagSpec& spec) { return spec.verbs == kEveryVerb; }));
  out +=
      "\nexamples:\n"
      "  spillway status\n"
      "  spillway explain --client 198.51.100.7 --name live.example.com\n"
      "  spillway drain fra1 --why 'fibre cut' --for 30m\n"
      "  spillway check /etc/spillway\n"
      "  spillway rehearse evening.yaml --policy /etc/spillway --html report.html\n"
      "\n`spillway help COMMAND` tells all about one command.\n"
      "Further topics: exit-codes, environment, verdicts.\n";
  return out;
}

std::string ExitCodeHelp() {
  Rows rows;
  for (const ExitCodeSpec& spec : ExitCodes()) {
    rows.emplace_back(absl::StrCat(static_cast<int>(spec.code)), spec.doc);
  }
  return absl::StrCat("exit codes of every command:\n", List(rows));
}

std::string EnvironmentHelp() {
  Rows rows;
  for (const FlagSpec& spec : Flags()) {
    if (spec.env == nullptr) continue;
    rows.emplace_back(spec.env, absl::StrCat("stands in for --", spec.name));
  }
  rows.emplace_back("SPILLWAY_TOKEN", "the admin token itself, when no token file is named");
  rows.emplace_back("NO_COLOR", "set to anything: no colour, on a terminal neither");
  return absl::StrCat("environment variables (empty counts as unset; flags win):\n", List(rows));
}

std::string VerdictHelp() {
  Rows rows;
  for (const VerdictSpec& spec : Verdicts()) rows.emplace_back(spec.name, spec.doc);
  Rows held;
  for (const VerdictSpec& spec : HeldWords()) held.emplace_back(spec.name, spec.doc);
  return absl::StrCat("what `spillway explain` says of a candidate:\n", List(rows),
                      "\nwhat its share is held by, beside a limit's name:\n", List(held));
}

constexpr absl::string_view kTopics[] = {"exit-codes", "environment", "verdicts"};

}  // namespace

std::string HelpMarkdown() {
  std::string out;
  auto append = [&out](absl::string_view topic) {
    absl::StrAppend(&out, "\n## `spillway help ", topic, "`\n\n```text\n", *Help(topic), "```\n");
  };
  for (const CommandSpec& command : Commands()) append(command.name);
  for (absl::string_view topic : kTopics) append(topic);
  return out;
}

std::string Wrap(absl::string_view text, size_t indent, size_t width) {
  std::string out;
  size_t column = indent;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    size_t size = Width(word);
    if (column > indent && column + 1 + size > width) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    absl::StrAppend(&out, word);
    column += size;
  }
  return out;
}

absl::StatusOr<std::string> Help(absl::string_view topic) {
  if (topic.empty()) return Overview();
  if (topic == "exit-codes") return ExitCodeHelp();
  if (topic == "environment") return EnvironmentHelp();
  if (topic == "verdicts") return VerdictHelp();
  if (const CommandSpec* command = FindCommand(topic)) return CommandHelp(*command);
  std::vector<std::string> topics(std::begin(kTopics), std::end(kTopics));
  for (const CommandSpec& command : Commands()) topics.emplace_back(command.name);
  std::string meant = Suggest(topic, topics);
  return absl::NotFoundError(absl::StrCat("no help about \"", Printable(topic), "\"",
                                          meant.empty() ? "" : "; did you mean ", meant,
                                          meant.empty() ? "" : "?", "\nsee: spillway help"));
}

}  // namespace spillway::cli
