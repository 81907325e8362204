// steering/ledger/rates.h -- how fast things end: closed forms for a step and a projection.
//
// Between two looks arrivals, the mix and the rates are constant. A cached fraction goes to the mix
// by exp(-t/tau), a session ends by exp(-mu t), so what began in [0, t] and is still there is an
// integral of two exponentials: exact for any t. The paper's tau' (section 4.3) is its
// limit for sessions much longer than t; the exact form also holds for sessions as short as the
// horizon.
// thread safety: plain values.
#ifndef SPILLWAY_STEERING_LEDGER_RATES_H_
#define SPILLWAY_STEERING_LEDGER_RATES_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "steering/ledger/demand.h"
#include "steering/model/policy.h"

namespace spillway {

// Integral over s in [0, t] of exp(-p s) exp(-q (t - s)); symmetrical in p and q. p, q, t >= 0.
inline double Convolve(double p, double q, double t) {
  const double low = std::min(p, q), apart = std::abs(p - q);
  // Below this the series' second term is under 1e-9 of the first.
  const double mean = apart * t < 1e-9 ? t : -std::expm1(-apart * t) / apart;
  return std::exp(-low * t) * mean;
}

// Caches that lag: 10 % of resolvers stretch a TTL of 30 s to 300 s or more (control-prototype.md),
// and stay for about 15 minutes (papers-and-algorithms 4.3); 600 s lies between.
inline constexpr double kSlowFraction = 0.1;
inline constexpr double kSlowTau = 600;

// Bounds of what comes from outside: wide of anything real, tight enough that no product of them
// overflows a float.
inline constexpr double kAnswerTtlMin = 1, kAnswerTtlMax = 86'400;
inline constexpr double kSessionMin = 1, kSessionMax = 1e7;
inline constexpr double kWeightMin = 0.01, kWeightMax = 500;
inline constexpr double kBitrateMax = 1e5;   // Mbps
inline constexpr double kArrivalsMax = 1e9;  // sessions/s of a row
inline constexpr double kMarginMax = 10;
inline constexpr double kLoadMax = 1e12;  // Mbps of a target
// Less than this (of a session, of a fraction, of a Mbps) is nothing.
inline constexpr double kFaded = 1e-9;

// A value from outside, brought into [low, high]; NaN becomes low.
inline double Within(double value, double low, double high) {
  return value >= low ? std::min(value, high) : low;
}
// The same for counts in the loops over slots: no branch, NaN becomes 0. 1e9 = more than anybody
// answers in one look.
inline float Count(float value) { return std::min(std::max(0.0f, value), 1e9f); }
// A state after a step: never a denormal, which would make every later step many times slower.
inline float Settle(float value) { return value > static_cast<float>(kFaded) ? value : 0.0f; }

// Who asks again does so after the TTL told last time. When the TTL in force changes, each cache
// and player learns of it the next time it asks: the mean rate goes to the new one at the old pace.
// So a shorter TTL helps no sooner than the answers given before it run out, and a longer one does
// not look like more players.
inline float NextPeriod(float period_s, float ttl_s, double dt) {
  if (period_s == ttl_s) return ttl_s;
  const double rate = 1.0 / period_s, next = 1.0 / ttl_s;
  const double now = rate + (next - rate) * -std::expm1(-dt * rate);
  if (std::abs(now - next) < 0.01 * next) return ttl_s;  // nobody sees the difference
  return static_cast<float>(1 / now);
}

// What is in force for one service.
struct ServiceRates {
  double dns_weight = 1, redirect_weight = 1;
  double session_s = 1800;
  double bitrate_mbps = 0;
  double ttl_s = 30;  // when the row's is unknown
  friend bool operator==(const ServiceRates&, const ServiceRates&) = default;
};

// Of the policy alone.
inline ServiceRates PolicyRates(const Service& service) {
  return {.session_s = Within(absl::ToDoubleSeconds(service.session), kSessionMin, kSessionMax),
          .bitrate_mbps = Within(service.bitrate_mbps, 0, kBitrateMax),
          .ttl_s = Within(absl::ToDoubleSeconds(service.ttl.calm), kAnswerTtlMin, kAnswerTtlMax)};
}

// The same with what was learned, where the calibration knows.
inline ServiceRates CalibratedRates(const Service& service, const Calibration& learned,
                                    size_t index, size_t services) {
  ServiceRates rates = PolicyRates(service);
  const auto take = [=](const std::vector<float>& from, double low, double high, double* value) {
    if (from.size() == services && from[index] > 0) *value = Within(from[index], low, high);
  };
  take(learned.dns_weight, kWeightMin, kWeightMax, &rates.dns_weight);
  take(learned.redirect_weight, kWeightMin, kWeightMax, &rates.redirect_weight);
  take(learned.session_s, kSessionMin, kSessionMax, &rates.session_s);
  take(learned.bitrate_mbps, 0, kBitrateMax, &rates.bitrate_mbps);
  return rates;
}

// One step of a row: what is kept, and how many sessions of an arrival rate of 1/s there are at the
// end, by what the cached answers were at its beginning.
struct StepRates {
  StepRates() = default;
  StepRates(double dt, double session_s, double period_s);

  float sessions_kept = 1;
  float fast_kept = 1, fast_new = 0;
  float slow_kept = 1, slow_new = 0;
  float on_mix = 0, on_fast = 0, on_slow = 0;
  float survives_uniform = 1;  // of sessions begun at any moment of the step
};

inline StepRates::StepRates(double dt, double session_s, double period_s) {
  const double mu = 1 / session_s, fast = 1 / period_s, slow = 1 / kSlowTau;
  const double all = Convolve(0, mu, dt);
  const double by_fast = (1 - kSlowFraction) * Convolve(fast, mu, dt);
  const double by_slow = kSlowFraction * Convolve(slow, mu, dt);
  sessions_kept = static_cast<float>(std::exp(-mu * dt));
  fast_kept = static_cast<float>(std::exp(-fast * dt));
  fast_new = static_cast<float>(-std::expm1(-fast * dt));
  slow_kept = static_cast<float>(std::exp(-slow * dt));
  slow_new = static_cast<float>(-std::expm1(-slow * dt));
  on_mix = static_cast<float>(std::max(0.0, all - by_fast - by_slow));
  on_fast = static_cast<float>(by_fast);
  on_slow = static_cast<float>(by_slow);
  survives_uniform = dt > 0 ? static_cast<float>(all / dt) : 1;
}

// Rows stand together by service and use a few periods (the service's TTLs, and those on the way
// from one to another): their constants are computed once, not once a row.
// `make(session_s, period_s)` computes.
template <typename Value>
class RowConstants {
 public:
  template <typename Make>
  const Value& Get(size_t service, double session_s, double period_s, Make make) {
    if (service != service_) {
      service_ = service;
      used_ = 0;
    }
    for (size_t i = 0; i < used_; ++i) {
      if (period_[i] == period_s) return value_[i];
    }
    const size_t i = used_ < kKept ? used_++ : kKept - 1;
    period_[i] = period_s;
    return value_[i] = make(session_s, period_s);
  }

 private:
  static constexpr size_t kKept = 8;  // TtlLadder has three
  size_t service_ = static_cast<size_t>(-1);
  size_t used_ = 0;
  double period_[kKept] = {};
  Value value_[kKept];
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_RATES_H_
