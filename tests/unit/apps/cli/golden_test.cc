// Walks tests/golden/cli: runs each folder's `command`, against a server that gives its `answer`
// when there is one, and compares what came out with `expected`, which SPILLWAY_UPDATE_GOLDEN=1
// rewrites.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "apps/cli/run.h"
#include "base/clock.h"
#include "base/file.h"
#include "fake_admin.h"

namespace spillway::cli {
namespace {

// Blanks part words, single quotes keep them together; no other shell syntax.
std::vector<std::string> ShellWords(absl::string_view line) {
  std::vector<std::string> words;
  bool quoted = false, open = false;
  for (char c : absl::StripAsciiWhitespace(line)) {
    if (c == ' ' && !quoted) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (c == '\'') {
      quoted = !quoted;
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string Must(const absl::StatusOr<std::string>& text) {
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

std::string Outcome(const std::string& folder) {
  std::vector<std::string> words = ShellWords(Must(ReadFile(folder + "/command")));
  if (words.empty() || words[0] != "spillway") {
    ADD_FAILURE() << folder << "/command: want spillway ...";
    return "";
  }
  std::optional<FakeAdmin> server;
  if (absl::StatusOr<std::string> answer = ReadFile(folder + "/answer"); answer.ok()) {
    int code = 0;
    size_t end = answer->find('\n');
    EXPECT_TRUE(absl::SimpleAtoi(answer->substr(0, end), &code)) << folder;
    server.emplace(code, answer->substr(end + 1));
  }
  const ManualClock clock;  // what is played takes no time
  RunInput input{.args = {words.begin() + 1, words.end()}, .clock = &clock};
  for (std::string& arg : input.args) arg = absl::StrReplaceAll(arg, {{"{here}", folder}});
  input.environment = [&](const char* name) -> std::optional<std::string> {
    if (std::string(name) == "SPILLWAY_ADMIN" && server) return server->url();
    if (std::string(name) == "USER") return "anna";
    return std::nullopt;
  };
  RunOutput output;
  ExitCode code = Run(input, &output);
  std::string outcome = absl::StrCat("exit ", static_cast<int>(code), "\n");
  if (!output.out.empty()) absl::StrAppend(&outcome, "--- stdout\n", output.out);
  if (!output.err.empty()) absl::StrAppend(&outcome, "--- stderr\n", output.err);
  return absl::StrReplaceAll(
      outcome, {{folder, "{here}"}, {server ? server->url() : "{server}", "{server}"}});
}

TEST(CliGolden, EveryFolderPrintsWhatItExpects) {
  const std::string root = SPILLWAY_SOURCE_DIR "/tests/golden/cli";
  const bool update = std::getenv("SPILLWAY_UPDATE_GOLDEN") != nullptr;
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.is_directory()) folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  ASSERT_GE(folders.size(), 10u);
  for (const std::string& folder : folders) {
    EXPECT_TRUE(std::filesystem::exists(folder + "/description")) << folder;
    std::string outcome = Outcome(folder);
    if (update) {
      ASSERT_TRUE(WriteFileAtomically(folder + "/expected", outcome).ok());
    } else {
      EXPECT_EQ(outcome, Must(ReadFile(folder + "/expected"))) << folder;
    }
  }
}

}  // namespace
}  // namespace spillway::cli
