// steering/planner/capacity_judge.cc -- when a target is found to deliver less than it says, and
// when that was wrong.
#include <algorithm>
#include <array>

#include "steering/planner/capacity_watch.h"

namespace spillway {
namespace {

// A report is low below this part of what it should be. Feeds are noisy by 2 %, the model by 5 %
// once corrected, a share of clients by less: 20 % is beyond what they do together.
constexpr double kLow = 0.80;
// And at most this part of what the target delivered just before: clients that come later than
// modelled make it look low, but never lower than it was.
constexpr double kDropped = 0.85;
// Clients that we moved away may go faster than modelled: that is not the target's fault.
// Two reports, 10 s: the ebb of an evening is slower than 12 % a minute.
constexpr double kStillPlaced = 0.98;

// A smaller fall is believed when it lasts: the mean of five reports, 25 s, is good to 1 %.
constexpr double kStep = 0.92;     // it may have fallen: four deviations of one report
constexpr double kLasting = 0.87;  // of what was before; half of the ebb's 12 % a minute, noise
constexpr double kLacks = 0.95;    // of what it should: else who left were never ours
constexpr int kLastingOf = 5;
constexpr int kFallMax = 10;  // reports; not decided by then, it was something else

// With 2 % noise a mean of three reports is good to 1.2 %: kShort is six deviations away.
constexpr size_t kMeanOf = 3;
// Standing still: what is delivered neither grows nor sways while more is placed there. A limit is
// level; a model that is wrong is not. Means of six reports, good to 0.8 %, kStillFor of them, or
// one less where much more came: in a rush the model of a small audience runs ahead for a minute.
constexpr double kGrew = 1.05, kGrewFast = 1.1;
constexpr double kLevel = 1.03, kLevelOfFour = 1.04;
constexpr size_t kStillFor = 4;
// A small step from such a level to one of a minute and a half: nine deviations.
constexpr double kSank = 0.955;
constexpr size_t kSankFor = 3;
constexpr double kNoFewer = 0.99;
constexpr double kNoBetter = 1.01;
constexpr double kKept = 0.95;    // over two minutes: nobody was taken away
constexpr double kShort = 0.93;   // of what it should: lags, two deviations of a mean of three
constexpr double kTracks = 0.97;  // and this is all it should

// Bias: learned from the first six reports, then a little downward (a failing target must not
// become its own habit: at most a tenth) and faster upward.
constexpr int kLearnReports = 6;
constexpr double kBiasMin = 0.3;
constexpr double kBiasFallMax = 0.9;
constexpr double kBiasDown = 0.02;
constexpr double kBiasUp = 0.05;

// An estimate rises by 5 % of the claim a minute while nothing speaks against it: a quarter of an
// hour from half to all. Halved each time the target fails again, down to 0.5 %.
constexpr double kRaisePerMinute = 0.05;
constexpr double kRaisePerMinuteMin = 0.005;
// It gave more than ever: 2.5 deviations of a mean of six reports.
constexpr double kGaveMore = 1.02;
constexpr double kAsked = 0.97;  // of that
constexpr size_t kGaveOf = 6;
constexpr absl::Duration kProbeFor = absl::Seconds(60);
// What has just failed is left alone for a while, twice as long each time it fails again.
constexpr absl::Duration kHoldFirst = absl::Minutes(10), kHoldMax = absl::Hours(1);
// Below this part of what it was found at it is not at its limit: what it lacks are clients.
constexpr double kPressing = 0.8;
// It fell further: far below what it was found at and what it should.
constexpr double kFellFurther = 0.6;
// A target at its limit lacks less of what it should when some of its clients have been taken away.
// One that lacks as much of fewer is not at its limit: the clients are of another kind, or fewer
// than modelled: by one report then and the mean of a minute, good to 2 % with what others say. The
// newest must agree, because those who are told to leave do so little by little. A mean of three
// acquitted targets at their limit in the minute after a fault, in which clients come and go.
constexpr double kTakenAway = 0.85;
constexpr size_t kAcquitOf = 12;
constexpr double kSamePart = 1.06;
// Short of what it should for so long, yet steady: most sessions have started anew (30 min on
// average), so that the ledger is not what is wrong.
constexpr absl::Duration kDoubtAfter = absl::Minutes(45);
// Of an unknown claim: believed again at twice what was expected of it when found.
constexpr double kUnknownCeiling = 2;

double HabitBy(double measured, double expected) {
  return std::clamp(measured / expected, kBiasMin, 1.0);
}

}  // namespace

void CapacityWatch::Judge(size_t target) {
  Watched& w = watched_[target];
  w.tracks = false;
  if (!w.speaks) {
    w.fall = {};
    w.tracks = true;  // as far as anyone can tell
    return;
  }
  Report report{w.measured, w.modelled, CommonRatio(target)};
  bool confirmed = false;
  if (w.fall.reports > 0) {
    const double since = CommonRatioSince(target, w.fall.since);
    if (since > 0) report.common = since;
    confirmed = since > 0;
  }
  if (report.common <= 0) return;  // nobody to compare with
  const double ratio = HabitBy(report.measured, report.expected());
  if (w.learned < kLearnReports) {
    w.bias += (ratio - w.bias) / ++w.learned;
    w.bias_first = w.bias;
    w.window.Push(report);
    return;
  }
  if (w.estimate < 0) {
    JudgeBelieved(report, confirmed, &w);
  } else {
    w.window.Push(report);
    JudgeEstimated(&w);
  }
}

void CapacityWatch::JudgeBelieved(const Report& report, bool confirmed, Watched* w) {
  if (Fell(report, confirmed, w)) return Found(report, w);
  if (w->fall.deep > 0) return;  // once more, and with others that were measured since
  w->window.Push(report);
  if (w->window.count >= kMeanOf) {
    const Report now = w->window.Newest(kMeanOf);
    if (now.delivered() > w->best.delivered() || now.modelled < kStillPlaced * w->best.modelled)
      w->best = now;
  }
  if (IsWorse(*w)) return Found(w->window.Newest(kMeanOf), w);
  if (w->level.Push(report) && (StandsStill(w) || Sank(*w)))
    return Found(w->window.Newest(kMeanOf), w);
  const double ratio = HabitBy(report.measured, report.expected());
  if (ratio > w->bias) {
    w->bias += kBiasUp * (ratio - w->bias);
    w->bias_first = std::max(w->bias_first, w->bias);
  } else if (PartOf(report, *w) >= kShort) {
    w->bias = std::max(kBiasFallMax * w->bias_first, w->bias + kBiasDown * (ratio - w->bias));
  }
}

bool CapacityWatch::Fell(const Report& report, bool confirmed, Watched* w) {
  if (w->window.count < kMeanOf) return false;
  Fall& fall = w->fall;
  if (fall.deep == 0) fall.from = w->window.Newest(kMeanOf);
  if (fall.reports == 0) {
    fall.start = fall.from;
    fall.usual = w->window.UsualPart() / w->bias;
  }
  const double part = PartOf(report, *w);
  const bool deep = part < kLow && report.delivered() < kDropped * fall.from.delivered() &&
                    report.modelled >= kStillPlaced * fall.from.modelled;
  const bool lower = part < kStep * fall.usual &&
                     report.delivered() < kStep * fall.start.delivered() &&
                     report.modelled >= kStillPlaced * fall.start.modelled &&
                     report.common >= kStep * fall.start.common && fall.reports < kFallMax;
  if (!deep && !lower) {
    fall = {};
    return false;
  }
  ++fall.reports;
  fall.deep = deep ? fall.deep + 1 : 0;
  if (fall.deep < 2) fall.since = w->measured_at;
  if (!confirmed) return false;
  ++fall.compared;
  fall.delivered += (report.delivered() - fall.delivered) / fall.compared;
  fall.part += (part - fall.part) / fall.compared;
  return fall.deep > 1 ||
         (fall.compared >= kLastingOf && fall.part < kLacks && fall.part < kLasting * fall.usual &&
          fall.delivered < kLasting * fall.start.delivered());
}

bool CapacityWatch::LacksTheSame(const Report& now, const Watched& w) {
  const double part = PartOf(now, w), pressed = PartOf(w.pressed, w);
  return now.expected() < kTakenAway * w.pressed.expected() && part < kSamePart * pressed &&
         part < (pressed + 1) / 2;
}

// Two minutes below what it should, and below what it delivered of no more clients before, without
// getting better.
bool CapacityWatch::IsWorse(const Watched& w) {
  if (w.window.count < kReportsKept) return false;
  const Report now = w.window.Newest(kMeanOf), then = w.window.Back(kReportsKept, kMeanOf);
  const bool still_placed = now.modelled >= kKept * then.modelled;
  return still_placed && now.delivered() <= kNoBetter * then.delivered() &&
         now.delivered() < kDropped * w.best.delivered() &&
         PartOf(then, w) < kLow && PartOf(now, w) < kLow;
}

// As long as it has been level, whenever in that time fewer were placed there than now.
bool CapacityWatch::StandsStill(Watched* w) {
  const Report now = w->level.Newest(0);
  double least = now.measured, most = now.measured;
  for (size_t ago = 1; ago < w->level.count(); ++ago) {
    const Report then = w->level.Newest(ago);
    least = std::min(least, then.measured);
    most = std::max(most, then.measured);
    if (most > kLevel * least) return false;
    const double grew = ago + 1 < kStillFor ? kGrewFast : kGrew;
    if (ago < 2 || !WasOurs(then, *w) || now.modelled < grew * then.modelled) continue;
    // By what it delivered of them then: a habit that has come down meanwhile was no habit.
    const double habit = std::max(w->bias, HabitBy(then.measured, then.expected()));
    if (now.measured >= kShort * habit * now.expected()) continue;
    w->bias = habit;
    w->bias_first = std::max(w->bias_first, habit);
    return true;
  }
  return false;
}

// Level before, level since, and a step down between, though no fewer were placed there.
bool CapacityWatch::Sank(const Watched& w) {
  if (w.level.count() < kSankFor || w.level.Sway(0, kSankFor) > kLevelOfFour) return false;
  const Report now = w.level.Mean(0, kSankFor);
  for (size_t ago = kSankFor + 1; ago <= 2 * kStillFor; ++ago) {
    if (w.level.count() < ago + kStillFor) return false;
    const Report then = w.level.Mean(ago, kStillFor);
    if (now.measured < kSank * then.measured && now.delivered() < kSank * then.delivered() &&
        now.modelled >= kNoFewer * then.modelled && WasOurs(then, w) &&
        PartOf(then, w) >= kShort &&  // where the model is far off, it says nothing
        w.level.Sway(ago, kStillFor) < kLevelOfFour)
      return true;
  }
  return false;
}

void CapacityWatch::Found(const Report& report, Watched* w) {
  const bool failed_again = w->raised && report.measured < w->estimate;
  if (w->estimate < 0) {
    w->found_since = w->measured_at;
    w->raise_per_minute = kRaisePerMinute;
    w->hold = kHoldFirst;
    w->pressed = {};
  }
  if (report.expected() > w->pressed.expected()) w->pressed = report;
  if (failed_again || w->estimate < 0 || report.expected() > w->found.expected() ||
      report.expected() < kTakenAway * w->found.expected())
    w->found = report;
  if (failed_again) {
    w->raise_per_minute = std::max(kRaisePerMinuteMin, w->raise_per_minute / 2);
    w->hold = std::min(kHoldMax, 2 * w->hold);
  }
  w->raise_from = w->measured_at + w->hold;
  w->ceiling = w->claimed >= 0 ? w->claimed : kUnknownCeiling * report.expected();
  w->estimate = w->found_at = w->delivered = report.measured;
  w->stuck_since = absl::InfiniteFuture();
  w->raised = false;
  w->fall = {};
  w->window = {};
  w->level = {};
}

void CapacityWatch::JudgeEstimated(Watched* w) {
  if (w->window.count < kMeanOf) return;
  const Report now = w->window.Newest(kMeanOf);
  const double part = PartOf(now, *w);
  const double gave = w->window.count < kGaveOf ? 0 : w->window.Newest(kGaveOf).measured;
  if (gave > kGaveMore * w->delivered) {
    w->delivered = gave;
    w->stuck_since = absl::InfiniteFuture();
  }
  w->tracks = part >= kTracks;
  // Either it falls short, or as much is asked of it as it ever gave: by the model alone a target
  // at its limit cannot be told from one that is a few percent below.
  const bool asked = !w->tracks || gave > kAsked * w->delivered;
  if (!asked) w->stuck_since = absl::InfiniteFuture();
  if (w->measured_at - w->stuck_since > kProbeFor) {
    w->raised = true;
    Report most = now;
    most.measured = w->delivered;
    w->estimate = std::max(w->estimate, kGaveMore * w->delivered);
    return Found(most, w);
  }
  if (w->tracks) {
    w->found_since = w->measured_at;
    // What it has delivered it can deliver.
    w->estimate = std::max(w->estimate, now.measured);
    return;
  }
  if (w->window.count >= kAcquitOf && LacksTheSame(w->window.Newest(kAcquitOf), *w) &&
      LacksTheSame(w->window.Newest(1), *w))
    return Acquit(now, w);
  const bool at_limit = now.measured >= kShort * w->found_at;
  const bool pressing = at_limit || (part < kShort && now.measured >= kPressing * w->found_at);
  const bool fell_further = part < kFellFurther && now.measured < kFellFurther * w->found_at;
  // The same part of so many fewer is no lower limit: taken for one at each look, the target would
  // lose its clients to the last.
  const bool same = now.expected() < kTakenAway * w->found.expected() &&
                    part < kSamePart * PartOf(w->found, *w);
  if ((pressing && !same) || fell_further) return Found(now, w);
  if (w->measured_at - w->found_since < kDoubtAfter) return;
  // For so long neither better nor worse: that is how much of it there is, not how much it can.
  w->found_since = w->measured_at;
  w->bias = w->bias_first = HabitBy(now.measured, now.expected());
}

void CapacityWatch::Acquit(const Report& now, Watched* w) {
  w->bias = w->bias_first = HabitBy(now.measured, now.expected());
  w->estimate = -1;
  w->window = {};
  w->best = {};
}

}  // namespace spillway
