// tests/unit/steering/forecast/calibrator_test.cc -- reports of a world whose truth is known; what
// is learned of it.
#include "steering/forecast/calibrator.h"

#include <cmath>
#include <limits>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

constexpr double kStep_s = 5;

Policy TwoServices() {
  Policy policy = SmallPolicy();
  Service vod = policy.services[0];
  vod.name = "vod";
  vod.dns_names = {"vod.example.com"};
  vod.hosts = {"vod.example.com"};
  policy.services.push_back(vod);
  return policy;
}

// Sessions as they are, and as a ledger that believes the calibration models them.
class LoadWorld {
 public:
  struct Truth {
    double dns_weight = 1, redirect_weight = 1, session_s = 1800, bitrate_mbps = 5;
  };
  explicit LoadWorld(Policy policy = SmallPolicy(), uint32_t seed = 1)
      : frame(SmallFrame(std::move(policy))), random_(seed) {
    calibrator.Bind(frame);
    const size_t services = frame->policy->services.size();
    truth.resize(services);
    answers.resize(services);
    redirects.resize(services);
    real_.resize(services);
    dns_.resize(services);
    redirect_.resize(services);
    totals.dns_model_mbps.resize(services);
    totals.redirect_model_mbps.resize(services);
    totals.sessions_based = true;
    calibrator.Update(now, totals, &calibration);
  }

  // Load that was there before us: measured by the first report, ends as real sessions do.
  void Inherit(double mbps) {
    inherited_ = mbps;
    totals.inherited_mbps = mbps;
  }

  void Step() {
    now += absl::Seconds(kStep_s);
    double mbps = background_mbps, sessions = 0;
    for (size_t s = 0; s < truth.size(); ++s) {
      const Truth& t = truth[s];
      const double starts = t.dns_weight * answers[s] + t.redirect_weight * redirects[s];
      Follow(&real_[s], starts, t.session_s);
      mbps += real_[s] * t.bitrate_mbps;
      sessions += real_[s];
      Follow(&dns_[s], answers[s], calibration.session_s[s]);
      Follow(&redirect_[s], redirects[s], calibration.session_s[s]);
      totals.dns_model_mbps[s] = dns_[s] * calibration.bitrate_mbps[s];
      totals.redirect_model_mbps[s] = redirect_[s] * calibration.bitrate_mbps[s];
    }
    Follow(&inherited_, 0, truth[0].session_s);
    Follow(&totals.inherited_mbps, 0, calibration.session_s[0]);
    mbps += inherited_;
    const double noisy = 1 + noise * normal_(random_);
    totals.measured_mbps = mbps * quiet * noisy;
    totals.egress_mbps = report_sessions ? mbps * quiet * noisy : 0;
    totals.sessions = report_sessions ? sessions : 0;
    calibrator.Update(now, totals, &calibration);
  }
  void Run(double seconds) {
    for (double t = 0; t < seconds; t += kStep_s) Step();
  }
  // As after hours of the present arrivals.
  void Settle() {
    for (size_t s = 0; s < truth.size(); ++s) {
      const double starts =
          truth[s].dns_weight * answers[s] + truth[s].redirect_weight * redirects[s];
      real_[s] = starts * truth[s].session_s;
      dns_[s] = answers[s] * calibration.session_s[s];
      redirect_[s] = redirects[s] * calibration.session_s[s];
    }
  }

  // Real load of sessions that we began.
  double OursMbps() const {
    double mbps = 0;
    for (size_t s = 0; s < truth.size(); ++s) mbps += real_[s] * truth[s].bitrate_mbps;
    return mbps;
  }

  std::shared_ptr<const Frame> frame;
  Calibrator calibrator;
  Calibration calibration;
  Totals totals;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  std::vector<Truth> truth;
  std::vector<double> answers, redirects;  // per second, by service
  double noise = 0.02, background_mbps = 0, quiet = 1;
  bool report_sessions = false;

 private:
  static void Follow(double* load, double starts, double session_s) {
    const double keep = std::exp(-kStep_s / session_s);
    *load = *load * keep + starts * session_s * (1 - keep);
  }
  std::vector<double> real_, dns_, redirect_;
  double inherited_ = 0;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

TEST(Calibrator, StartsFromThePolicy) {
  LoadWorld world;
  EXPECT_FLOAT_EQ(world.calibration.dns_weight[0], 1);
  EXPECT_FLOAT_EQ(world.calibration.redirect_weight[0], 1);
  EXPECT_FLOAT_EQ(world.calibration.session_s[0], 1800);
  EXPECT_FLOAT_EQ(world.calibration.bitrate_mbps[0], 5);
}

TEST(Calibrator, FortySessionsForAnAnswerAreLearnedWithinThreeMinutesOfARamp) {
  for (double weight : {40.0, 4.0, 1.0, 0.25, 200.0}) {
    SCOPED_TRACE(weight);
    LoadWorld world;
    world.truth[0].dns_weight = weight;
    for (int i = 0; i < 36; ++i) {
      world.answers[0] = 10.0 * i;
      world.Step();
    }
    EXPECT_NEAR(world.calibration.dns_weight[0] / weight, 1, 0.1);
  }
}

TEST(Calibrator, DnsIsLearnedWhileRedirectsStayWhatTheyAre) {
  LoadWorld world;
  world.truth[0].dns_weight = 40;
  for (int i = 0; i < 36; ++i) {
    world.answers[0] = 5.0 * i;
    world.redirects[0] = 100.0 * i;
    world.Step();
  }
  EXPECT_NEAR(world.calibration.dns_weight[0], 40, 6);
  EXPECT_NEAR(world.calibration.redirect_weight[0], 1, 0.15);
}

TEST(Calibrator, ASteadyStateChangesNothing) {
  LoadWorld world;
  world.truth[0].dns_weight = 40;
  for (int i = 0; i < 60; ++i) {
    world.answers[0] = 5.0 * i;
    world.redirects[0] = 20.0 * i;
    world.Step();
  }
  world.Run(3600);
  const double dns = world.calibration.dns_weight[0],
               redirect = world.calibration.redirect_weight[0];
  const double session_s = world.calibration.session_s[0];
  world.Run(3 * 3600);
  EXPECT_NEAR(world.calibration.dns_weight[0] / dns, 1, 0.03);
  EXPECT_NEAR(world.calibration.redirect_weight[0] / redirect, 1, 0.03);
  EXPECT_NEAR(world.calibration.session_s[0] / session_s, 1, 0.03);
}

TEST(Calibrator, ARestartUnderUnknownLoadDoesNotPoisonTheWeights) {
  for (double session_s : {1200.0, 1800.0, 2700.0}) {
    SCOPED_TRACE(session_s);
    LoadWorld world;
    world.truth[0].session_s = session_s;
    world.answers[0] = 1000;
    world.redirects[0] = 1000;
    world.Inherit(2000 * session_s * 5);  // the steady state of these arrivals
    double off = 0, modelled = 0;
    for (int i = 0; i < 1440; ++i) {
      world.Step();
      modelled = world.calibration.dns_weight[0] * world.totals.dns_model_mbps[0] +
                 world.calibration.redirect_weight[0] * world.totals.redirect_model_mbps[0];
      const double part = std::abs(modelled - world.OursMbps()) / world.totals.measured_mbps;
      off = std::max(off, part);
    }
    // At no time are our sessions taken for much more or less than they are, and in the end for what
    // they are, although the session length is unknown.
    EXPECT_LT(off, 0.2);
    EXPECT_NEAR(modelled / world.OursMbps(), 1, 0.05);
    EXPECT_NEAR(world.calibration.redirect_weight[0], 1, 0.1);
  }
}

TEST(Calibrator, SessionLengthIsLearnedFromAnEveningAndNotFromAMinute) {
  for (double factor : {0.5, 0.7, 1.0, 1.4, 2.0}) {
    SCOPED_TRACE(factor);
    LoadWorld world;
    world.truth[0].session_s = 1800 * factor;
    for (int i = 0; i < 2160; ++i) {  // three hours, up and down
      const double t = i * kStep_s;
      world.redirects[0] = 1000 * (1.2 + std::sin(t / 900));
      world.answers[0] = 300 * (1.2 + std::sin(t / 900));
      world.Step();
    }
    EXPECT_NEAR(world.calibration.session_s[0] / (1800 * factor), 1, 0.2);
  }
}

TEST(Calibrator, AQuietSceneDoesNotLowerTheNominalBitrate) {
  LoadWorld world;
  world.report_sessions = true;
  world.totals.sessions_based = false;
  world.redirects[0] = 1000;
  world.Settle();
  world.Run(1800);
  EXPECT_NEAR(world.calibration.bitrate_mbps[0], 5, 0.05);
  world.quiet = 0.6;
  world.Run(1800);
  EXPECT_NEAR(world.calibration.bitrate_mbps[0], 5, 0.05);
  world.quiet = 1.3;  // an upgrade of the ladder: reserved within minutes
  world.Run(300);
  EXPECT_NEAR(world.calibration.bitrate_mbps[0], 6.5, 0.3);
  world.quiet = 0.9;
  world.Run(5 * 3600);  // the loud time is over for good
  EXPECT_NEAR(world.calibration.bitrate_mbps[0], 4.5, 0.3);
}

TEST(Calibrator, AQuietSceneDoesNotLowerTheWeights) {
  LoadWorld world;
  world.totals.sessions_based = false;
  world.truth[0].dns_weight = 40;
  for (int i = 0; i < 120; ++i) {
    world.answers[0] = 5.0 * i;
    world.Step();
  }
  world.Run(600);
  world.quiet = 0.6;
  double least = 100;
  for (int i = 0; i < 120; ++i) {
    world.Step();
    least = std::min<double>(least, world.calibration.dns_weight[0]);
  }
  // The scene takes 40 %. What is left of the ramp is seen through it, and that much is believed.
  EXPECT_GT(least, 34);
  EXPECT_NEAR(world.calibration.session_s[0], 1800, 90);
}

TEST(Calibrator, BackgroundThatRisesIsNotTakenForOurs) {
  LoadWorld world;
  for (int i = 0; i < 120; ++i) {
    world.answers[0] = 10.0 * i;
    world.Step();
  }
  world.Run(1800);
  world.background_mbps = 0.15 * world.totals.measured_mbps;
  world.Run(1800);
  EXPECT_NEAR(world.calibration.dns_weight[0], 1, 0.05);
}

TEST(Calibrator, ServicesAreToldApartWhenTheirTrafficMovesApart) {
  LoadWorld world(TwoServices());
  world.truth[0].dns_weight = 40;
  world.truth[1].dns_weight = 10;
  for (int i = 0; i < 720; ++i) {
    world.answers[0] = 100 * (1.5 + std::sin(i * kStep_s / 600));
    world.answers[1] = 400 * (1.5 + std::sin(i * kStep_s / 1000));
    world.Step();
  }
  EXPECT_NEAR(world.calibration.dns_weight[0], 40, 8);
  EXPECT_NEAR(world.calibration.dns_weight[1], 10, 2);
}

TEST(Calibrator, ANewPolicyKeepsWhatWasLearnedByName) {
  LoadWorld world;
  world.truth[0].dns_weight = 40;
  for (int i = 0; i < 60; ++i) {
    world.answers[0] = 10.0 * i;
    world.Step();
  }
  Policy policy = TwoServices();
  std::swap(policy.services[0], policy.services[1]);
  world.calibrator.Bind(SmallFrame(policy));
  Totals silent{.dns_model_mbps = {0, 0}, .redirect_model_mbps = {0, 0}};
  Calibration after;
  world.calibrator.Update(world.now, silent, &after);
  EXPECT_NEAR(after.dns_weight[1], 40, 4);
  EXPECT_EQ(after.dns_weight[0], 1);
}

TEST(Calibrator, NonsenseIsIgnored) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  LoadWorld world;
  Calibration out;
  for (double bad : {nan, inf, -inf, -1.0, 0.0, 1e300, 1e-300}) {
    for (double other : {nan, 0.0, 1.0, 1e14, 1e-300}) {
      for (int field = 0; field < 6; ++field) {
        Totals totals{.measured_mbps = other,
                      .dns_model_mbps = {other},
                      .redirect_model_mbps = {other},
                      .inherited_mbps = other,
                      .egress_mbps = other,
                      .sessions = other};
        double* const fields[] = {
            &totals.measured_mbps,  &totals.dns_model_mbps[0], &totals.redirect_model_mbps[0],
            &totals.inherited_mbps, &totals.egress_mbps,       &totals.sessions};
        *fields[field] = bad;
        world.calibrator.Update(world.now += absl::Seconds(5), totals, &out);
        EXPECT_THAT(out.dns_weight[0], testing::AllOf(testing::Ge(0.019), testing::Le(501)));
        EXPECT_THAT(out.redirect_weight[0], testing::AllOf(testing::Ge(0.19), testing::Le(5.01)));
        EXPECT_THAT(out.session_s[0], testing::AllOf(testing::Ge(899), testing::Le(3601)));
        EXPECT_THAT(out.bitrate_mbps[0], testing::AllOf(testing::Ge(2.49), testing::Le(15.01)));
      }
    }
  }
}

TEST(Calibrator, TheSameReportsGiveTheSameBits) {
  Calibration first, second;
  for (Calibration* out : {&first, &second}) {
    LoadWorld world;
    world.answers[0] = 100;
    world.Run(600);
    *out = world.calibration;
  }
  EXPECT_EQ(first.dns_weight, second.dns_weight);
  EXPECT_EQ(first.session_s, second.session_s);
}

}  // namespace
}  // namespace spillway
