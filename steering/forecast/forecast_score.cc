// steering/forecast/forecast_score.cc -- see forecast_score.h.
#include "steering/forecast/forecast_score.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// Before the first judgement: 10 %, what an untuned Holt gives on the ramps of 5.4 of the research
// notes; counts like kPriorCount judged forecasts.
constexpr double kFirstError = 0.10;
constexpr double kPriorCount = 6;
// The trend knows nothing of an event that has not begun, the event's plan does: first weights 9:1.
constexpr double kFirstTrendError = 0.30;
// Errors of the last five horizons count: 10 minutes with the usual 120 s. Which of two forecasters
// is the better one must be seen within one.
constexpr double kMemoryHorizons = 5;
// Standard deviations from the median to the 90th percentile of a normal distribution.
constexpr double kSigmas90 = 1.2816;
// One judged error is at most a factor of e: an outage is not a lesson on forecasting.
constexpr double kErrorMax = 1.0;

double Square(double x) { return x * x; }

}  // namespace

ForecastScore::ForecastScore()
    : variance_(Square(kFirstError)),
      trend_error_(Square(kFirstTrendError)),
      event_error_(Square(kFirstError)) {}

void ForecastScore::Keep(const Forecast& forecast) {
  if (size_ == kKept) {
    first_ = (first_ + 1) % kKept;
    --size_;
  }
  kept_[(first_ + size_++) % kKept] = forecast;
}

void ForecastScore::Judge(double now_s, double total) {
  while (size_ > 0) {
    const Forecast& oldest = kept_[first_];
    if (oldest.at_s + oldest.horizon_s > now_s) return;
    Learn(oldest, (total - oldest.total) / (now_s - oldest.at_s), now_s - judged_s_);
    judged_s_ = now_s;
    first_ = (first_ + 1) % kKept;
    --size_;
  }
}

void ForecastScore::Learn(const Forecast& forecast, double actual, double gap_s) {
  // One arrival more on either side: nothing against nothing is no error, and one against nothing
  // is a factor of two.
  const double one = 1 / forecast.horizon_s;
  const auto error = [&](double expected) {
    return std::clamp(std::log((actual + one) / (expected + one)), -kErrorMax, kErrorMax);
  };
  gap_s = std::clamp(gap_s, 0.0, forecast.horizon_s);
  const double gain = std::max(-std::expm1(-gap_s / (kMemoryHorizons * forecast.horizon_s)),
                               1 / (kPriorCount + ++judged_));
  judged_ = std::min(judged_, 1000.0);
  const double e = error(forecast.expected);
  const double off = e - bias_;
  bias_ += gain * off;
  variance_ += gain * (off * (e - bias_) - variance_);
  error_ += gain * (std::abs(std::expm1(-e)) - error_);
  if (!forecast.event) return;
  const double fast = -std::expm1(-gap_s / forecast.horizon_s);
  trend_error_ += fast * (Square(error(forecast.by_trend)) - trend_error_);
  event_error_ += fast * (Square(error(forecast.by_event)) - event_error_);
}

double ForecastScore::margin_up() const {
  return std::max(kMarginMin, std::exp(bias_ + kSigmas90 * std::sqrt(variance_)));
}

double ForecastScore::margin_down() const {
  return std::min(1 / kMarginMin, std::exp(bias_ - kSigmas90 * std::sqrt(variance_)));
}

double ForecastScore::event_weight() const {
  // The better one wins by the inverse of the mean squares; 1 % is as good as none.
  const double least = Square(0.01);
  return (trend_error_ + least) / (trend_error_ + event_error_ + 2 * least);
}

}  // namespace spillway
