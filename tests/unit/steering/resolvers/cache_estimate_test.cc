// tests/unit/steering/resolvers/cache_estimate_test.cc -- sessions behind an address, from its gaps.
#include "steering/resolvers/cache_estimate.h"

#include <algorithm>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/steering/resolvers/caches_testing.h"

namespace spillway {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;

// Asks `after_s` after every expiry; TTLs of 24..36 s in turn, as the jitter gives them.
class Clockwork {
 public:
  explicit Clockwork(double start_s, double after_s) : next_s_(start_s), after_s_(after_s) {}
  double next_s() const { return next_s_; }
  void Ask(CacheEstimate& estimate) {
    const uint32_t ttl_s = 24 + asked_++ * 5 % 13;
    estimate.Answered(AtMs(next_s_), ttl_s);
    next_s_ += ttl_s + after_s_;
  }

 private:
  double next_s_, after_s_;
  uint32_t asked_ = 0;
};

TEST(CacheEstimate, AskingATenthOfASecondAfterEveryExpiryIsTenSessionsPerSecond) {
  CacheEstimate estimate;
  Clockwork resolver(0, 0.1);
  for (int gap = 0; gap <= 20; ++gap) resolver.Ask(estimate);
  EXPECT_EQ(estimate.waits(), 20);
  EXPECT_THAT(estimate.SessionsPerS(AtMs(resolver.next_s() - 1)), AllOf(Ge(8), Le(12)));
}

TEST(CacheEstimate, TwoCachesBehindOneAddressAreNotMistakenForOne) {
  CacheEstimate estimate;
  Clockwork a(0, 0.1), b(7, 0.1);
  for (int i = 0; i < 42; ++i) (a.next_s() < b.next_s() ? a : b).Ask(estimate);
  EXPECT_EQ(estimate.caches(), 2);
  EXPECT_THAT(estimate.SessionsPerS(AtMs(std::min(a.next_s(), b.next_s()))), AllOf(Ge(16), Le(24)));
}

// Over 40 seeds: the median within `tolerance` of the truth.
double MedianError(CacheFarm farm) {
  std::vector<double> ratios;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    CacheEstimate estimate;
    CacheFarm fresh = farm;
    fresh.Run(0, 1500, random,
              [&](double t_s, uint32_t ttl_s) { estimate.Answered(AtMs(t_s), ttl_s); });
    ratios.push_back(estimate.SessionsPerS(AtMs(1500)) / farm.rate);
  }
  std::nth_element(ratios.begin(), ratios.begin() + 20, ratios.end());
  return ratios[20];
}

TEST(CacheEstimate, PoissonStreamsThroughOneToSixteenCachesAreFoundAgain) {
  for (const int caches : {1, 2, 4, 8, 16}) {
    for (const double rate : {0.1, 1.0, 10.0}) {  // of each cache
      SCOPED_TRACE(testing::Message() << caches << " caches, " << rate << "/s each");
      const double error = MedianError({.caches = caches, .rate = caches * rate});
      EXPECT_THAT(error, AllOf(Ge(0.8), Le(caches < 16 ? 1.25 : 1.7)));
    }
  }
}

TEST(CacheEstimate, SeldomAskedAddressesAreWhatTheyAskFor) {
  for (const int caches : {1, 2, 4}) {  // a session every 100 s at each: hardly any is cached
    EXPECT_THAT(MedianError({.caches = caches, .rate = 0.01 * caches}), AllOf(Ge(0.8), Le(1.6)));
  }
}

TEST(CacheEstimate, PrefetchIsNoSecondCache) {
  EXPECT_THAT(MedianError({.rate = 10, .prefetch = 0.1}), AllOf(Ge(0.7), Le(1.7)));
  EXPECT_THAT(MedianError({.rate = 1, .prefetch = 0.1}), AllOf(Ge(0.7), Le(1.7)));
}

TEST(CacheEstimate, LostRepliesMakeNoSecondCache) {
  EXPECT_THAT(MedianError({.rate = 1, .lost_replies = 0.02}), AllOf(Ge(0.8), Le(1.25)));
}

TEST(CacheEstimate, RoundedTtlsHideRatesBeyondOneASecondAndNoOthers) {
  EXPECT_THAT(MedianError({.rate = 0.1, .rounding_s = 1}), AllOf(Ge(0.8), Le(1.25)));
  EXPECT_THAT(MedianError({.rate = 10, .rounding_s = 1}), AllOf(Ge(0.2), Le(1.25)));
}

TEST(CacheEstimate, CrowdsAreCountedByTheirQuestionsAndAtMostFourSessionsEach) {
  // Half warm: 1.07 questions/s for 2.1 sessions/s. Hot: 2.1 questions/s for 64.
  EXPECT_THAT(MedianError({.caches = 64, .rate = 2.1}), AllOf(Ge(0.6), Le(1.6)));
  const double hot = 64 * MedianError({.caches = 64, .rate = 64});
  EXPECT_THAT(hot, AllOf(Ge(64 / 31.0), Le(CacheEstimate::kSessionsPerQueryMax * 64 / 30.0)));
}

TEST(CacheEstimate, ForwardersWithoutACacheAreTheirQuestions) {
  std::mt19937_64 random(1);
  CacheEstimate estimate;
  std::exponential_distribution<double> gap(20);
  double t = 0;
  for (; t < 3600; t += gap(random)) estimate.Answered(AtMs(t), 30);
  EXPECT_THAT(estimate.SessionsPerS(AtMs(t)), AllOf(Ge(15), Le(35)));
}

TEST(CacheEstimate, ACacheThatGoesIsForgottenAndTheOtherStays) {
  CacheEstimate estimate;
  Clockwork a(0, 0.1), b(7, 0.1);
  for (int i = 0; i < 40; ++i) (a.next_s() < b.next_s() ? a : b).Ask(estimate);
  for (int i = 0; i < 25; ++i) a.Ask(estimate);
  EXPECT_EQ(estimate.caches(), 1);
  EXPECT_THAT(estimate.SessionsPerS(AtMs(a.next_s())), AllOf(Ge(8), Le(12)));
}

TEST(CacheEstimate, SilenceFadesAndIsNotHeldAgainstTheMorning) {
  CacheEstimate estimate;
  Clockwork evening(0, 0.1);
  for (int i = 0; i < 30; ++i) evening.Ask(estimate);
  EXPECT_LT(estimate.SessionsPerS(AtMs(evening.next_s() + 300)), 0.02);
  Clockwork morning(evening.next_s() + 8 * 3600, 0.1);
  for (int i = 0; i < 20; ++i) morning.Ask(estimate);
  EXPECT_THAT(estimate.SessionsPerS(AtMs(morning.next_s())), AllOf(Ge(8), Le(12)));
}

TEST(CacheEstimate, WaitsDuringLossAreNotLearned) {
  CacheEstimate estimate;
  estimate.Answered(AtMs(0), 30);
  estimate.Answered(AtMs(90), 30, /*learn=*/false);
  EXPECT_EQ(estimate.waits(), 0);
  estimate.Answered(AtMs(120.1), 30);
  EXPECT_EQ(estimate.waits(), 1);
}

TEST(CacheEstimate, NothingItIsToldMakesItInfinite) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    CacheEstimate estimate;
    uint32_t now = static_cast<uint32_t>(random());
    for (int i = 0; i < 500; ++i) {
      now += static_cast<uint32_t>(random() >> (32 + random() % 32));  // backwards as well
      const uint32_t ttl_s = random() % 4 == 0 ? static_cast<uint32_t>(random()) & 0xffffff
                                               : static_cast<uint32_t>(random() % 3);
      estimate.Answered(now, ttl_s, random() % 2 == 0);
      const double rate = estimate.SessionsPerS(static_cast<uint32_t>(random()));
      ASSERT_TRUE(std::isfinite(rate) && rate >= 0) << rate;
      ASSERT_TRUE(std::isfinite(estimate.WarmPart()));
    }
  }
}

}  // namespace
}  // namespace spillway
