#include "http/server/query.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "http/server/authority.h"

namespace spillway::http {
namespace {

TEST(Query, GivesPairsInOrderAndSkipsEmptyOnes) {
  absl::string_view query = "&a=1&&b&=c&d=e=f&";
  std::vector<std::string> pairs;
  while (std::optional<QueryParam> param = NextQueryParam(&query)) {
    pairs.push_back(std::string(param->name) + "|" + std::string(param->value));
  }
  EXPECT_EQ(pairs, (std::vector<std::string>{"a|1", "b|", "|c", "d|e=f"}));
}

TEST(Query, FindsTheFirstOfAName) {
  EXPECT_EQ(FindQueryParam("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(FindQueryParam("a=1&b", "b"), "");
  EXPECT_EQ(FindQueryParam("a=1", "A"), std::nullopt);
}

TEST(Query, DecodesPercentAndPlus) {
  EXPECT_EQ(PercentDecode("a+b%2Fc%2fd"), "a b/c/d");
  EXPECT_EQ(PercentDecode("%"), std::nullopt);
  EXPECT_EQ(PercentDecode("%4"), std::nullopt);
  EXPECT_EQ(PercentDecode("%4g"), std::nullopt);
}

TEST(Authority, KeepsHostAndPortApart) {
  EXPECT_EQ(ParseAuthority("a.example:")->host, "a.example");
  EXPECT_EQ(ParseAuthority("a.example:")->port, 0);
  EXPECT_EQ(ParseAuthority("[::1]:65535")->host, "[::1]");
  EXPECT_EQ(ParseAuthority("[::1]:65535")->port, 65535);
  for (const char* bad :
       {"", ":80", "a:b", "a:1:2", "[::1]x", "[1.2.3.4]", "[::1", "a b", "a:+1"}) {
    EXPECT_FALSE(ParseAuthority(bad)) << bad;
  }
}

}  // namespace
}  // namespace spillway::http
