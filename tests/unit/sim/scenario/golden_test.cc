// tests/unit/sim/scenario/golden_test.cc -- tests/golden/scenarios/NN-name: broken scenarios and the
// exact messages a person gets. SPILLWAY_UPDATE_GOLDEN=1 rewrites `expected`; read the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "sim/scenario/stage.h"

namespace spillway::sim {
namespace {

std::vector<std::string> Folders() {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SPILLWAY_SOURCE_DIR) +
                                                               "/tests/golden/scenarios"))
    folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class ScenarioGolden : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioGolden, SaysExactlyWhatIsExpected) {
  const std::string& folder = GetParam();
  EXPECT_NE(Read(folder + "/description"), "");
  const auto stage = LoadStage(folder + "/scenario.yaml");
  ASSERT_FALSE(stage.ok());
  const std::string got = absl::StrReplaceAll(stage.status().message(), {{folder + "/", ""}});
  if (std::getenv("SPILLWAY_UPDATE_GOLDEN") != nullptr)
    std::ofstream(folder + "/expected", std::ios::binary) << got;
  EXPECT_EQ(got, Read(folder + "/expected"));
}

INSTANTIATE_TEST_SUITE_P(Folder, ScenarioGolden, testing::ValuesIn(Folders()),
                         [](const auto& test) {
                           std::string name = std::filesystem::path(test.param).filename().string();
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); },
                               '_');
                           return name;
                         });

}  // namespace
}  // namespace spillway::sim
