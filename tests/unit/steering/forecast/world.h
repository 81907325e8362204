// tests/unit/steering/forecast/world.h -- arrivals of a made-up world, tick by tick, into a Forecaster.
#ifndef SPILLWAY_TESTS_UNIT_STEERING_FORECAST_WORLD_H_
#define SPILLWAY_TESTS_UNIT_STEERING_FORECAST_WORLD_H_

#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "steering/forecast/forecaster.h"
#include "tests/support/policy_fixture.h"

namespace spillway {

inline const absl::Time kEpoch = absl::FromUnixSeconds(1'700'000'000);

// SmallFrame's one service; every row gets `shares[row]` of the arrivals, all in its first slot.
class ForecastWorld {
 public:
  explicit ForecastWorld(std::shared_ptr<const Frame> frame = SmallFrame(), uint32_t seed = 1)
      : frame_(std::move(frame)), random_(seed) {
    forecaster.Bind(frame_);
    const size_t rows = frame_->candidates->row_count();
    shares.assign(rows, 1.0 / static_cast<double>(rows));
    activity_.dns.resize(frame_->candidates->slot_count());
    activity_.redirect.resize(frame_->candidates->slot_count());
    activity_.steering.resize(frame_->candidates->slot_count());
  }

  // One tick of `length_s`; `dns` and `redirect`: arrivals/s during it. Counts are Poisson, times
  // 1 +- `noise`.
  void Tick(double dns, double redirect = 0, double length_s = 1) {
    now += absl::Seconds(length_s);
    activity_.elapsed = absl::Seconds(length_s);
    for (size_t row = 0; row < shares.size(); ++row) {
      const uint32_t slot = frame_->candidates->RowBegin(row);
      activity_.dns[slot] = Count(dns * shares[row] * length_s);
      activity_.redirect[slot] = Count(redirect * shares[row] * length_s);
    }
    forecaster.Observe(now, activity_, resolver_arrivals);
    Predict();
  }
  void Predict() { forecaster.Predict(now, horizon, &demand); }
  // `seconds` ticks of one second; `rate` of the seconds since kEpoch.
  void Run(int seconds, const std::function<double(double)>& rate) {
    for (int i = 0; i < seconds; ++i) Tick(rate(Seconds() + 0.5));
  }
  double Seconds() const { return absl::ToDoubleSeconds(now - kEpoch); }
  Forecaster::ServiceForecast shown() const { return forecaster.service(ServiceId(0)); }

  Forecaster forecaster;
  Demand demand;
  absl::Time now = kEpoch;
  absl::Duration horizon = absl::Seconds(120);
  std::vector<double> shares;  // by row
  std::vector<float> resolver_arrivals;
  double noise = 0.01;
  bool poisson = true;

 private:
  float Count(double mean) {
    if (mean <= 0) return 0;
    const double noisy = mean * std::max(0.0, 1 + noise * normal_(random_));
    if (!poisson) return static_cast<float>(noisy);
    if (noisy > 1e6) return static_cast<float>(noisy + std::sqrt(noisy) * normal_(random_));
    return static_cast<float>(std::poisson_distribution<int>(noisy)(random_));
  }

  std::shared_ptr<const Frame> frame_;
  Activity activity_;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

inline double Sum(const std::vector<float>& values) {
  double sum = 0;
  for (float v : values) sum += v;
  return sum;
}

// d/dt of a logistic audience plus what replaces those who leave.
struct LogisticAudience {
  double peak = 1e6, centre_s = 2400, scale_s = 400, session_s = 2700;
  double Arrivals(double t) const {
    const double p = 1 / (1 + std::exp(-(t - centre_s) / scale_s));
    return peak * (p * (1 - p) / scale_s + p / session_s);
  }
  double Mean(double from, double to) const {
    double sum = 0;
    for (int i = 0; i < 100; ++i) sum += Arrivals(from + (to - from) * (i + 0.5) / 100);
    return sum / 100;
  }
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_UNIT_STEERING_FORECAST_WORLD_H_
