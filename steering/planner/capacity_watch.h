// steering/planner/capacity_watch.h -- what each target can be counted on for, whatever it claims.
//
//   feed:       fresh ───► ageing ───► frozen          trust 1 ───► falls ───► 0.9
//   behaviour:  believed ──delivers less than it should──► estimated ──+5 % a minute──► believed
//
// "Should" is what the ledger placed there, times what all other targets deliver of theirs (a quiet
// scene is quiet everywhere), times what this one usually delivers. A target is found
// - by a drop: two reports below 0.8 of what it should and 0.85 of what it delivered before, or
//   five whose mean is below 0.95 and 0.87, although no fewer clients were placed there; or
// - by a small step: level for a minute and a half, and a twentieth below two level minutes before;
// - by standing still: for 2 to 20 minutes it is level, while what was placed there grows;
// - by being worse: it stays below 0.8 and below what it delivered of no more clients before.
//   (Clients of another kind, small screens, are no failure: it never delivered more of them.)
// Its capacity is then what it delivers; what it has delivered since it can deliver. Its clients
// are taken away by that, which tests it: a target that lacks as much of 15 % fewer, for a minute,
// was not at its limit and is believed. Any other needs no second source to be believed again, only
// time: twice as much each time it fails again.
//
// While Facts::telemetry_frozen nothing changes: feeds that went stale just before it or since
// count as fresh, because it is we who are deaf. A target that comes back from a drain or from
// being down starts without an estimate and may gain clients although its feed is silent, until it
// carries what it did before it left or kReturnMax has passed.
// units: Mbps. thread safety: none. cost: O(targets log targets) for each tick with a new report,
// and O(targets) more for each target that is being doubted.
// references: papers 4.5 of the design's evidence (trust by age; suspect zero loads; deafness).
#ifndef SPILLWAY_STEERING_PLANNER_CAPACITY_WATCH_H_
#define SPILLWAY_STEERING_PLANNER_CAPACITY_WATCH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/model/facts.h"
#include "steering/model/resources.h"
#include "steering/plan/plan.h"
#include "steering/planner/median_of_others.h"

namespace spillway {

// Why a target counts for what it does; the strongest that applies.
enum class UsableReason : uint8_t {
  kBelieved,   // fresh feed, nothing against it
  kNoFeed,     // never reported: the policy's capacities
  kAgeing,     // no new report for a while: counts for a little less, gains nobody
  kFrozen,     // no report for long: 0.9, gains nobody
  kDeaf,       // too many feeds silent at once: held as it was
  kReturning,  // back from a drain or from being down: gains although its feed is silent
  kSuspect,    // one report much below what it should be: not yet acted upon
  kSaturated,  // delivers less than it should: capacity is what it delivers
  kRegaining   // was saturated, delivers all it should: believed a little more every minute
};
absl::string_view UsableReasonName(UsableReason r);

struct Usable {
  ResourceVector capacity;     // in force: estimated, else reported, else the policy's
  double trust = 1;            // part of it to count on, 0.9 to 1
  bool may_onload = true;      // false: takes no more load than it has
  double delivered_mbps = -1;  // while estimated: the most it delivered; -1 = not estimated
  bool estimated = false;      // egress is our estimate, below what is claimed
  bool returning = false;
  UsableReason reason = UsableReason::kNoFeed;
};

class CapacityWatch {
 public:
  // Trust in a feed that has gone silent (papers 4.5): at 0.85 of capacity, a tenth less is what a
  // target could have lost without anyone noticing.
  static constexpr double kTrustFrozen = 0.9;
  // Feeds that went stale this shortly before the telemetry counted as frozen went with it: six
  // times the default ttl of 10 s, in which feeds of a dead collector turn ageing one by one.
  static constexpr absl::Duration kDeafOnset = absl::Seconds(60);
  // Two mean sessions of the longest kind (45 min in the design's evidence): most are new.
  static constexpr absl::Duration kReturnMax = absl::Minutes(90);

  // Forgets ids, keeps what is known by target name.
  void Bind(std::shared_ptr<const Frame> frame);

  // `modelled_mbps` by TargetId: what the ledger said, uncorrected, at the time of the target's
  // newest report. Empty = no ledger: nothing is estimated. facts.now must not go back.
  void Update(const Facts& facts, absl::Span<const double> modelled_mbps);

  // By TargetId; as of the last Update.
  absl::Span<const Usable> usable() const { return usable_; }

 private:
  // Part of a load that is ours: the rest is within noise.
  static constexpr double kOurs = 0.95;

  struct Report {
    double measured = 0, modelled = 0;
    double common = 1;  // what the others delivered of theirs then
    double expected() const { return modelled * common; }
    // By what the others do, so that a quiet scene is no change.
    double delivered() const { return common > 0 ? measured / common : measured; }
  };
  // Of reports, for their mean: what is expected of them in common is the mean of what each was.
  class Sum {
   public:
    void Add(const Report& r);
    size_t count() const { return count_; }
    Report Mean() const;

   private:
    size_t count_ = 0;
    double measured_ = 0, modelled_ = 0, expected_ = 0;
  };

  // Two minutes of reports at the usual 5 s.
  static constexpr size_t kReportsKept = 24;

  // The newest reports of a target in a ring.
  struct Window {
    std::array<Report, kReportsKept> reports;
    size_t count = 0, next = 0;
    void Push(const Report& r);
    // Means of the newest n reports, and of the n oldest of the newest `span`.
    Report Newest(size_t n) const { return Mean(next + kReportsKept - n, n); }
    Report Back(size_t span, size_t n) const { return Mean(next + kReportsKept - span, n); }
    Report Mean(size_t begin, size_t n) const;
    double UsualPart() const;  // of what it should, the median of half of them; not empty
  };

  // Means of six reports each, half a minute, of the last twenty minutes.
  class Level {
   public:
    bool Push(const Report& r);  // true when that makes another one
    size_t count() const { return count_; }
    const Report& Newest(size_t ago) const { return means_[(next_ + kKept - 1 - ago) % kKept]; }
    // Of n of them from `ago` backwards: their mean, and the largest measured over the least.
    Report Mean(size_t ago, size_t n) const;
    double Sway(size_t ago, size_t n) const;

   private:
    static constexpr size_t kMeanOf = 6, kKept = 40;
    std::array<Report, kKept> means_;
    size_t count_ = 0, next_ = 0;
    Sum sum_;  // of the next one
  };

  // Reports in a row that are lower than what was before.
  struct Fall {
    int reports = 0, deep = 0;
    int compared = 0;                // with others that were measured since the one before
    double delivered = 0, part = 0;  // means of those: Mbps, and of what it should
    Report start, from;              // just before the first, and before the first deep one
    // Part of a minute before, as a median: one report among changing scenes is no habit.
    double usual = 0;
    absl::Time since;  // of the first deep one, or of the newest
  };

  struct Watched {
    // The feed.
    FeedState feed = FeedState::kNone;
    absl::Time stale_since = absl::InfiniteFuture();  // it stopped being fresh
    absl::Duration aged_from;                         // its age then: about one ttl
    bool away = false;
    double left_mbps = 0;  // load when it went away
    absl::Time back_at = absl::InfinitePast();
    // The newest report.
    absl::Time measured_at = absl::InfinitePast();
    double measured = 0, modelled = 0, claimed = 0;
    absl::Time judged_at = absl::InfinitePast();  // the newest that counts (kApart)
    bool is_new = false;
    bool speaks = false;  // it says something about what all targets deliver
    // What it usually does.
    Window window;
    Level level;
    double bias = 1, bias_first = 1;  // it delivers this part of what others do
    int learned = 0;                  // reports that bias was first learned from
    Fall fall;
    Report best;  // most it delivered with no more clients than now
    // The estimate; negative = none.
    double estimate = -1, found_at = 0, ceiling = 0, raise_per_minute = 0;
    Report pressed;          // while most was placed there since it was found
    Report found;            // what the limit in force was found by, before clients were taken away
    absl::Time found_since;  // first found, or last seen to deliver all it should
    bool raised = false, tracks = false;
    double delivered = 0;  // most it delivered since it was found
    absl::Duration hold;   // before it is raised again
    absl::Time raise_from;
    absl::Time stuck_since;  // the estimate is as far above that as it may be
  };

  void ReadFeed(const Facts& facts, size_t target, bool usable);
  void ReadReport(const Facts& facts, size_t target, bool usable, double modelled);
  void HearAll();
  // What others deliver of what they should, as the median of their load; 0 = nobody says. `since`:
  // only those whose newest report is not older, and only if they carry half of the others' load.
  double CommonRatio(size_t target) const;
  double CommonRatioSince(size_t target, absl::Time since) const;
  void Judge(size_t target);
  static void JudgeBelieved(const Report& report, bool confirmed, Watched* w);
  static void JudgeEstimated(Watched* w);
  // Of what it should, by its own habit.
  static double PartOf(const Report& report, const Watched& w) {
    return report.measured / (report.expected() * w.bias);
  }
  static bool Fell(const Report& report, bool confirmed, Watched* w);
  // What was there beyond our clients, and leaves as they come, is none of its limit.
  static bool WasOurs(const Report& then, const Watched& w) {
    return then.expected() * w.bias >= kOurs * then.measured;
  }
  static bool IsWorse(const Watched& w);
  static bool StandsStill(Watched* w);
  static bool Sank(const Watched& w);
  static void Found(const Report& report, Watched* w);
  static bool LacksTheSame(const Report& now, const Watched& w);
  static void Acquit(const Report& now, Watched* w);
  void FillCapacity(const Facts& facts, size_t target);
  void FillTrust(const Facts& facts, size_t target);

  std::shared_ptr<const Frame> frame_;
  absl::Time last_update_ = absl::InfiniteFuture();
  absl::Time deaf_since_ = absl::InfiniteFuture();
  std::vector<Watched> watched_;   // by TargetId, as usable_
  std::vector<double> watermark_;  // by TargetId: the least of its services
  std::vector<Usable> usable_;
  MedianOfOthers said_;  // by targets that speak
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_CAPACITY_WATCH_H_
