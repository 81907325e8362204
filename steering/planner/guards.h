// steering/planner/guards.h -- the policy's limits on how much a plan may change, in small parts.
//
//   ShiftWindow      what of a service's demand moved in the last minute, and what still may
//   InFreeze         is optimisation forbidden now?
//   KeepMinTargets   a row keeps some of its clients at other targets than its best
//
// Guards hold back what is optional. They never hold back protection: clients of a dead or full
// target leave whatever the guards say (pace.h says what is forced).
// thread safety: none; a ShiftWindow belongs to one Pacer.
#ifndef SPILLWAY_STEERING_PLANNER_GUARDS_H_
#define SPILLWAY_STEERING_PLANNER_GUARDS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/model/policy.h"

namespace spillway {

// Smallest share that counts as a target in use: 5 of 256 cells, enough traffic to keep its caches
// warm and to see within a minute that it works (papers 4.3 starts a recovered target with the
// same 2 %).
inline constexpr float kMinTargetShare = 0.02f;

bool InFreeze(const Guards& guards, absl::Time now);

// Fractions of a service's demand that moved, in bins of a second.
// why not a token bucket: one that holds a minute's tokens lets twice as much pass in a minute (the
// full bucket and what drips in meanwhile); this holds over any minute, which is what was promised.
class ShiftWindow {
 public:
  // What may still move at `now` so that no minute that ends now moves more than `per_minute`.
  double Left(absl::Time now, double per_minute);
  void Add(absl::Time now, double fraction);

 private:
  void Advance(absl::Time now);

  // 60 s and the bin that the minute's start cuts.
  static constexpr int64_t kBins = 61;
  std::array<float, kBins> moved_{};
  int64_t newest_ = INT64_MIN;  // second of the newest bin
};

// One row for KeepMinTargets. All spans by slot of the row, cheapest first.
struct MinTargetsRow {
  absl::Span<const float> rank;        // higher joins first; ties by slot, that is by cost
  absl::Span<const uint8_t> may_join;  // slots that may be raised to the least share
  absl::Span<float> shares;            // changed
  float total = 1;                     // what the shares sum to, before and after
  int least = 1;                       // targets wanted, each with kMinTargetShare of total
};

// Raises the best slots that have less than kMinTargetShare, at the cost of the largest share,
// until `least` have it. Returns how many have it then: fewer when nobody else may join.
// cost: O(least * slots).
int KeepMinTargets(const MinTargetsRow& row);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_GUARDS_H_
