// steering/forecast/arrival_series.cc -- see arrival_series.h.
#include "steering/forecast/arrival_series.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// Memory of the fit at kNoiseUsual, in bins of 5 s; shorter bins serve a shorter horizon, in which
// noise is extrapolated less far. Curvature costs memory * horizon / scale^2 of the level, noise
// noise * horizon * sqrt(bin / (4 memory^3)): on a logistic audience of scale 400 s (the paper's
// simulation, 4.9), 120 s ahead and 2 % noise per bin, 30 s gives 2 % of either.
constexpr double kMemoryUsual_bins = 30 / kBinUsual_s;
constexpr double kNoiseUsual = 0.02;
// The memory at which the two above are in balance grows with noise^(2/5): set both equal, solve.
constexpr double kMemoryPower = 0.4;
constexpr double kMemoryMin_bins = 3;  // a line needs them
// Beyond the horizon's length (120 s) the trend is no longer current.
constexpr double kMemoryMax_bins = 120 / kBinUsual_s;
constexpr double kNoiseMin = 0.005;  // counters are not read at one instant

// A trend is believed for twice as long as it has been seen: a minute at least, so that what is
// begun anew does not swing the forecast, and a quarter of an hour at most, the steep part of a
// logistic of 400 s, both halves.
constexpr double kLifeBySeen = 2;
constexpr double kLifeMin_s = 60;
constexpr double kTrendLife_s = 900;
// And to grow by 1 % a second: the steepest audience in the evidence, 36 M in a logistic of 110 s,
// begins with 0.9 %. What grows faster is a burst that nobody can continue.
constexpr double kGrowthMax = 0.01;
// A trend of this many standard deviations, squared, is believed half: in steady traffic its noise
// would be extrapolated to the horizon and move everyone.
constexpr double kTrendDoubt = 3;
// Growth by the mean is at most this many times growth by the level: a line that began at 0 does
// not double for ever.
constexpr double kGrowthMore = 1.5;

// Beyond five sigma and 15 % a bin is no noise: a logistic of scale 110 s grows 5 % a bin at most.
constexpr double kJumpSigmas = 5;
constexpr double kJumpPart = 0.15;
constexpr int kJumpsOfRamp = 3;
// After a step the old bins say that it was flat, as one bin would; more would hide a ramp.
constexpr double kAfterStep = 1;
// The sum of a run on one side of the line, in its own standard deviations: 1 in 15'000 by chance.
constexpr double kRunSigmas = 4;
// A gap of one bin's length lies in two bins.
constexpr int kFallsBelieved = 3;

// Weight of a new bin in the noise: a mean over about 20 bins.
constexpr double kNoiseGain = 0.05;
// A bin counts at most this many times the variance so far: a step is not noise.
constexpr double kNoiseClip = 9;

}  // namespace

double ArrivalSeries::noise() const {
  return level_ > 0 ? std::max(std::sqrt(variance_) / level_, kNoiseMin) : 1.0;
}

ArrivalSeries::Kind ArrivalSeries::Classify(double rate, double length_s, double ahead_s) {
  const double expected = std::max(0.0, level_ + trend_ * ahead_s);
  const double off = rate - expected;
  // A line's forecast of one bin is about as uncertain as the bin: twice the variance. Counts of
  // small services are Poisson.
  const double sigma = std::sqrt(2 * variance_ + std::max(rate, expected) / length_s);
  if (std::abs(off) <= std::max(kJumpSigmas * sigma, kJumpPart * expected)) {
    jumps_ = 0;
    return Kind::kOrdinary;
  }
  if ((off > 0) != (jumps_ > 0)) jumps_ = 0;
  jumps_ += off > 0 ? 1 : -1;
  if (jumps_ < 0 && jumps_ > -kFallsBelieved) return Kind::kHold;
  return jumps_ >= kJumpsOfRamp ? Kind::kRamp : Kind::kStep;
}

void ArrivalSeries::MeasureNoise(double rate) {
  // The second difference of a line is 0; of noise with variance v around it has 6 v.
  const double bend = rate - 2 * last_[0].rate + last_[1].rate;
  const double seen = std::min(bend * bend / 6, kNoiseClip * variance_);
  variance_ += kNoiseGain * (seen - variance_);
}

void ArrivalSeries::Add(double rate, double length_s) {
  // From the middle of the newest bin to the middle of this one.
  const double gap_s = (last_[0].length_s + length_s) / 2;
  const double usual = kNoiseUsual * rate;
  // What the noise must be at least; it also lets the noise of a vanished stream grow again.
  const double floor = kNoiseMin * kNoiseMin * rate * rate;
  Kind kind = Kind::kOrdinary;
  if (bins_ < 2) {
    variance_ = std::max(variance_, rate / length_s + usual * usual);
  } else {
    kind = Classify(rate, length_s, gap_s);
    if (kind == Kind::kOrdinary) MeasureNoise(rate);
    variance_ = std::max(variance_, floor);
  }
  const Bin before = last_[0];
  last_ = {Bin{rate, length_s}, last_[0], last_[1]};
  bins_ = std::min(bins_ + 1, 3);
  if (kind == Kind::kHold) {
    // Not believed yet: the line goes on as if this bin had shown what was expected.
    rate = std::max(0.0, level_ + trend_ * gap_s);
  } else if (kind == Kind::kStep) {
    const double off = rate - (level_ + trend_ * gap_s);
    if (off < 0 || trend_ < 0) {
      Weaken(0);
    } else {
      sy_ += off * s0_;
      sty_ += off * s1_;
      Weaken(kAfterStep);
    }
    variance_ = std::max(variance_, rate / length_s);
  } else if (kind == Kind::kRamp) {
    Weaken(0);
    Push(last_[2].rate, 0);
    Push(before.rate, (last_[2].length_s + before.length_s) / 2);
  }
  seen_s_ = kind == Kind::kRamp ? 0 : seen_s_ + gap_s;
  if (kind == Kind::kOrdinary) WatchLine(rate - (level_ + trend_ * gap_s));
  Push(rate, gap_s);
  Fit();
}

// Bins that stay on one side of the line are no noise: the line is too old.
void ArrivalSeries::WatchLine(double off) {
  if ((off > 0) != (run_ > 0)) run_ = run_bins_ = 0;
  run_ += off;
  ++run_bins_;
  if (run_ * run_ > kRunSigmas * kRunSigmas * variance_ * run_bins_) {
    Weaken(s0_ / 2);
    seen_s_ /= 2;
    run_ = run_bins_ = 0;
  }
}

// What is known counts as `bins` bins, unless it is less already.
void ArrivalSeries::Weaken(double bins) {
  if (s0_ <= bins) return;
  const double part = bins / s0_;
  for (double* sum : {&s0_, &s1_, &s2_, &sy_, &sty_}) *sum *= part;
}

void ArrivalSeries::Push(double rate, double gap_s) {
  const double bins = std::clamp(kMemoryUsual_bins * std::pow(noise() / kNoiseUsual, kMemoryPower),
                                 kMemoryMin_bins, kMemoryMax_bins);
  const double memory_s = bins * std::min(last_[0].length_s, kBinUsual_s);
  const double keep = std::exp(-gap_s / memory_s);
  s2_ = keep * (s2_ + gap_s * (2 * s1_ + gap_s * s0_));
  s1_ = keep * (s1_ + gap_s * s0_);
  sty_ = keep * (sty_ + gap_s * sy_);
  s0_ = keep * s0_ + 1;
  sy_ = keep * sy_ + rate;
}

void ArrivalSeries::Fit() {
  const double mean = sy_ / s0_, mean_age = s1_ / s0_;
  const double spread = s2_ - s1_ * mean_age;
  trend_ = 0;
  if (spread > 1) {
    // Of equal weights the variance of a slope is variance / spread; discounted ones do a little
    // better in the end.
    const double slope = (s1_ * mean - sty_) / spread;
    const double doubt = kTrendDoubt * variance_ / (2 * spread);
    if (slope != 0) trend_ = slope * (slope * slope) / (slope * slope + doubt);
  }
  level_ = std::max(0.0, mean + trend_ * mean_age);
  // What grows in proportion had this slope when it was at the mean, not at today's level.
  growth_ = 0;
  if (level_ > 0) {
    const double by_level = trend_ / level_;
    growth_ = std::clamp(trend_ / mean, std::min(by_level, kGrowthMore * by_level),
                         std::max(by_level, kGrowthMore * by_level));
    growth_ = std::min(growth_, kGrowthMax);
  }
}

void ArrivalSeries::Shift(double rate) {
  if (empty()) return;
  // A stream in another unit has another noise, in proportion.
  const double after = std::max(0.0, level_ + rate);
  if (level_ > 0) variance_ *= after * after / (level_ * level_);
  sy_ += (after - level_) * s0_;
  sty_ += (after - level_) * s1_;
  for (Bin& bin : last_) bin.rate = std::max(0.0, bin.rate + rate);
  Fit();
}

double ArrivalSeries::At(double ahead_s) const {
  if (!(level_ > 0)) return 0;
  const double age_s = ahead_s + last_[0].length_s / 2;
  const double life_s = std::clamp(kLifeBySeen * seen_s_, kLifeMin_s, kTrendLife_s);
  const double growth = growth_ * life_s * -std::expm1(-age_s / life_s);
  // Growth goes on in proportion: audiences gather by telling each other.
  return level_ *
         std::clamp(std::exp(std::clamp(growth, -2.0, 2.0)), kExtrapolationMin, kExtrapolationMax);
}

double ArrivalSeries::Mean(double from_s, double to_s) const {
  // Simpson's rule: exact to 1 % for growth by a factor of three.
  return (At(from_s) + 4 * At((from_s + to_s) / 2) + At(to_s)) / 6;
}

}  // namespace spillway
