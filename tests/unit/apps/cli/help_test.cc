#include "apps/cli/help.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "apps/cli/format.h"
#include "apps/cli/syntax.h"
#include "base/file.h"

namespace spillway::cli {
namespace {

std::vector<std::string> Topics() {
  std::vector<std::string> topics = {"", "exit-codes", "environment", "verdicts"};
  for (const CommandSpec& command : Commands()) topics.emplace_back(command.name);
  return topics;
}

TEST(Help, EveryTopicFitsEightyColumns) {
  for (const std::string& topic : Topics()) {
    absl::StatusOr<std::string> help = Help(topic);
    ASSERT_TRUE(help.ok()) << topic;
    for (absl::string_view line : absl::StrSplit(*help, '\n')) {
      EXPECT_LE(Width(line), 80u) << topic << ": " << line;
      EXPECT_FALSE(absl::EndsWith(line, " ")) << topic << ": " << line;
    }
  }
}

TEST(Help, EveryCommandNamesItsFlagsAndShowsAnExample) {
  for (const CommandSpec& command : Commands()) {
    std::string help = *Help(command.name);
    for (const FlagSpec& flag : Flags()) {
      bool taken = (flag.verbs & Set(command.verb)) != 0;
      bool shown = absl::StrContains(help, absl::StrCat("\n  --", flag.name));
      EXPECT_EQ(shown, taken) << command.name << " --" << flag.name;
    }
    EXPECT_TRUE(absl::StrContains(help, absl::StrCat("  spillway ", command.name))) << command.name;
  }
}

TEST(Help, OverviewListsEveryCommand) {
  std::string help = *Help("");
  for (const CommandSpec& command : Commands()) {
    EXPECT_TRUE(absl::StrContains(help, absl::StrCat("\n  ", command.name))) << command.name;
  }
}

TEST(Help, UnknownTopicsGetASuggestion) {
  EXPECT_EQ(Help("exit-code").status().message(),
            "no help about \"exit-code\"; did you mean exit-codes?\nsee: spillway help");
}

// SPILLWAY_UPDATE_GOLDEN=1 rewrites what stands below the marker.
TEST(Help, TheReferenceInDocsIsCurrent) {
  const std::string path = SPILLWAY_SOURCE_DIR "/docs/CLI.md";
  constexpr absl::string_view kMarker =
      "<!-- generated from apps/cli/syntax.cc: do not edit below -->\n";
  absl::StatusOr<std::string> text = ReadFile(path);
  ASSERT_TRUE(text.ok()) << text.status();
  size_t at = text->find(std::string(kMarker));
  ASSERT_NE(at, std::string::npos);
  std::string written = text->substr(0, at + kMarker.size());
  if (std::getenv("SPILLWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, absl::StrCat(written, HelpMarkdown())).ok());
  } else {
    EXPECT_EQ(text->substr(at + kMarker.size()), HelpMarkdown());
  }
}

TEST(Syntax, TablesAreInTheOrderTheirLookupsAssume) {
  for (size_t i = 0; i < kFlagCount; ++i) {
    EXPECT_EQ(static_cast<size_t>(Flags()[i].flag), i);
    EXPECT_EQ(FindFlag(Flags()[i].name), &Flags()[i]);
  }
  for (const CommandSpec& command : Commands()) EXPECT_EQ(&SpecOf(command.verb), &command);
}

TEST(Wrap, BreaksAtBlanksAndIndents) {
  EXPECT_EQ(Wrap("one two three", 2, 10), "one two\n  three");
  EXPECT_EQ(Wrap("unbreakablelongword x", 0, 5), "unbreakablelongword\nx");
}

}  // namespace
}  // namespace spillway::cli
