// tests/unit/http/admin/answer_metrics_test.cc -- few series, none of which ever falls.
#include "http/admin/answer_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

namespace spillway::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(TopSeries, NamesTheBusiestAndSumsTheRest) {
  TopSeries series(2);
  uint64_t other = 0;
  EXPECT_THAT(series.Update({5, 0, 9, 7}, &other), ElementsAre(Pair(2, 9), Pair(3, 7)));
  EXPECT_EQ(other, 5u);
}

TEST(TopSeries, ANameGivenLaterBeginsAtZero) {
  TopSeries series(2);
  uint64_t other = 0;
  EXPECT_THAT(series.Update({0, 0, 0}, &other), IsEmpty());
  EXPECT_THAT(series.Update({4, 0, 0}, &other), ElementsAre(Pair(0, 0)));
  EXPECT_EQ(other, 4u);
  EXPECT_THAT(series.Update({6, 3, 0}, &other), ElementsAre(Pair(0, 2), Pair(1, 0)));
  EXPECT_EQ(other, 7u);
  EXPECT_THAT(series.Update({6, 8, 2}, &other), ElementsAre(Pair(0, 2), Pair(1, 5)));
  EXPECT_EQ(other, 9u);
}

TEST(TopSeries, EverySeriesOnlyRisesAndAllAddUp) {
  std::mt19937 random(7);
  TopSeries series(5);
  std::vector<uint64_t> totals(40);
  std::map<size_t, uint64_t> last;
  uint64_t last_other = 0;
  for (int scrape = 0; scrape < 500; ++scrape) {
    for (int i = 0; i < 20; ++i)
      totals[random() % (scrape < 250 ? 3 : totals.size())] += random() % 50;
    uint64_t other = 0;
    uint64_t sum = 0;
    const auto named = series.Update(totals, &other);
    EXPECT_LE(named.size(), 5u);
    for (const auto& entry : named) {
      EXPECT_GE(entry.second, last[entry.first]);
      last[entry.first] = entry.second;
      sum += entry.second;
    }
    EXPECT_GE(other, last_other);
    last_other = other;
    EXPECT_EQ(sum + other, std::accumulate(totals.begin(), totals.end(), uint64_t{0}));
  }
}

}  // namespace
}  // namespace spillway::http
