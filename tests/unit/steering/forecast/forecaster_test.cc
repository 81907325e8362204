// tests/unit/steering/forecast/forecaster_test.cc -- arrivals in, demand out.
#include "steering/forecast/forecaster.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

}  // namespace
}  // namespace spillway
