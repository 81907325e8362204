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

// Too small to judge: below 5 % of what it claims, or 500 Mbps, which are 100 sessions at 5 Mbps
// whose number alone is uncertain by 10 %.
constexpr double kJudgedShare = 0.05;
constexpr double kJudgedMbps = 500;

// An estimate is planned for up to a watermark's part of it: to see more than the target ever
// delivered, it must be so much higher that this part of that is asked for. A target that does not
// give it for a minute cannot: it is overfilled by 5 % for that minute, and less often each time.
constexpr double kProbe = 1.05;
// Or by so much of what it claims: of a target that was found at a hundredth of its claim, steps of
// 5 % would take a day, and to overfill a hundredth hurts few.
constexpr double kProbeClaim = 0.02;
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

void CapacityWatch::Sum::Add(const Report& r) {
  measured_ += r.measured;
  modelled_ += r.modelled;
  expected_ += r.expected();
  ++count_;
}

CapacityWatch::Report CapacityWatch::Sum::Mean() const {
  const auto n = static_cast<double>(count_);
  return {measured_ / n, modelled_ / n, modelled_ > 0 ? expected_ / modelled_ : 1};
}

CapacityWatch::Report CapacityWatch::Window::Mean(size_t begin, size_t n) const {
  Sum sum;
  for (size_t i = 0; i < n; ++i) sum.Add(reports[(begin + i) % kReportsKept]);
  return sum.Mean();
}

bool CapacityWatch::Level::Push(const Report& r) {
  sum_.Add(r);
  if (sum_.count() < kMeanOf) return false;
  means_[next_] = sum_.Mean();
  next_ = (next_ + 1) % kKept;
  count_ = std::min(count_ + 1, kKept);
  sum_ = {};
  return true;
}

CapacityWatch::Report CapacityWatch::Level::Mean(size_t ago, size_t n) const {
  Sum sum;
  for (size_t i = ago; i < ago + n; ++i) sum.Add(Newest(i));
  return sum.Mean();
}

double CapacityWatch::Level::Sway(size_t ago, size_t n) const {
  double least = Newest(ago).measured, most = least;
  for (size_t i = ago; i < ago + n; ++i) {
    least = std::min(least, Newest(i).measured);
    most = std::max(most, Newest(i).measured);
  }
  return least > 0 ? most / least : 1;
}

double CapacityWatch::Window::UsualPart() const {
  std::array<double, kReportsKept / 2> newest;
  const size_t n = std::min(count, newest.size());
  for (size_t i = 0; i < n; ++i) {
    const Report& r = reports[(next + kReportsKept - 1 - i) % kReportsKept];
    newest[i] = r.measured / r.expected();
  }
  std::nth_element(newest.begin(), newest.begin() + n / 2, newest.begin() + n);
  return newest[n / 2];
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
    w.level = {};
    w.best = {};
    w.fall = {};
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
      w.level = {};
      w.best = {};
      w.fall = {};
    }
    w.measured_at = measured_at;
    w.measured = one.load[Resource::kEgress];
  }
  w.speaks = says && modelled >= kJudgedMbps && modelled >= kJudgedShare * w.claimed;
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
  if (w.fall.deep > 0) out.reason = UsableReason::kSuspect;
  if (out.estimated) out.reason = w.tracks ? UsableReason::kRegaining : UsableReason::kSaturated;
}

}  // namespace spillway
