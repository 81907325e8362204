// steering/feed/target_feed.h -- what feeds, probes and operators have said about one target.
//
//   sources: [ "fra1-agent": newest sample | "noc-file": newest sample | ... ] ┐
//   probes:  [ http /health: [local: up] [ams: down] | tcp: [local: up] ]      ├─Fill─► TargetFacts
//   drain:   { who, why, until }                                              ┘
//
// How sources are merged, for each load, each capacity and the health on its own: the best state
// wins (a fresh word beats an ageing one, an ageing one a frozen one); among equals load = the
// largest, capacity = the smallest, health = up if anyone says up (one lying or cut-off source
// cannot take a target out). Vantages of one probe: up if anyone reaches it. Several probes: all
// must be up.
//
// Ages of a sample: fresh to 1 ttl, ageing to kFrozenAfterTtls, then frozen. Nothing here ever
// turns a missing report into "down".
//
// limits: kSourcesMax sources, kVantagesMax vantages per probe: memory is bounded whatever is sent.
// thread safety: none; FeedTable holds the lock.
#ifndef SPILLWAY_STEERING_FEED_TARGET_FEED_H_
#define SPILLWAY_STEERING_FEED_TARGET_FEED_H_

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/feed/rise_fall.h"
#include "steering/feed/sample.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"

namespace spillway {

inline constexpr int kFrozenAfterTtls = 6;  // 60 s by default (DESIGN 6: docs/FEEDS.md)
// A clock this far ahead is NTP's ordinary failure; further ahead it would outrank good samples.
inline constexpr absl::Duration kFutureMax = absl::Seconds(5);
// A source silent for so long is gone, not late, once another one reports the target.
inline constexpr absl::Duration kForgetAfter = absl::Hours(1);
inline constexpr size_t kSourcesMax = 16;
inline constexpr size_t kVantagesMax = 32;
// A capacity that changes by more than this share at once is suspect: a second sample must repeat
// it.
inline constexpr double kSuspectCapacityChange = 0.30;
// So is a load that falls from above the one to below the other, as shares of capacity.
inline constexpr double kSuspectLoadFrom = 0.20;
inline constexpr double kSuspectLoadTo = 0.01;

class TargetFeed {
 public:
  struct Verdict {
    enum class Kind : uint8_t { kAccepted, kUnchanged, kRefused };
    Kind kind = Kind::kAccepted;
    RowErrorCode code{};  // kRefused
    std::string message;  // kRefused: want and got
    std::string held;     // kAccepted: which values wait for a second sample; empty = none
    bool moves_plan = false;
    bool restarted = false;  // the source began its sequence anew
  };
  // Takes `sample` as the newest word of `source`. `capacity` is the policy's. O(kSourcesMax).
  Verdict Accept(absl::string_view source, const Sample& sample, const ResourceVector& capacity,
                 absl::Time now);

  // Keeps the results of probes that check the same thing as before.
  void SetProbes(const std::vector<ProbeSpec>& probes);
  // True when the target's probed health moved. Results of probes that are not set are ignored.
  bool ProbeResult(size_t probe, absl::string_view vantage, bool ok, absl::Time now);

  void SetDrain(Drain drain) { drain_ = std::move(drain); }
  bool ClearDrain();
  const Drain* ActiveDrain(absl::Time now) const;

  // Nothing worth keeping when the policy no longer knows the target.
  bool Forgettable(absl::Time now) const;
  void Fill(const Target& target, absl::Time now, TargetFacts* facts) const;
  // Calls visit(source, age, state) for every source.
  template <typename Visit>
  void VisitSources(absl::Time now, Visit visit) const {
    for (const Slot& slot : slots_) visit(slot.source, slot.Age(now), slot.State(now));
  }
  Health Probed(absl::Time now) const;

 private:
  struct Slot {
    std::string source;
    Sample sample;                   // newest; held values replaced by the last trusted ones
    ResourceVector suspect_current;  // what waits for a second sample
    ResourceVector suspect_hard;
    absl::Duration Age(absl::Time now) const;  // by the sample's own clock, at least 0
    FeedState State(absl::Time now) const;
  };
  struct VantageState {
    std::string vantage;
    RiseFall health;
    absl::Time at;
  };
  struct ProbeState {
    ProbeSpec spec;
    std::vector<VantageState> vantages;
    Health Merged(absl::Time now) const;
  };

  // What a source can know: the load and the capacity of each resource, and the health.
  static constexpr size_t kHealthAspect = 2 * kResourceCount;
  static constexpr size_t LoadAspect(Resource r) { return static_cast<size_t>(r); }
  static constexpr size_t CapacityAspect(Resource r) {
    return kResourceCount + static_cast<size_t>(r);
  }
  using AspectStates = std::array<FeedState, kHealthAspect + 1>;

  Slot* FindSlot(absl::string_view source);
  Slot* NewSlot(absl::string_view source, absl::Time now);
  std::string HoldSuspects(const Slot& slot, const ResourceVector& capacity, absl::Time now,
                           Slot* next) const;
  AspectStates BestStates(absl::Time now) const;
  static FeedState WorstKnown(const AspectStates& best);
  void MergeReports(const AspectStates& best, absl::Time now, TargetFacts* facts) const;
  bool Contributes(const Slot& slot, absl::Time now) const;

  std::vector<Slot> slots_;
  std::vector<ProbeState> probes_;
  std::optional<Drain> drain_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_TARGET_FEED_H_
