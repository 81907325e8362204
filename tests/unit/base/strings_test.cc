// tests/unit/base/strings_test.cc -- the border between Abseil's string_view and the standard's.
#include "base/strings.h"

#include <re2/re2.h>

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Strings, ViewsCrossTheBorderWithoutACopy) {
  const std::string text = std::string("a\0b", 3);
  absl::string_view here = text;
  std::string_view there = ToStd(here);
  EXPECT_EQ(there.data(), text.data());
  EXPECT_EQ(there.size(), 3u);
  EXPECT_EQ(FromStd(there).data(), text.data());
  EXPECT_EQ(FromStd(there), here);
  EXPECT_TRUE(ToStd(absl::string_view()).empty());
}

TEST(Strings, Re2TakesTheAdapter) {
  EXPECT_TRUE(RE2::FullMatch(ToStd(absl::string_view("live.example")), "live\\..*"));
}

TEST(Strings, MapsAreAskedWithAView) {
  StringMap<int> map = {{"fra1", 1}, {"ams2", 2}};
  absl::string_view key = absl::string_view("fra1 and more").substr(0, 4);
  EXPECT_EQ(map.find(key)->second, 1);
  EXPECT_FALSE(map.contains(absl::string_view("fra")));
}

}  // namespace
}  // namespace spillway
