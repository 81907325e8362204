#include "policies/scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policies/dns_name.h"
#include "policies/regex.h"

namespace spillway::policies {
namespace {

using testing::HasSubstr;

struct Refused {
  Type type;
  const char* text;
  const char* says;  // part of the message
};

TEST(Scalar, RefusesAndExplains) {
  const Refused kRows[] = {
      {Type::kBitrate, "400", "without a unit"},
      {Type::kBitrate, "400 gbps", "did you mean \"400 Gbps\""},
      {Type::kBitrate, "400 Gbit/s", "did you mean \"400 Gbps\""},
      {Type::kBitrate, "400 GBps", "looks like bytes"},
      {Type::kBitrate, "-4 Gbps", "less than nothing"},
      {Type::kBitrate, "inf Gbps", "not a bitrate"},
      {Type::kBitrate, "", "not a bitrate"},
      {Type::kRate, "2000", "did you mean \"2000/s\""},
      {Type::kRate, "50 qps", "did you mean \"50/s\""},
      {Type::kDuration, "30", "did you mean \"30s\""},
      {Type::kDuration, "30 Minutes", "did you mean \"30m\""},
      {Type::kFraction, "eighty", "not a fraction"},
      {Type::kNumber, "1e3", "exponents are not read"},
      {Type::kNumber, "0x1f", "only decimal numbers"},
      {Type::kNumber, "010", "leading zero"},
      {Type::kNumber, "1_000", "not grouped by _"},
      {Type::kNumber, "1,5", "decimal sign is a point"},
      {Type::kNumber, ".5", "not a number"},
      {Type::kNumber, "nan", "not a number"},
      {Type::kNumber, "no", "no yes/no here"},
      {Type::kNumber, "~", "null is not a value"},
      {Type::kInteger, "2.0", "not an integer"},
      {Type::kCountry, "UK", "did you mean \"GB\""},
      {Type::kCountry, "no", "did you mean \"NO\""},
      {Type::kAsn, "4294967296", "not an AS number"},
      {Type::kAsn, "+5", "not an AS number"},
      {Type::kTime, "2026-12-25", "not a time"},
      {Type::kTime, "infinite-future", "not a time"},
      {Type::kTime, "2026-02-30T00:00Z", "not a time"},
      {Type::kTime, "2026-12-25T18:00", "did you mean \"2026-12-25T18:00Z\""},
      {Type::kName, "", "not a name"},
      {Type::kDnsName, "localhost", "a single label"},
      {Type::kDnsName,
       "b\xc3\xbc"
       "cher.example",
       "xn--"},
      {Type::kDnsName, "a_b.-c.example", "hyphen"},
      {Type::kNamePattern, "/x", "between two slashes"},
      {Type::kNamePattern, "*live.example.com", "whole labels"},
      {Type::kAuthority, "host:0", "not a host"},
      {Type::kAuthority, "host:65536", "not a host"},
      {Type::kAuthority, "user@host", "not a host"},
      {Type::kUrl, "ftp://host/", "not a URL"},
      {Type::kUrl, "http://", "not a URL"},
      {Type::kUrl, "http://host/a b", "not a URL"},
      {Type::kEndpoint, "*:80", "not an address and port"},
      {Type::kEndpoint, "192.0.2.1:0", "not an address and port"},
      {Type::kScheme, "HTTPS", "did you mean \"https\""},
      {Type::kMailbox, "a@b@c", "not a contact"},
  };
  for (const Refused& row : kRows) {
    ScalarResult result = ParseScalar(row.type, row.text);
    EXPECT_FALSE(result.value.has_value()) << row.text;
    EXPECT_THAT(result.fault.complaint.ToString(), HasSubstr(row.says)) << row.text;
  }
}

TEST(Scalar, ReadsValuesInTheirUnits) {
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kBitrate, "1.5 Tbps").value), 1.5e6);
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kBitrate, "0.5Gbps").value), 500);
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kRate, "50k/s").value), 50e3);
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kCount, "65M").value), 65e6);
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kFraction, "85%").value), 0.85);
  EXPECT_EQ(std::get<double>(*ParseScalar(Type::kNumber, "-0.5").value), -0.5);
  EXPECT_EQ(std::get<int64_t>(*ParseScalar(Type::kInteger, "3").value), 3);
  EXPECT_EQ(std::get<absl::Duration>(*ParseScalar(Type::kDuration, "1h30m").value),
            absl::Minutes(90));
  EXPECT_EQ(std::get<std::string>(*ParseScalar(Type::kCountry, "NO").value), "NO");
  EXPECT_EQ(std::get<std::string>(*ParseScalar(Type::kAuthority, "[2001:DB8::1]:8443").value),
            "[2001:db8::1]:8443");
  EXPECT_EQ(ParseScalar(Type::kTime, "2026-12-25T18:00Z").value,
            ParseScalar(Type::kTime, "2026-12-25T19:00:00.000+01:00").value);
}

TEST(DnsName, HoldsTheSizesOfTheStandard) {
  std::string label(63, 'a');
  std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_TRUE(ParseDnsName(longest).value.has_value());
  EXPECT_TRUE(ParseDnsName(longest + ".").value.has_value());
  EXPECT_FALSE(ParseDnsName(longest + "b").value.has_value());
  EXPECT_FALSE(ParseDnsName(label + "a.example").value.has_value());
}

TEST(Regex, SaysWhereAPatternIsWrong) {
  std::optional<PatternFault> fault = CheckPattern("/live/[a-z");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->offset, 6u);
  EXPECT_THAT(fault->complaint.ToString(), HasSubstr("missing ]"));
  EXPECT_THAT(CheckPattern("/(?!x)")->complaint.ToString(), HasSubstr("no look-around"));
  EXPECT_THAT(CheckPattern("((a{100}){100}){100}")->complaint.ToString(),
              testing::AnyOf(HasSubstr("memory"), HasSubstr("repetition")));
  EXPECT_TRUE(CheckPattern(std::string(kPatternSizeMax + 1, 'a')).has_value());
  EXPECT_FALSE(CheckPattern("/live/(?P<event>[a-z0-9-]+)/.*").has_value());
}

TEST(Regex, LetsAWildcardStandForOneOrMoreLabels) {
  std::string pattern = WildcardPattern("*.example.com");
  EXPECT_TRUE(MatchesPattern(pattern, "a.example.com"));
  EXPECT_TRUE(MatchesPattern(pattern, "a.b.example.com"));
  EXPECT_FALSE(MatchesPattern(pattern, "example.com"));
  EXPECT_FALSE(MatchesPattern(pattern, ".example.com"));
  EXPECT_FALSE(MatchesPattern(pattern, "a.exampleXcom"));
}

}  // namespace
}  // namespace spillway::policies
