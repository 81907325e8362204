// tests/unit/steering/ledger/rates_test.cc -- closed forms against a sum of many small steps.
#include "steering/ledger/rates.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

double ConvolveBySum(double p, double q, double t) {
  constexpr int kSteps = 200'000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double s = (i + 0.5) / kSteps * t;
    sum += std::exp(-p * s - q * (t - s)) * t / kSteps;
  }
  return sum;
}

TEST(Convolve, EqualsTheSumOfManySmallSteps) {
  for (double p : {0.0, 1.0 / 1800, 1.0 / 30, 1.0 / 29.9999, 1.0, 5.0}) {
    for (double q : {0.0, 1.0 / 1800, 1.0 / 30}) {
      for (double t : {0.0, 1e-3, 1.0, 120.0}) {
        EXPECT_NEAR(Convolve(p, q, t), ConvolveBySum(p, q, t), 1e-6 * (1 + t))
            << p << " " << q << " " << t;
        EXPECT_EQ(Convolve(p, q, t), Convolve(q, p, t));
      }
    }
  }
}

TEST(Convolve, NeverLeavesTheNumbers) {
  for (double p : {0.0, 1e-300, 1e-12, 1.0, 1e12}) {
    for (double q : {0.0, 1e-300, 1e-12, 1.0, 1e12}) {
      for (double t : {0.0, 1e-12, 1.0, 1e7}) {
        const double value = Convolve(p, q, t);
        EXPECT_TRUE(value >= 0 && value <= t) << p << " " << q << " " << t << " " << value;
      }
    }
  }
}

// Two steps of half the length are one step: nothing depends on how often the ledger is advanced.
TEST(StepRates, ComposeExactly) {
  for (double dt : {0.1, 1.0, 5.0, 60.0, 3600.0}) {
    const StepRates one(dt, 1800, 30), half(dt / 2, 1800, 30);
    const double m = 0.2;  // the mix that answers give
    double fast = 0.9, slow = 0.6, sessions = 40;
    const double arrivals = 3;
    const double once = sessions * one.sessions_kept +
                        arrivals * (one.on_mix * m + one.on_fast * fast + one.on_slow * slow);
    for (int i = 0; i < 2; ++i) {
      sessions = sessions * half.sessions_kept +
                 arrivals * (half.on_mix * m + half.on_fast * fast + half.on_slow * slow);
      fast = fast * half.fast_kept + m * half.fast_new;
      slow = slow * half.slow_kept + m * half.slow_new;
    }
    EXPECT_NEAR(once, sessions, 1e-5 * once) << dt;
  }
}

TEST(NextPeriod, GoesToTheNewTtlAtThePaceOfTheOldOne) {
  EXPECT_EQ(NextPeriod(30, 30, 1), 30);
  EXPECT_EQ(NextPeriod(30, 10, 0), 30);
  EXPECT_NEAR(1 / NextPeriod(30, 10, 30), 1.0 / 30 + (1.0 / 10 - 1.0 / 30) * (1 - std::exp(-1)),
              1e-6);
  float period = 10;
  for (int i = 0; i < 100; ++i) period = NextPeriod(period, 600, 1);
  EXPECT_GT(period, 60);
  for (int i = 0; i < 10'000; ++i) period = NextPeriod(period, 600, 1);
  EXPECT_EQ(period, 600);
}

TEST(Count, TakesNothingForNoNumber) {
  EXPECT_EQ(Count(-1), 0);
  EXPECT_EQ(Count(NAN), 0);
  EXPECT_EQ(Count(INFINITY), 1e9f);
  EXPECT_EQ(Count(7), 7);
  EXPECT_EQ(Within(NAN, 1, 2), 1);
  EXPECT_EQ(Within(INFINITY, 1, 2), 2);
}

}  // namespace
}  // namespace spillway
