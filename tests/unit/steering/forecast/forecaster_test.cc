// tests/unit/steering/forecast/forecaster_test.cc -- arrivals in, demand out.
#include "steering/forecast/forecaster.h"

#include <cmath>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/forecast/event_curve.h"
#include "tests/unit/steering/forecast/world.h"

namespace spillway {
namespace {

TEST(Forecaster, NoTrafficAndNoEventGiveZero) {
  ForecastWorld world;
  world.Predict();
  EXPECT_EQ(Sum(world.demand.dns_expected), 0);
  world.Run(300, [](double) { return 0.0; });
  EXPECT_EQ(Sum(world.demand.dns_arrivals), 0);
  EXPECT_EQ(Sum(world.demand.dns_expected), 0);
  EXPECT_EQ(Sum(world.demand.redirect_expected), 0);
  EXPECT_NEAR(world.demand.margin[0], kMarginMin, 1e-6);
}

TEST(Forecaster, SteadyTrafficGivesAFlatForecastAndMarginsNearTheFloor) {
  ForecastWorld world;
  world.Run(900, [](double) { return 2000.0; });
  double most = 0, least = 1e9;
  for (int i = 0; i < 600; ++i) {
    world.Tick(2000);
    most = std::max(most, world.shown().arrivals_expected);
    least = std::min(least, world.shown().arrivals_expected);
  }
  EXPECT_LT(most, 2000 * 1.03);
  EXPECT_GT(least, 2000 * 0.97);
  EXPECT_LT(world.demand.margin[0], 1.05);
  EXPECT_LT(world.shown().error_mape, 0.02);
}

TEST(Forecaster, ARampIsSeenComingTwoMinutesAhead) {
  ForecastWorld world;
  const LogisticAudience audience{.peak = 5e6};
  double worst = 0, worst_mean = 0;
  while (world.Seconds() < 5000) {
    world.Tick(audience.Arrivals(world.Seconds() + 0.5));
    if (world.Seconds() < 600) continue;
    const double actual = audience.Arrivals(world.Seconds() + 120);
    worst = std::max(worst, std::abs(world.shown().arrivals_end / actual - 1));
    const double mean = audience.Mean(world.Seconds(), world.Seconds() + 120);
    worst_mean = std::max(worst_mean, std::abs(world.shown().arrivals_expected / mean - 1));
  }
  EXPECT_LT(worst, 0.10);
  EXPECT_LT(worst_mean, 0.06);
}

TEST(Forecaster, AStepDoesNotRing) {
  for (double factor : {0.3, 0.5, 1.2, 1.5, 2.0, 5.0}) {
    SCOPED_TRACE(factor);
    ForecastWorld world;
    world.Run(607, [](double) { return 2000.0; });
    const double after = 2000 * factor;
    double most = 0, least = 1e9;
    for (int i = 0; i < 600; ++i) {
      world.Tick(after);
      if (i == 0) continue;
      most = std::max(most, world.shown().arrivals_expected);
      if (i >= 20) least = std::min(least, world.shown().arrivals_expected);
    }
    EXPECT_LT(most, 1.15 * std::max(after, 2000.0));
    EXPECT_GT(least, 0.85 * after);
  }
}

// ops/quickstart: 250 viewers become 3000 in 28 s, sessions of 22 s, caches that ask again after 3 s.
// With bins for a horizon of minutes 330 a second were expected where 136 came.
TEST(Forecaster, AQuickRampThatEndsIsNotTakenForOneThatGoesOn) {
  const EventCurve more = {.peak = 2750, .ramp_s = 28, .session_s = 22};
  const auto arrivals = [&](double t) { return 250 / 22.0 + more.Arrivals(t - 60); };
  const auto mean = [&](double t) { return 250 / 22.0 + more.MeanArrivals(t - 60, t - 48); };
  for (const bool planned : {false, true}) {
    SCOPED_TRACE(planned);
    Policy policy = SmallPolicy();
    policy.services[0].session = absl::Seconds(22);
    if (planned) {
      policy.events.push_back({.service = ServiceId(0),
                               .start = kEpoch + absl::Seconds(60),
                               .ramp = absl::Seconds(28),
                               .peak_world = 3000});
    }
    ForecastWorld world(SmallFrame(policy));
    world.horizon = absl::Seconds(12);
    world.Run(60, arrivals);
    while (world.Seconds() < 120) {
      world.Tick(arrivals(world.Seconds() + 0.5));
      const double t = world.Seconds(), part = world.shown().arrivals_expected / mean(t);
      if (planned) {
        EXPECT_NEAR(part, 1, 0.25) << t;
      } else if (t > 93) {
        EXPECT_NEAR(part, 1, 0.35) << t;  // five seconds after the last of the ramp
      }
    }
    EXPECT_LT(world.demand.margin[0], planned ? 1.3 : 2);
  }
}

// A burst of two minutes that caches spread over half a minute: its edge, extrapolated, planned
// every target full at half its load.
TEST(Forecaster, TheEdgeOfABurstIsNotExtrapolated) {
  ForecastWorld world;
  const auto arrivals = [](double t) {
    return 600 + 1700 * std::clamp(std::min((t - 600) / 30, (720 - t) / 30), 0.0, 1.0);
  };
  world.Run(600, arrivals);
  double most = 0;
  while (world.Seconds() < 720) {
    world.Tick(arrivals(world.Seconds() + 0.5));
    most = std::max(most, world.shown().arrivals_expected);
  }
  EXPECT_LT(most, 1.6 * 2300);
}

TEST(Forecaster, OneMissedBinDoesNotLowerTheForecast) {
  ForecastWorld world;
  world.Run(600, [](double) { return 2000.0; });
  world.Run(5, [](double) { return 0.0; });
  double least = 2000;
  for (int i = 0; i < 30; ++i) {
    world.Tick(2000);
    least = std::min(least, world.shown().arrivals_expected);
  }
  EXPECT_GT(least, 1900);
}

TEST(Forecaster, TrafficThatEndsIsForgottenWithinSeconds) {
  ForecastWorld world;
  world.Run(600, [](double) { return 2000.0; });
  world.Run(25, [](double) { return 0.0; });
  EXPECT_LT(world.shown().arrivals_expected, 20);
}

TEST(Forecaster, ARestartUnderLoadKnowsTheLevelAfterASecond) {
  ForecastWorld world;
  world.Tick(2000);
  EXPECT_NEAR(world.shown().arrivals_now, 2000, 150);
  EXPECT_NEAR(world.shown().arrivals_expected, 2000, 150);
}

TEST(Forecaster, TicksOfAnyLengthGiveTheSameForecast) {
  ForecastWorld world;
  std::mt19937 random(3);
  std::uniform_real_distribution<double> length(0.2, 5);
  while (world.Seconds() < 900) {
    world.Tick(2000 * (1 + world.Seconds() / 3000), 0, length(random));
    if (random() % 4 == 0) world.Tick(0, 0, 0);
  }
  EXPECT_NEAR(world.shown().arrivals_now / 2600, 1, 0.03);
  EXPECT_NEAR(world.shown().arrivals_expected / 2640, 1, 0.03);
}

TEST(Forecaster, QuantilesHoldFourOutOfFive) {
  struct Held {
    double time, q10, q90;
  };
  int inside = 0, below = 0, judged = 0;
  for (uint32_t seed = 100; seed < 110; ++seed) {
    ForecastWorld world(SmallFrame(), seed);
    world.noise = 0.05;
    // Traffic that wanders as it does on no planned evening: 2 % each 30 s.
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    double level = 500, cumulative = 0;
    std::vector<double> totals;
    std::vector<Held> held;
    for (int i = 0; i < 4000; ++i) {
      if (i % 30 == 0) level *= std::exp(0.02 * normal(random));
      world.Tick(level);
      totals.push_back(cumulative += level);
      if (i > 1500 && i % 20 == 0)
        held.push_back({double(i), world.shown().q10, world.shown().q90});
    }
    for (const Held& h : held) {
      const size_t at = static_cast<size_t>(h.time);
      if (at + 120 >= totals.size()) continue;
      const double actual = (totals[at + 120] - totals[at]) / 120;
      inside += actual >= h.q10 && actual <= h.q90 ? 1 : 0;
      below += actual < h.q10 ? 1 : 0;
      ++judged;
    }
  }
  EXPECT_NEAR(static_cast<double>(inside) / judged, 0.8, 0.08);
  EXPECT_NEAR(static_cast<double>(below) / judged, 0.1, 0.06);
}

TEST(Forecaster, ARowThatGrowsGetsAGrowingShareAndSmallRowsDoNotJitter) {
  ForecastWorld world;
  world.shares = {0.001, 0.5, 0.499};
  world.Run(900, [](double) { return 4000.0; });
  EXPECT_NEAR(world.demand.dns_expected[1], 2000, 80);
  double least = 100, most = 0;
  for (int i = 0; i < 300; ++i) {
    world.shares[1] += 0.0005;
    world.shares[2] -= 0.0005;
    world.Tick(4000);
    least = std::min<double>(least, world.demand.dns_expected[0]);
    most = std::max<double>(most, world.demand.dns_expected[0]);
  }
  EXPECT_NEAR(world.demand.dns_arrivals[1] / (4000 * world.shares[1]), 1, 0.06);
  EXPECT_NEAR(world.demand.dns_expected[1] / (4000 * (world.shares[1] + 0.03)), 1, 0.06);
  EXPECT_NEAR(Sum(world.demand.dns_expected) / world.shown().arrivals_expected, 1, 1e-4);
  EXPECT_GT(least, 3);
  EXPECT_LT(most, 5);
}

TEST(Forecaster, RedirectsAndDnsAreForecastApart) {
  ForecastWorld world;
  for (int i = 0; i < 600; ++i) world.Tick(1000, 200 + i);
  EXPECT_NEAR(Sum(world.demand.dns_arrivals), 1000, 30);
  EXPECT_NEAR(Sum(world.demand.redirect_arrivals), 800, 30);
  EXPECT_NEAR(Sum(world.demand.dns_expected), 1000, 30);
  EXPECT_NEAR(Sum(world.demand.redirect_expected), 860, 40);
}

TEST(Forecaster, ResolversThatBecomeKnownChangeTheUnitAndNotTheTrend) {
  ForecastWorld world;
  world.Run(600, [](double) { return 100.0; });
  world.resolver_arrivals = {0, 1500, 0};  // one row of three: 45 sessions for an answer
  double most = 0;
  for (int i = 0; i < 300; ++i) {
    world.Tick(100);
    EXPECT_NEAR(world.demand.dns_arrivals[1], 1500, 30);
    most = std::max(most, world.shown().arrivals_expected);
  }
  EXPECT_NEAR(world.shown().arrivals_expected, 1500 + 200.0 / 3, 40);
  EXPECT_LT(most, 1700);
  // Without them the answers are counted again.
  world.resolver_arrivals.clear();
  world.Run(120, [](double) { return 100.0; });
  EXPECT_NEAR(Sum(world.demand.dns_arrivals), 100, 5);
}

TEST(Forecaster, ANewPolicyKeepsWhatWasLearnedByName) {
  ForecastWorld world;
  world.Run(600, [](double) { return 2000.0; });
  Policy policy = SmallPolicy();
  Service other = policy.services[0];
  other.name = "vod";
  other.dns_names = {"vod.example.com"};
  other.hosts = {"vod.example.com"};
  policy.services.insert(policy.services.begin(), other);
  policy.groups.insert(
      policy.groups.begin(),
      NamedGroup{.name = "austria", .prefixes = {*IpPrefix::Parse("10.3.0.0/16")}});
  const auto frame = SmallFrame(policy);
  world.forecaster.Bind(frame);
  world.Predict();
  EXPECT_EQ(world.forecaster.service(ServiceId(0)).arrivals_expected, 0);
  EXPECT_NEAR(world.forecaster.service(ServiceId(1)).arrivals_expected, 2000, 60);
  const auto germany = frame->groups->FindGroup("??+germany");
  const auto austria = frame->groups->FindGroup("??+austria");
  const size_t row = frame->candidates->RowIndex(ServiceId(1), *germany);
  EXPECT_NEAR(world.demand.dns_expected[row], 2000 / 3.0, 60);
  EXPECT_EQ(world.demand.dns_expected[frame->candidates->RowIndex(ServiceId(1), *austria)], 0);
}

TEST(Forecaster, NonsenseIsSurvived) {
  const auto frame = SmallFrame();
  Forecaster forecaster;
  forecaster.Bind(frame);
  const float bad[] = {std::nanf(""), INFINITY, -INFINITY, -5, 3e38f, 1e-40f, 0, 100};
  std::mt19937 random(1);
  Activity activity;
  Demand demand;
  absl::Time now = kEpoch;
  for (int i = 0; i < 3000; ++i) {
    const size_t slots = frame->candidates->slot_count();
    activity.dns.assign(slots, bad[random() % 8]);
    activity.redirect.assign(slots, bad[random() % 8]);
    activity.steering.assign(slots, 0);
    const absl::Duration lengths[] = {absl::Seconds(1),         absl::Seconds(-1),
                                      absl::ZeroDuration(),     absl::Hours(5),
                                      absl::InfiniteDuration(), absl::Seconds(5)};
    activity.elapsed = lengths[random() % 6];
    std::vector<float> resolvers(3, bad[random() % 8]);
    if (random() % 2 == 0) resolvers.clear();
    forecaster.Observe(now += absl::Seconds(1), activity, resolvers);
    forecaster.Predict(now, absl::Seconds(120), &demand);
    for (const auto& field : {demand.dns_arrivals, demand.dns_expected, demand.redirect_arrivals,
                              demand.redirect_expected}) {
      for (float value : field) ASSERT_TRUE(value >= 0 && value < 1e38f) << i << ": " << value;
    }
    for (float margin : demand.margin) ASSERT_TRUE(margin >= kMarginMin - 1e-6 && margin < 10);
  }
}

TEST(Forecaster, TheSameCallsGiveTheSameBits) {
  ForecastWorld first, second;
  for (ForecastWorld* world : {&first, &second}) {
    for (int i = 0; i < 300; ++i) world->Tick(1000 + i, 50);
  }
  EXPECT_EQ(first.demand.dns_expected, second.demand.dns_expected);
  EXPECT_EQ(first.demand.margin, second.demand.margin);
}

}  // namespace
}  // namespace spillway
