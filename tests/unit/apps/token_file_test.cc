#include "apps/token_file.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/file.h"

namespace spillway {
namespace {

absl::StatusOr<std::string> Read(absl::string_view text) {
  const std::string path = ::testing::TempDir() + "/token_file_test";
  EXPECT_TRUE(WriteFileAtomically(path, text).ok());
  return ReadTokenFile(path);
}

TEST(TokenFile, IsTheFirstLineThatSaysSomething) {
  EXPECT_EQ(*Read("abcdefghijklmnop"), "abcdefghijklmnop");
  EXPECT_EQ(*Read("abcdefghijklmnop\r\n"), "abcdefghijklmnop");
  EXPECT_EQ(*Read("\n# of the night shift\n  abcdefghijklmnop\nolder\n"), "abcdefghijklmnop");
}

TEST(TokenFile, MayNameItsHolder) {
  EXPECT_EQ(*Read("anna:abcdefghijklmnop\n"), "abcdefghijklmnop");
  EXPECT_EQ(*Read("anna: abcdefghijklmnop\n"), "abcdefghijklmnop");
}

TEST(TokenFile, WithoutATokenIsAnErrorThatNamesTheFile) {
  for (absl::string_view text : {"", "\n\n", "# only words\n", "anna:\n"}) {
    absl::StatusOr<std::string> token = Read(text);
    ASSERT_FALSE(token.ok()) << text;
    EXPECT_TRUE(absl::StrContains(token.status().message(), "token_file_test: want a token"));
  }
  EXPECT_FALSE(ReadTokenFile("/nonexistent/token").ok());
}

}  // namespace
}  // namespace spillway
