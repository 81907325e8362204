// steering/forecast/arrival_series.h -- level and trend of one stream of arrivals, bin by bin.
//
//   bins:   y y y y y y |y        fit: level - trend * age, old bins count less (e^(-age / memory))
//                        └ a jump no noise explains moves the level, not the trend
//
// why: discounted least squares is Holt's method with the gains that never ring, exact from the
//      first bin on and for bins of unequal length. A step taken for the start of a ramp would be
//      extrapolated to twice its height; three jumps one after another the same way are a ramp.
//      A fall must be seen in three bins (counters may miss one, which two show); a rise is
//      believed at once.
// units: arrivals/s; seconds; ages count from the middle of the newest bin.
// thread safety: none. cost: O(1) each, no heap.
// references: Holt 1957 (level and trend), Brown 1963 (discounted least squares), Gardner and
//      McKenzie 1985 (damped trend).
#ifndef SPILLWAY_STEERING_FORECAST_ARRIVAL_SERIES_H_
#define SPILLWAY_STEERING_FORECAST_ARRIVAL_SERIES_H_

#include <array>

namespace spillway {

// Longest bin, and the one that the fit's memory is meant for; a shorter one has a shorter memory.
inline constexpr double kBinUsual_s = 5;

// What is extrapolated stays between these parts of the level.
inline constexpr double kExtrapolationMin = 0.3;
inline constexpr double kExtrapolationMax = 3.0;

class ArrivalSeries {
 public:
  // One more bin: the mean of `rate` over `length_s` > 0 seconds. Requires rate >= 0, finite.
  void Add(double rate, double length_s);
  // The unit of the counts changed: everything known is `rate` more (less when negative).
  void Shift(double rate);

  bool empty() const { return bins_ == 0; }
  double level() const { return level_; }
  // Relative standard deviation of one bin around the line.
  double noise() const;
  // Arrivals/s at `ahead_s` after the end of the newest bin.
  double At(double ahead_s) const;
  // Their mean over [from_s, to_s] after the end of the newest bin; from_s <= to_s.
  double Mean(double from_s, double to_s) const;

 private:
  enum class Kind { kOrdinary, kHold, kStep, kRamp };
  struct Bin {
    double rate = 0, length_s = 0;
  };
  Kind Classify(double rate, double length_s, double ahead_s);
  void MeasureNoise(double rate);
  void Push(double rate, double gap_s);
  void WatchLine(double off);
  void Weaken(double bins);
  void Fit();

  // Sums over bins of weight, weight * age, weight * age^2, weight * rate, weight * age * rate.
  double s0_ = 0, s1_ = 0, s2_ = 0, sy_ = 0, sty_ = 0;
  double level_ = 0, trend_ = 0;  // at age 0; per second
  double growth_ = 0;             // of the level, per second
  double seen_s_ = 0;             // since the line began anew
  double variance_ = 0;           // of one bin
  std::array<Bin, 3> last_;       // newest first
  int bins_ = 0;                  // seen, up to 3
  double run_ = 0;                // sum of the deviations since the line was last crossed
  int run_bins_ = 0;
  int jumps_ = 0;  // in a row; negative when downwards
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_ARRIVAL_SERIES_H_
