// tests/unit/dns/server/rate_limiter_test.cc -- who is limited, and who must not be.
#include "dns/server/rate_limiter.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"

namespace spillway::dns {
namespace {

using Verdict = RateLimiter::Verdict;

constexpr uint32_t kNow = 1'700'000'000;

IpAddress Ip(const std::string& text) { return *IpAddress::Parse(text); }

std::map<Verdict, int> Send(RateLimiter& limiter, const IpAddress& peer, int count,
                            Outcome outcome = Outcome::kAnswer, uint32_t now = kNow) {
  std::map<Verdict, int> verdicts;
  for (int i = 0; i < count; ++i) ++verdicts[limiter.Judge(peer, outcome, now)];
  return verdicts;
}

TEST(RateLimiter, SendsTheRateAndSlipsOneInSoManyOfTheRest) {
  RateLimiter limiter({.per_second = 10, .slip = 2});
  auto verdicts = Send(limiter, Ip("192.0.2.1"), 30);
  EXPECT_EQ(verdicts[Verdict::kSend], 10);
  EXPECT_EQ(verdicts[Verdict::kSlip], 10);
  EXPECT_EQ(verdicts[Verdict::kDrop], 10);
}

TEST(RateLimiter, SlipsNoneOrAllWhenToldSo) {
  RateLimiter none({.per_second = 1, .slip = 0});
  EXPECT_EQ(Send(none, Ip("192.0.2.1"), 10)[Verdict::kDrop], 9);
  RateLimiter all({.per_second = 1, .slip = 1});
  EXPECT_EQ(Send(all, Ip("192.0.2.1"), 10)[Verdict::kSlip], 9);
}

TEST(RateLimiter, GivesTheRateAgainEverySecond) {
  RateLimiter limiter({.per_second = 10});
  for (uint32_t second = 0; second < 5; ++second) {
    EXPECT_EQ(Send(limiter, Ip("192.0.2.1"), 30, Outcome::kAnswer, kNow + second)[Verdict::kSend],
              10);
  }
}

TEST(RateLimiter, CountsPrefixesNotAddresses) {
  RateLimiter limiter({.per_second = 10});
  Send(limiter, Ip("192.0.2.1"), 10);
  EXPECT_EQ(Send(limiter, Ip("192.0.2.255"), 1)[Verdict::kSend], 0);
  EXPECT_EQ(Send(limiter, Ip("192.0.3.1"), 1)[Verdict::kSend], 1);
  Send(limiter, Ip("2001:db8:0:0::1"), 10);
  EXPECT_EQ(Send(limiter, Ip("2001:db8:0:ff::1"), 1)[Verdict::kSend], 0);
  EXPECT_EQ(Send(limiter, Ip("2001:db8:0:100::1"), 1)[Verdict::kSend], 1);
}

TEST(RateLimiter, CountsClassesApartAndRefusalsTogether) {
  RateLimiter limiter({.per_second = 10});
  const IpAddress peer = Ip("192.0.2.1");
  Send(limiter, peer, 10, Outcome::kNxDomain);
  EXPECT_EQ(Send(limiter, peer, 1, Outcome::kNxDomain)[Verdict::kSend], 0);
  for (Outcome other : {Outcome::kAnswer, Outcome::kNoData, Outcome::kReferral})
    EXPECT_EQ(Send(limiter, peer, 1, other)[Verdict::kSend], 1);
  Send(limiter, peer, 10, Outcome::kFormErr);
  for (Outcome refusal : {Outcome::kRefused, Outcome::kNotImp, Outcome::kBadVers})
    EXPECT_EQ(Send(limiter, peer, 1, refusal)[Verdict::kSend], 0);
}

TEST(RateLimiter, HoldsABusyPrefixWhileAFloodOfOthersPasses) {
  RateLimiter limiter({.per_second = 10, .buckets = 64});
  const IpAddress victim = Ip("192.0.2.1");
  int sent = 0;
  for (int i = 0; i < 20'000; ++i) {
    sent += limiter.Judge(victim, Outcome::kAnswer, kNow) == Verdict::kSend;
    limiter.Judge(Ip(absl::StrCat("10.", i / 256, ".", i % 256, ".1")), Outcome::kAnswer, kNow);
  }
  EXPECT_LT(sent, 100);
}

TEST(RateLimiter, IsOffByDefault) { EXPECT_FALSE(RateLimiter(RateLimits{}).enabled()); }

}  // namespace
}  // namespace spillway::dns
