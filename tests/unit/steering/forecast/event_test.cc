// tests/unit/steering/forecast/event_test.cc -- audiences known beforehand, and what becomes of them.
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/forecast/event_curve.h"
#include "steering/forecast/event_rows.h"
#include "steering/forecast/forecaster.h"
#include "tests/unit/steering/forecast/world.h"

namespace spillway {
namespace {

constexpr double kStart_s = 1200, kRamp_s = 1800, kPeak = 3e6, kSession_s = 1800;

Policy EventPolicy(double germany = 0) {
  Policy policy = SmallPolicy();
  policy.services[0].hosts.clear();  // DNS only
  Event event{.service = ServiceId(0),
              .start = kEpoch + absl::Seconds(kStart_s),
              .ramp = absl::Seconds(kRamp_s),
              .peak_world = kPeak};
  if (germany > 0) event.shares.push_back({.group = LabelId(0), .peak = germany});
  policy.events.push_back(event);
  return policy;
}

EventCurve Planned() { return {.peak = kPeak, .ramp_s = kRamp_s, .session_s = kSession_s}; }

TEST(EventCurve, ReachesThePeakAndItsArrivalsAddUp) {
  const EventCurve curve = Planned();
  EXPECT_EQ(curve.Sessions(-1), 0);
  EXPECT_EQ(curve.Sessions(kRamp_s / 2), kPeak / 2);
  EXPECT_EQ(curve.Sessions(2 * kRamp_s), kPeak);
  EXPECT_EQ(curve.Arrivals(-1), 0);
  EXPECT_DOUBLE_EQ(curve.Arrivals(2 * kRamp_s), kPeak / kSession_s);
  for (double from : {-300.0, 0.0, 100.0, 900.0, 1700.0, 1900.0, 5000.0}) {
    double sum = 0;
    for (int i = 0; i < 12000; ++i) sum += curve.Arrivals(from + (i + 0.5) / 100) / 12000;
    EXPECT_NEAR(curve.MeanArrivals(from, from + 120), sum, 0.001 * sum + 1e-9) << from;
    // And they make the sessions they are derived from.
    double sessions = curve.Sessions(from);
    for (int i = 0; i < 1200; ++i)
      sessions += 0.1 * (curve.Arrivals(from + i * 0.1) - sessions / kSession_s);
    EXPECT_NEAR(sessions, curve.Sessions(from + 120), 0.003 * kPeak) << from;
  }
}

TEST(EventRows, ANamedGroupIsInsideItsCountryAndTheRestIsForTheOthers) {
  std::vector<Group> groups = {{.name = "DE", .country = "DE"},
                               {.name = "DE+isp", .country = "DE", .labels = {LabelId(0)}},
                               {.name = "FR", .country = "FR"},
                               {.name = "US-CA", .country = "US"},
                               {.name = "US-NY", .country = "US"}};
  Event event{.peak_world = 100};
  event.shares = {{.country = "DE", .peak = 40}, {.group = LabelId(0), .peak = 10}};
  const EventRows rows = BuildEventRows(event, groups);
  EXPECT_EQ(rows.peak, 100);
  EXPECT_NEAR(rows.declared[0], 0.3, 1e-6);
  EXPECT_NEAR(rows.declared[1], 0.1, 1e-6);
  EXPECT_EQ(rows.declared[2], 0);
  EXPECT_NEAR(rows.rest, 0.6, 1e-6);
  EXPECT_NEAR(rows.blind[2], 1 / 3.0, 1e-6);
  EXPECT_NEAR(rows.blind[3], 1 / 6.0, 1e-6);
}

TEST(Event, WithoutTrafficThePlanAloneIsTheForecast) {
  ForecastWorld world(SmallFrame(EventPolicy(kPeak / 2)));
  world.now = kEpoch + absl::Seconds(kStart_s - 60);
  world.Predict();
  const double mean = Planned().MeanArrivals(-60, 60);
  EXPECT_GT(mean, 0);
  EXPECT_NEAR(world.shown().arrivals_expected / mean, 1, 1e-6);
  EXPECT_NEAR(Sum(world.demand.dns_expected) / mean, 1, 1e-4);
  EXPECT_EQ(Sum(world.demand.redirect_expected), 0);  // its name is answered by DNS only
  EXPECT_EQ(Sum(world.demand.dns_arrivals), 0);
  const auto germany = SmallFrame(EventPolicy())->groups->FindGroup("??+germany");
  EXPECT_NEAR(world.demand.dns_expected[germany->index()] / mean, 0.5 + 0.5 / 3, 0.01);
}

TEST(Event, LongBeforeItThereIsNothing) {
  ForecastWorld world(SmallFrame(EventPolicy()));
  world.Run(600, [](double) { return 0.0; });
  EXPECT_EQ(world.shown().arrivals_expected, 0);
}

TEST(Event, ThatComesAsPlannedIsForecastBeforeItsFirstViewer) {
  ForecastWorld world(SmallFrame(EventPolicy()));
  const EventCurve curve = Planned();
  const auto arrivals = [&](double t) { return 300 + curve.Arrivals(t - kStart_s); };
  double worst = 0;
  while (world.Seconds() < 4000) {
    world.Tick(arrivals(world.Seconds() + 0.5));
    if (world.Seconds() < 900) continue;
    const double from = world.Seconds() - kStart_s;
    const double mean = 300 + curve.MeanArrivals(from, from + 120);
    worst = std::max(worst, std::abs(world.shown().arrivals_expected / mean - 1));
  }
  EXPECT_LT(worst, 0.12);
}

TEST(Event, MissedByHalfIsCorrectedByLiveDataWithinAMinute) {
  for (double factor : {0.5, 2.0}) {
    for (uint32_t seed : {1, 2, 3}) {
      SCOPED_TRACE(testing::Message() << factor << " seed " << seed);
      ForecastWorld world(SmallFrame(EventPolicy()), seed);
      const EventCurve curve = Planned();
      double worst = 0;
      while (world.Seconds() < kStart_s + kRamp_s) {
        const double t = world.Seconds() - kStart_s;
        world.Tick(factor * curve.Arrivals(t + 0.5));
        if (t < 60) continue;
        const double mean = factor * curve.MeanArrivals(t + 1, t + 121);
        worst = std::max(worst, std::abs(world.shown().arrivals_expected / mean - 1));
      }
      EXPECT_LT(worst, 0.15);
    }
  }
}

TEST(Event, ToWhichNobodyComesIsOverInMinutes) {
  ForecastWorld world(SmallFrame(EventPolicy()));
  world.Run(1500, [](double) { return 200.0; });
  EXPECT_NEAR(world.shown().arrivals_expected, 200, 30);
}

TEST(Event, ThatBeginsLateIsFollowed) {
  ForecastWorld world(SmallFrame(EventPolicy()));
  const EventCurve curve = Planned();
  double worst = 0;
  while (world.Seconds() < kStart_s + 1500) {
    const double t = world.Seconds() - kStart_s - 600;
    world.Tick(300 + curve.Arrivals(t + 0.5));
    if (t < 180) continue;
    const double mean = 300 + curve.MeanArrivals(t + 1, t + 121);
    worst = std::max(worst, std::abs(world.shown().arrivals_expected / mean - 1));
  }
  EXPECT_LT(worst, 0.15);
}

TEST(Event, IsCountedInSessionsAndAnswersInWhatTheyAreWorth) {
  ForecastWorld world(SmallFrame(EventPolicy()));
  world.forecaster.UseCalibration(Calibration{.dns_weight = {40}});
  world.Run(static_cast<int>(kStart_s) - 60, [](double) { return 50.0; });
  const double planned = Planned().MeanArrivals(-60, 60) / 40;
  EXPECT_NEAR(world.shown().arrivals_expected, 50 + planned, 3 + 0.4 * planned);
}

}  // namespace
}  // namespace spillway
