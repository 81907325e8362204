// tests/unit/base/units_test.cc -- quantities as people write them, and how they are shown.
#include "base/units.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace spillway {
namespace {

using Parser = std::optional<double> (*)(absl::string_view);
struct Row {
  Parser parse;
  const char* text;
  double want;
};

TEST(Units, AreReadWithTheirUnit) {
  const Row rows[] = {
      {ParseBitrateMbps, "400 Gbps", 400'000},
      {ParseBitrateMbps, "12 Tbps", 12'000'000},
      {ParseBitrateMbps, "5 Mbps", 5},
      {ParseBitrateMbps, "5Mbps", 5},
      {ParseBitrateMbps, "  2.5  Mbps ", 2.5},
      {ParseBitrateMbps, "300 kbps", 0.3},
      {ParseBitrateMbps, "8000 bps", 0.008},
      {ParseBitrateMbps, "0 Gbps", 0},
      {ParseRatePerSecond, "2000/s", 2000},
      {ParseRatePerSecond, "1.5k/s", 1500},
      {ParseRatePerSecond, "3 M/s", 3'000'000},
      {ParseCount, "65M", 65'000'000},
      {ParseCount, "1200", 1200},
      {ParseCount, "3k", 3000},
      {ParseCount, "0", 0},
      {ParseCount, ".5", 0.5},
      {ParseFraction, "85%", 0.85},
      {ParseFraction, "85 %", 0.85},
      {ParseFraction, "0.85", 0.85},
      {ParseFraction, "100%", 1},
      {ParseFraction, "150%", 1.5},  // the caller knows the bounds
  };
  for (const Row& row : rows) {
    std::optional<double> got = row.parse(row.text);
    ASSERT_TRUE(got.has_value()) << row.text;
    EXPECT_DOUBLE_EQ(*got, row.want) << row.text;
  }
}

TEST(Units, AreRefusedWhenAnythingIsMissingOrLeftOver) {
  const Row rows[] = {
      {ParseBitrateMbps, "400", 0},
      {ParseBitrateMbps, "Gbps", 0},
      {ParseBitrateMbps, "", 0},
      {ParseBitrateMbps, "400 gbps", 0},
      {ParseBitrateMbps, "400 GB/s", 0},
      {ParseBitrateMbps, "-4 Gbps", 0},
      {ParseBitrateMbps, "+4 Gbps", 0},
      {ParseBitrateMbps, "4e3 Gbps", 0},
      {ParseBitrateMbps, "1,5 Gbps", 0},
      {ParseBitrateMbps, "4 Gbps x", 0},
      {ParseBitrateMbps, "1.2.3 Gbps", 0},
      {ParseBitrateMbps, "nan Gbps", 0},
      {ParseBitrateMbps, "inf Gbps", 0},
      {ParseBitrateMbps, ". Gbps", 0},
      {ParseBitrateMbps, "0x10 Gbps", 0},
      {ParseRatePerSecond, "2000", 0},
      {ParseRatePerSecond, "2000/m", 0},
      {ParseRatePerSecond, "/s", 0},
      {ParseCount, "65 million", 0},
      {ParseCount, "", 0},
      {ParseCount, "k", 0},
      {ParseFraction, "%", 0},
      {ParseFraction, "", 0},
      {ParseFraction, "85%%", 0},
      {ParseFraction, "85 percent", 0},
      {ParseFraction, "-5%", 0},
  };
  for (const Row& row : rows)
    EXPECT_EQ(row.parse(row.text), std::nullopt) << "'" << row.text << "'";
}

// A number that fits a double alone but not with its unit used to come out as infinity.
TEST(Units, RefusesWhatOverflows) {
  const std::string digits(306, '9');
  EXPECT_EQ(ParseCount(digits + "G"), std::nullopt);
  EXPECT_EQ(ParseBitrateMbps(digits + " Tbps"), std::nullopt);
  EXPECT_EQ(ParseCount(std::string(400, '9')), std::nullopt);
  EXPECT_EQ(ParseDurationText(std::string(30, '9') + "d"), std::nullopt);
  EXPECT_EQ(ParseDurationText("999999999999999d1s"), std::nullopt);
}

TEST(Units, DurationsAreReadExactly) {
  struct {
    const char* text;
    absl::Duration want;
  } rows[] = {
      {"30s", absl::Seconds(30)},     {"15ms", absl::Milliseconds(15)},
      {"5m", absl::Minutes(5)},       {"2h", absl::Hours(2)},
      {"1d", absl::Hours(24)},        {"1h30m", absl::Minutes(90)},
      {"1.5h", absl::Minutes(90)},    {"1m30s500ms", absl::Milliseconds(90'500)},
      {"0s", absl::ZeroDuration()},   {" 30 s ", absl::Seconds(30)},
      {"7ms", absl::Milliseconds(7)},
  };
  for (const auto& row : rows) EXPECT_EQ(ParseDurationText(row.text), row.want) << row.text;
  for (const char* text :
       {"", "30", "s", "-30s", "30 sec", "30S", "1h 30m x", "1h-30m", "30s5", "0", "inf"}) {
    EXPECT_EQ(ParseDurationText(text), std::nullopt) << "'" << text << "'";
  }
}

TEST(Units, AreShownAsAPersonWouldWriteThem) {
  struct {
    double mbps;
    const char* want;
  } rates[] = {
      {0, "0 Mbps"},           {0.3, "0.3 Mbps"},
      {5, "5 Mbps"},           {999, "999 Mbps"},
      {1000, "1 Gbps"},        {1250, "1.25 Gbps"},
      {400'000, "400 Gbps"},   {1'250'000, "1.25 Tbps"},
      {65'000'000, "65 Tbps"}, {1'234'000'000, "1234 Tbps"},
  };
  for (const auto& row : rates) EXPECT_EQ(FormatBitrate(row.mbps), row.want) << row.mbps;
  struct {
    double count;
    const char* want;
  } counts[] = {{0, "0"},          {1200, "1200"}, {9999, "9999"},  {12'000, "12k"},
                {123'456, "123k"}, {65e6, "65M"},  {65e9, "65000M"}};
  for (const auto& row : counts) EXPECT_EQ(FormatCount(row.count), row.want) << row.count;
  EXPECT_EQ(FormatFraction(0.85), "85.0%");
  EXPECT_EQ(FormatFraction(1.0712), "107.1%");
}

// Just under a unit's edge, three digits round up to a thousand: it was shown as "1e+03 Mbps".
TEST(Units, NeverShowsAnExponent) {
  EXPECT_EQ(FormatBitrate(999.7), "1 Gbps");
  EXPECT_EQ(FormatBitrate(999'990), "1 Tbps");
  EXPECT_EQ(FormatCount(999'999), "1M");
  for (double x = 1e-6; x < 1e13; x *= 1.01) {
    EXPECT_EQ(FormatBitrate(x).find('e'), std::string::npos) << x << " " << FormatBitrate(x);
    EXPECT_EQ(FormatCount(x).find('e'), std::string::npos) << x << " " << FormatCount(x);
  }
}

TEST(Units, WhatIsShownCanBeReadBack) {
  for (double mbps = 0.01; mbps < 1e9; mbps *= 1.37) {
    std::optional<double> back = ParseBitrateMbps(FormatBitrate(mbps));
    ASSERT_TRUE(back.has_value()) << FormatBitrate(mbps);
    EXPECT_NEAR(*back / mbps, 1, 0.006) << FormatBitrate(mbps);
  }
}

}  // namespace
}  // namespace spillway
