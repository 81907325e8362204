// steering/forecast/forecast_score.h -- forecasts kept until their horizon has passed, then judged.
//
//   Keep(forecast) ─► [ at | at | at | ... ] ─Judge(total so far)─► log(actual / forecast)
//                                                  ├─► bias, mean error, spread up and down
//                                                  └─► how much to believe trend and event
//
// units: arrivals/s over the horizon; errors are natural logarithms of ratios; seconds of observed
// time. thread safety: none. No heap.
#ifndef SPILLWAY_STEERING_FORECAST_FORECAST_SCORE_H_
#define SPILLWAY_STEERING_FORECAST_FORECAST_SCORE_H_

#include <array>
#include <cstddef>

namespace spillway {

// A q90 is at least this much above the median: the measuring noise of the paper's design (4.3,
// sigma about 3 %).
inline constexpr double kMarginMin = 1.03;

class ForecastScore {
 public:
  ForecastScore();

  struct Forecast {
    double at_s = 0, horizon_s = 0;
    double total = 0;                   // all arrivals until at_s
    double expected = 0;                // mean over the horizon, as given out
    double by_trend = 0, by_event = 0;  // what either alone would have said
    bool event = false;                 // by_event means something
  };

  // The oldest is dropped when kKept are waiting.
  void Keep(const Forecast& forecast);
  // Judges every forecast that has come due. `total`: all arrivals until now_s.
  void Judge(double now_s, double total);
  // What is waiting can no longer be judged (the unit of the counts changed).
  void Forget() { size_ = 0; }

  double margin_up() const;                     // q90 / q50 >= kMarginMin
  double margin_down() const;                   // q10 / q50 <= 1 / kMarginMin
  double mean_error() const { return error_; }  // mean |forecast - actual| / actual
  double bias() const { return bias_; }         // mean log(actual / forecast); > 0: too low
  // Weight of the event against the trend, 0..1, by their recent errors.
  double event_weight() const;

 private:
  // 300 s of horizon in bins of 5 s, and some for bins that come out shorter.
  static constexpr size_t kKept = 64;
  void Learn(const Forecast& forecast, double actual, double gap_s);

  std::array<Forecast, kKept> kept_;  // ring
  size_t first_ = 0, size_ = 0;
  double judged_s_ = 0;
  double judged_ = 0;  // forecasts judged so far, as a count that stops at the memory's length
  double bias_ = 0, error_ = 0;
  double variance_;                   // of the errors around the bias
  double trend_error_, event_error_;  // mean squares
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_FORECAST_SCORE_H_
