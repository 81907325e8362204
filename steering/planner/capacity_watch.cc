// steering/planner/capacity_watch.cc -- see capacity_watch.h.
#include "steering/planner/capacity_watch.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"
#include "steering/planner/target_status.h"

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

// Standing still: the newest three reports against three of a minute or two before. With 2 % noise
// a mean of three is good to 1.2 %: kShort is six deviations away. Clients that come late by two
// minutes let the load grow by more than kStoodStill in one minute while they are short by so much.
constexpr size_t kMeanOf = 3;
constexpr double kGrew = 1.05;
constexpr double kStoodStill = 1.01;
constexpr double kOurs = 0.95;    // of a load is ours: the rest is within noise
constexpr double kKept = 0.95;    // over a minute: nobody was taken away
constexpr double kShort = 0.93;   // of what it should: lags, two deviations of a mean of three
constexpr double kTracks = 0.97;  // and this is all it should

// Too small to judge: below 5 % of what it claims, or 500 Mbps, which are 100 sessions at 5 Mbps
// whose number alone is uncertain by 10 %.
constexpr double kJudgedShare = 0.05;
constexpr double kJudgedMbps = 500;

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
// It is planned for a watermark's part of the estimate; to see more than it ever delivered, the
// estimate must be so much higher that this part of that is asked for. A target that does not give
// it for a minute cannot: it is overfilled by 5 % for that minute, and less often each time.
constexpr double kProbe = 1.05;
// Or by so much of what it claims: of a target that was found at a hundredth of its claim, steps of
// 5 % would take a day, and to overfill a hundredth hurts few.
constexpr double kProbeClaim = 0.02;
constexpr double kGaveMore = 1.02;  // 2.5 deviations of a mean of six reports
constexpr size_t kGaveOf = 6;
constexpr absl::Duration kProbeFor = absl::Seconds(60);
// What has just failed is left alone for a while, twice as long each time it fails again.
constexpr absl::Duration kHoldFirst = absl::Minutes(10), kHoldMax = absl::Hours(1);
// Below this part of what it was found at it is not at its limit: what it lacks are clients.
constexpr double kPressing = 0.8;
// It fell further: far below what it was found at and what it should.
constexpr double kFellFurther = 0.6;
// Short of what it should for so long, yet steady: most sessions have started anew (30 min on
// average), so that the ledger is not what is wrong.
constexpr absl::Duration kDoubtAfter = absl::Minutes(45);
// Of an unknown claim: believed again at twice what was expected of it when found.
constexpr double kUnknownCeiling = 2;

// Reports closer together than this are one: the counts above are of reports every 5 s, about.
// With two a second a dozen were 6 s, in which clients that were just placed have not come yet.
constexpr absl::Duration kApart = absl::Seconds(4);
// Reports farther apart have nothing to say about each other.
constexpr absl::Duration kGapMax = absl::Seconds(60);
// Longer between two updates than this is a pause of ours.
constexpr double kElapsedMaxS = 10;

double Egress(const ResourceVector& v) {
  return v.has(Resource::kEgress) ? v[Resource::kEgress] : -1;
}

}  // namespace

absl::string_view UsableReasonName(UsableReason r) {
  constexpr absl::string_view kNames[] = {"believed",  "no-feed", "ageing",    "frozen",   "deaf",
                                          "returning", "suspect", "saturated", "regaining"};
  return kNames[static_cast<size_t>(r)];
}

void CapacityWatch::Window::Push(const Report& r) {
  reports[next] = r;
  next = (next + 1) % kReportsKept;
  count = std::min(count + 1, kReportsKept);
}

CapacityWatch::Report CapacityWatch::Window::Mean(size_t begin, size_t n) const {
  Report mean;
  double expected = 0;
  for (size_t i = 0; i < n; ++i) {
    const Report& r = reports[(begin + i) % kReportsKept];
    mean.measured += r.measured / static_cast<double>(n);
    mean.modelled += r.modelled / static_cast<double>(n);
    expected += r.expected() / static_cast<double>(n);
  }
  mean.common = mean.modelled > 0 ? expected / mean.modelled : 1;
  return mean;
}

void CapacityWatch::Bind(std::shared_ptr<const Frame> frame) {
  absl::flat_hash_map<std::string, Watched> known;
  for (size_t t = 0; t < watched_.size(); ++t)
    known.emplace(frame_->policy->targets[t].name, watched_[t]);
  frame_ = std::move(frame);
  const std::vector<Target>& targets = frame_->policy->targets;
  watched_.assign(targets.size(), {});
  watermark_ = TargetWatermarks(*frame_->policy);
  usable_.assign(targets.size(), {});
  for (size_t t = 0; t < targets.size(); ++t) {
    if (auto it = known.find(targets[t].name); it != known.end()) watched_[t] = it->second;
    usable_[t].capacity = targets[t].capacity;
  }
}

void CapacityWatch::Update(const Facts& facts, absl::Span<const double> modelled_mbps) {
  CHECK(facts.targets.size() == watched_.size());
  CHECK(modelled_mbps.empty() || modelled_mbps.size() == watched_.size());
  if (!facts.telemetry_frozen) deaf_since_ = absl::InfiniteFuture();
  if (facts.telemetry_frozen) deaf_since_ = std::min(deaf_since_, facts.now);
  bool any_new = false;
  for (size_t t = 0; t < watched_.size(); ++t) {
    const bool usable = !facts.targets[t].drain && IsUp(facts.targets[t]);
    ReadFeed(facts, t, usable);
    ReadReport(facts, t, usable, modelled_mbps.empty() ? 0 : modelled_mbps[t]);
    any_new |= watched_[t].is_new;
  }
  if (any_new && !facts.telemetry_frozen) {
    HearAll();
    for (size_t t = 0; t < watched_.size(); ++t) {
      if (watched_[t].is_new) Judge(t);
    }
  }
  for (size_t t = 0; t < watched_.size(); ++t) {
    FillCapacity(facts, t);
    FillTrust(facts, t);
  }
  last_update_ = facts.now;
}

void CapacityWatch::ReadFeed(const Facts& facts, size_t target, bool usable) {
  Watched& w = watched_[target];
  const TargetFacts& one = facts.targets[target];
  Usable& out = usable_[target];
  if (!usable && !w.away) w.left_mbps = w.modelled;
  if (usable && w.away) {
    // Whatever was wrong may have been mended meanwhile.
    w.window = {};
    w.best = {};
    w.low = 0;
    w.estimate = -1;
    w.back_at = facts.now;
    out.returning = true;
  }
  w.away = !usable;
  w.feed = one.feed;
  const bool stale = one.feed == FeedState::kAgeing || one.feed == FeedState::kFrozen;
  if (!stale) w.stale_since = absl::InfiniteFuture();
  if (stale && w.stale_since == absl::InfiniteFuture()) {
    w.stale_since = facts.now;
    w.aged_from = one.age;
  }
}

void CapacityWatch::ReadReport(const Facts& facts, size_t target, bool usable, double modelled) {
  Watched& w = watched_[target];
  const TargetFacts& one = facts.targets[target];
  w.modelled = modelled;
  w.claimed =
      Egress(one.capacity.has(Resource::kEgress) ? one.capacity
                                                 : frame_->policy->targets[target].capacity);
  const absl::Time measured_at = facts.now - one.age;
  const bool says = usable && one.feed == FeedState::kFresh && one.load.has(Resource::kEgress);
  const bool newer = says && measured_at > w.measured_at;
  w.is_new = newer && measured_at - w.judged_at >= kApart;
  if (w.is_new) w.judged_at = measured_at;
  if (newer) {
    if (measured_at - w.measured_at > kGapMax) {
      w.window = {};
      w.best = {};
      w.low = 0;
    }
    w.measured_at = measured_at;
    w.measured = one.load[Resource::kEgress];
  }
  w.speaks = says && modelled >= kJudgedMbps && modelled >= kJudgedShare * w.claimed;
}

void CapacityWatch::Judge(size_t target) {
  Watched& w = watched_[target];
  w.tracks = false;
  if (!w.speaks) {
    w.low = 0;
    w.tracks = true;  // as far as anyone can tell
    return;
  }
  Report report{w.measured, w.modelled, CommonRatio(target)};
  bool confirmed = false;
  if (w.low > 0) {
    const double since = CommonRatioSince(target, w.low_since);
    if (since > 0) report.common = since;
    confirmed = since > 0;
  }
  if (report.common <= 0) return;  // nobody to compare with
  const double ratio = std::clamp(report.measured / report.expected(), kBiasMin, 1.0);
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
  const auto part = [w](const Report& r) { return r.measured / (r.expected() * w->bias); };
  if (w->low == 0 && w->window.count >= kMeanOf) w->before = w->window.Newest(kMeanOf);
  const bool is_low = w->window.count >= kMeanOf && part(report) < kLow &&
                      report.delivered() < kDropped * w->before.delivered() &&
                      report.modelled >= kStillPlaced * w->before.modelled;
  if (is_low && confirmed) return Found(report, w);
  if (is_low) {
    // Once more, and with others to compare with that were measured since.
    if (w->low++ == 0) w->low_since = w->measured_at;
    return;
  }
  w->low = 0;
  w->window.Push(report);
  if (w->window.count >= kMeanOf) {
    const Report now = w->window.Newest(kMeanOf);
    if (now.delivered() > w->best.delivered() || now.modelled < kStillPlaced * w->best.modelled)
      w->best = now;
  }
  if (StandsStill(*w)) return Found(w->window.Newest(kMeanOf), w);
  const double ratio = std::clamp(report.measured / report.expected(), kBiasMin, 1.0);
  if (ratio > w->bias) {
    w->bias += kBiasUp * (ratio - w->bias);
    w->bias_first = std::max(w->bias_first, w->bias);
  } else if (part(report) >= kShort) {
    w->bias = std::max(kBiasFallMax * w->bias_first, w->bias + kBiasDown * (ratio - w->bias));
  }
}

bool CapacityWatch::StandsStill(const Watched& w) {
  const Report now = w.window.Newest(kMeanOf);
  const auto part = [&w](const Report& r) { return r.measured / (r.expected() * w.bias); };
  for (const size_t span : {kReportsKept / 2, kReportsKept}) {
    if (w.window.count < span) return false;
    const Report then = w.window.Back(span, kMeanOf);
    if (now.delivered() > kStoodStill * then.delivered()) continue;
    // What was there beyond our clients, and leaves as they come, is none of its limit.
    const bool was_ours = then.expected() * w.bias >= kOurs * then.measured;
    if (was_ours && now.modelled >= kGrew * then.modelled && part(now) < kShort) return true;
    const bool still_placed = now.modelled >= kKept * then.modelled;
    const bool was_better = now.delivered() < kDropped * w.best.delivered();
    if (span == kReportsKept && still_placed && was_better && part(then) < kLow && part(now) < kLow)
      return true;
  }
  return false;
}

void CapacityWatch::Found(const Report& report, Watched* w) {
  const bool failed_again = w->raised && report.measured < w->estimate;
  if (w->estimate < 0) w->found_since = w->measured_at;
  if (w->estimate < 0) w->raise_per_minute = kRaisePerMinute;
  if (w->estimate < 0) w->hold = kHoldFirst;
  if (failed_again) w->raise_per_minute = std::max(kRaisePerMinuteMin, w->raise_per_minute / 2);
  if (failed_again) w->hold = std::min(kHoldMax, 2 * w->hold);
  w->raise_from = w->measured_at + w->hold;
  w->ceiling = w->claimed >= 0 ? w->claimed : kUnknownCeiling * report.expected();
  w->estimate = w->found_at = w->delivered = report.measured;
  w->stuck_since = absl::InfiniteFuture();
  w->raised = false;
  w->low = 0;
  w->window = {};
}

void CapacityWatch::JudgeEstimated(Watched* w) {
  if (w->window.count < kMeanOf) return;
  const Report now = w->window.Newest(kMeanOf);
  const double part = now.measured / (now.expected() * w->bias);
  const double gave = w->window.count < kGaveOf ? 0 : w->window.Newest(kGaveOf).measured;
  if (gave > kGaveMore * w->delivered) {
    w->delivered = gave;
    w->stuck_since = absl::InfiniteFuture();
  }
  w->tracks = part >= kTracks;
  // While it delivers all it should, what it lacks are clients.
  if (w->measured_at - w->stuck_since > kProbeFor && !w->tracks) {
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
  const bool at_limit = now.measured >= kShort * w->found_at;
  const bool pressing = at_limit || (part < kShort && now.measured >= kPressing * w->found_at);
  const bool fell_further = part < kFellFurther && now.measured < kFellFurther * w->found_at;
  if (pressing || fell_further) return Found(now, w);
  if (w->measured_at - w->found_since < kDoubtAfter) return;
  // For so long neither better nor worse: that is how much of it there is, not how much it can.
  w->found_since = w->measured_at;
  w->bias = w->bias_first = std::clamp(now.measured / now.expected(), kBiasMin, 1.0);
}

void CapacityWatch::FillCapacity(const Facts& facts, size_t target) {
  Watched& w = watched_[target];
  Usable& out = usable_[target];
  const ResourceVector& stated = frame_->policy->targets[target].capacity;
  for (const Resource r : kResources) {
    const ResourceVector& from =
        facts.targets[target].capacity.has(r) ? facts.targets[target].capacity : stated;
    from.has(r) ? out.capacity.Set(r, from[r]) : out.capacity.Clear(r);
  }
  if (w.estimate >= 0 && w.tracks && w.feed == FeedState::kFresh && !facts.telemetry_frozen &&
      facts.now >= w.raise_from) {
    if (w.claimed >= 0) w.ceiling = w.claimed;
    const double s = absl::ToDoubleSeconds(facts.now - last_update_);
    w.estimate += w.raise_per_minute / 60 * w.ceiling * std::clamp(s, 0.0, kElapsedMaxS);
    const double most =
        std::max(kProbe * w.delivered, w.delivered + kProbeClaim * w.ceiling) / watermark_[target];
    if (w.estimate >= most) {
      w.estimate = most;
      w.stuck_since = std::min(w.stuck_since, facts.now);
    }
    w.raised |= w.estimate > w.found_at;
  }
  // Believed again, or it says itself that it can do less than that.
  if (w.estimate >= w.ceiling || (w.claimed >= 0 && w.estimate >= w.claimed)) w.estimate = -1;
  out.estimated = w.estimate >= 0;
  if (out.estimated) out.capacity.Set(Resource::kEgress, w.estimate);
  out.delivered_mbps = out.estimated ? w.delivered : -1;
}

void CapacityWatch::FillTrust(const Facts& facts, size_t target) {
  const Watched& w = watched_[target];
  Usable& out = usable_[target];
  const bool stale = w.stale_since != absl::InfiniteFuture();
  const bool as_before = w.left_mbps > 0 && w.modelled >= w.left_mbps;
  if (w.away || !stale || as_before || facts.now - w.back_at > kReturnMax) out.returning = false;
  if (!stale || (facts.telemetry_frozen && w.stale_since >= deaf_since_ - kDeafOnset)) {
    out.trust = 1;
    out.may_onload = true;
    out.reason = stale                        ? UsableReason::kDeaf
                 : w.feed == FeedState::kNone ? UsableReason::kNoFeed
                                              : UsableReason::kBelieved;
  } else if (facts.telemetry_frozen) {
    out.reason = UsableReason::kDeaf;  // trust stays as it was
  } else {
    // Ageing lasts from one ttl to kFrozenAfterTtls of them (steering/feed/target_feed.h).
    const absl::Duration ageing = 5 * w.aged_from;
    const double gone = ageing > absl::ZeroDuration()
                            ? absl::FDivDuration(facts.targets[target].age - w.aged_from, ageing)
                            : 1;
    const double lost = w.feed == FeedState::kFrozen ? 1 : std::clamp(gone, 0.0, 1.0);
    out.trust = 1 - (1 - kTrustFrozen) * lost;
    out.may_onload = out.returning;
    out.reason = w.feed == FeedState::kFrozen ? UsableReason::kFrozen : UsableReason::kAgeing;
  }
  if (stale && out.returning) out.reason = UsableReason::kReturning;
  if (w.low > 0) out.reason = UsableReason::kSuspect;
  if (out.estimated) out.reason = w.tracks ? UsableReason::kRegaining : UsableReason::kSaturated;
}

}  // namespace spillway
