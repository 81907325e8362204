// steering/ledger/ledger_correct.cc -- what reports teach. See ledger.h.
//
//   e = measured - (modelled + inherited at the time it was measured)
//   upward surprise:   correction = e                  shed at once; a mistake is undone in seconds
//   otherwise:         correction += 0.3 (e - correction)
//   planned with:      correction + play, the same until it would be off by more than noise leaves
#include <algorithm>
#include <cmath>

#include "steering/ledger/ledger.h"

namespace spillway {
namespace {

// Weight of a report (papers-and-algorithms 4.3: alpha 0.3), and of one that noise explains: every
// step it makes moves viewers, a third fewer with this (closed loop, one target lost).
constexpr double kAlpha = 0.3;
constexpr double kAlphaNoise = 0.1;
// An error that noise does not explain, in standard deviations of the target's own reports: one in
// 30'000 by chance. At 2.5 one report in 160 was believed whole, and that was two fifths of all
// moves where nothing fails (ops/bench/control, scenario none).
constexpr double kSurpriseSigmas = 4;
// Several reports that are off the same way, each by less: their running mean with this weight has
// kRunSigma of one report's deviation, sqrt(w / (2 - w)).
constexpr double kRunWeight = 0.4, kRunSigma = 0.5;
// What a feed's noise is taken for before it is known (the prototype's), and its bounds: nobody
// measures better, and beyond a quarter of the load a single report is news, whoever sends it.
constexpr double kNoiseUsual = 0.02, kNoiseMin = 0.0125, kNoiseMax = 0.0625;
// Play between the correction and what is planned with, in deviations of one report: two of what is
// left of them at kAlphaNoise (0.23). A sixth of all moves where nothing fails were its wandering.
constexpr double kPlaySigmas = 0.5;
// Weight of a report in its feed's noise, about 20 reports; and most that one counts, in variances:
// a step is no noise.
constexpr double kNoiseWeight = 0.05, kNoiseClip = 9;
// Weight of one report in the trend: about ten reports, 50 s of feeds that come every 5 s.
constexpr double kTrendWeight = 0.1;
// Reports closer than this say nothing about a trend.
constexpr double kTrendGapMin = 1;
// A trend is believed up to doubling the load in this time (s): a tenth of it over the 30 s that it
// is extrapolated. One step up is not taken for the beginning of an endless one.
constexpr double kTrendDoubling = 300;

}  // namespace

double Ledger::CorrectionMbps(TargetId target) const {
  const TargetState& t = targets_[target.index()];
  return t.inherited + t.correction;
}

double Ledger::ProjectedNowMbps(TargetId target) const {
  return std::max(0.0, ModelledMbps(target) + CorrectionMbps(target));
}

void Ledger::Correct(absl::Span<const Report> reports) {
  for (const Report& report : reports) CorrectOne(report);
}

// How far reports scatter: from one to the next, so that what is wrong with the model, which stays,
// does not count.
double Ledger::TargetState::LearnNoise(double off) {
  if (noise == 0) noise = kNoiseUsual * kNoiseUsual;
  const double step = off - off_before;
  off_before = off;
  noise += kNoiseWeight * (std::min(step * step / 2, kNoiseClip * noise) - noise);
  noise = std::clamp(noise, kNoiseMin * kNoiseMin, kNoiseMax * kNoiseMax);
  return std::sqrt(noise);
}

// What part of its surprise a report is worth, when that is `off` of the load.
double Ledger::TargetState::Belief(double off) {
  off = std::clamp(off, -1.0, 1.0);
  const double most = kSurpriseSigmas * LearnNoise(off);
  run += kRunWeight * (off - run);
  const bool again = std::abs(run) > kRunSigma * most && (run > 0) == (off > 0);
  if (std::abs(off) <= most && !again) return kAlphaNoise;
  run = 0;
  return off > 0 ? 1 : kAlpha;
}

void Ledger::CorrectOne(const Report& report) {
  const bool known = report.target.index() < targets_.size();
  if (!known || !(report.mbps >= 0) || report.measured_at == absl::InfinitePast()) {
    ++reports_ignored_;
    return;
  }
  TargetState& t = targets_[report.target.index()];
  const bool first = t.reported_at == absl::InfinitePast();
  // A clock that runs ahead: what was measured was measured by now.
  const absl::Time at =
      now_ == absl::InfinitePast() ? report.measured_at : std::min(report.measured_at, now_);
  if (!first && (at <= t.reported_at || !history_.Covers(at))) {
    ++reports_ignored_;
    return;
  }
  const double measured = std::min(report.mbps, kLoadMax);
  const double modelled = history_.At(report.target.index(), at);
  const double error = measured - modelled;
  const double gap = first ? 0 : absl::ToDoubleSeconds(at - t.reported_at);
  t.reported_at = at;
  if (first) {
    // Nobody is there by us yet: what there is was there before. The model says the rest.
    t.inherited += std::max(0.0, error);
    t.correction += std::min(0.0, error);
    return;
  }
  const double before = t.correction;
  const double scale = std::max(measured, modelled);
  const double surprise = error - before;
  t.correction += surprise * t.Belief(scale > 0 ? surprise / scale : surprise);
  const double play = kPlaySigmas * std::sqrt(t.noise) * scale;
  t.play = std::clamp(t.play - (t.correction - before), -play, play);
  if (gap < kTrendGapMin) return;
  const double most = scale / kTrendDoubling;
  t.trend += kTrendWeight * ((t.correction - before) / gap - t.trend);
  t.trend = std::clamp(t.trend, -most, most);
}

}  // namespace spillway
