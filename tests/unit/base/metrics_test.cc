// tests/unit/base/metrics_test.cc -- the text follows the Prometheus format, line by line.
#include "base/metrics.h"

#include <re2/re2.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/latency_histogram.h"
#include "base/strings.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(MetricsWriter, WritesFamiliesAndSamples) {
  MetricsWriter w;
  w.Family("spillway_dns_queries_total", "counter", "Queries by transport.");
  w.Sample({{"transport", "udp"}, {"family", "6"}}, 12);
  w.Sample({{"transport", "tcp"}, {"family", "4"}}, 0);
  w.Family("spillway_plan_age_seconds", "gauge", "Age.");
  w.Sample(0.25);
  EXPECT_EQ(w.text(),
            "# HELP spillway_dns_queries_total Queries by transport.\n"
            "# TYPE spillway_dns_queries_total counter\n"
            "spillway_dns_queries_total{transport=\"udp\",family=\"6\"} 12\n"
            "spillway_dns_queries_total{transport=\"tcp\",family=\"4\"} 0\n"
            "# HELP spillway_plan_age_seconds Age.\n"
            "# TYPE spillway_plan_age_seconds gauge\n"
            "spillway_plan_age_seconds 0.25\n");
}

TEST(MetricsWriter, LargeCountersKeepEveryUnitToTenToThe15) {
  MetricsWriter w;
  w.Family("x_total", "counter", "h");
  w.Sample(999'999'999'999'999);
  EXPECT_NE(w.text().find("x_total 999999999999999\n"), std::string::npos) << w.text();
}

TEST(MetricsWriter, NumbersThatAreNoneHaveTheFormatsNames) {
  MetricsWriter w;
  const double inf = std::numeric_limits<double>::infinity();
  w.Family("x", "gauge", "h");
  for (double v : {std::nan(""), inf, -inf}) w.Sample(v);
  EXPECT_NE(w.text().find("x NaN\nx +Inf\nx -Inf\n"), std::string::npos) << w.text();
}

TEST(LatencyHistogram, CountsByPowersOfTwoOfMicroseconds) {
  LatencyHistogram one, other;
  one.Add(999, 3);
  one.Add(1'000, 1);
  one.Add(1'001, 1);
  other.Add(65'536'000, 2);
  other.Add(70'000'000'000, 1);
  LatencyTotals totals;
  totals.Add(one);
  totals.Add(other);
  MetricsWriter w;
  totals.Write("x_seconds", "Time.", &w);
  for (const char* line :
       {"# TYPE x_seconds histogram", "x_seconds_bucket{le=\"1e-06\"} 4",
        "x_seconds_bucket{le=\"2e-06\"} 5", "x_seconds_bucket{le=\"0.032768\"} 5",
        "x_seconds_bucket{le=\"0.065536\"} 7", "x_seconds_bucket{le=\"+Inf\"} 8",
        "x_seconds_count 8"})
    EXPECT_NE(w.text().find(std::string(line) + "\n"), std::string::npos) << line << w.text();
  EXPECT_NE(w.text().find("x_seconds_sum 70.131"), std::string::npos) << w.text();
}

// The grammar of text format 0.0.4, as a scraper reads it.
TEST(MetricsWriter, EveryLineFollowsTheGrammarWhateverTheLabelsHold) {
  MetricsWriter w;
  w.Family("spillway_feed_rows_total", "counter", "a \\ backslash\nand a second line");
  for (const char* label :
       {"", "plain", "quo\"te", "back\\slash", "new\nline", "} 1", "K\xc3\xb6ln"}) {
    w.Sample({{"source", label}}, 1);
  }
  const RE2 comment("# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*");
  const RE2 sample(
      R"re([a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? [-+0-9.eInfNa]+)re");
  std::vector<std::string> lines = absl::StrSplit(w.text(), '\n');
  EXPECT_EQ(lines.back(), "");
  lines.pop_back();
  EXPECT_EQ(lines.size(), 2u + 7u);
  for (const std::string& line : lines) {
    EXPECT_TRUE(RE2::FullMatch(line, line[0] == '#' ? comment : sample)) << line;
  }
}

}  // namespace
}  // namespace spillway
