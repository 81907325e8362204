// steering/ledger/load_history.h -- the modelled load of every target over the last two minutes.
//
//   entries (ring):  [ t0: Mbps by target | t1: ... | ... ]    At(target, t): linear between two
//
// why: a report is compared with what the model said when it was measured, not with what it says
// now (Smith's predictor); otherwise every ramp looks like an error as large as the report is old.
// limits: kSpan of time, at most kEntriesMax entries; memory 4 bytes x targets x kEntriesMax.
// thread safety: none.
#ifndef SPILLWAY_STEERING_LEDGER_LOAD_HISTORY_H_
#define SPILLWAY_STEERING_LEDGER_LOAD_HISTORY_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace spillway {

class LoadHistory {
 public:
  // A report older than this is of no use: DESIGN freezes its target long before.
  static constexpr absl::Duration kSpan = absl::Seconds(120);
  // Half of the planner's tick: a faster one does not shorten the history.
  static constexpr absl::Duration kSpacing = absl::Milliseconds(500);
  static constexpr size_t kEntriesMax = 256;  // > kSpan / kSpacing + 1

  void Reset(size_t targets);
  // Replaces the newest entry when not newer than it, or while that is within kSpacing of the one
  // before it.
  void Push(absl::Time at, absl::Span<const double> mbps);
  // The oldest known value before the history began, the newest after its end; 0 when empty.
  double At(size_t target, absl::Time at) const;
  // Adds to every entry, by target: load that turns out to have been there all along.
  void Shift(absl::Span<const double> mbps);
  // Makes `to` of this: column to_new[t] holds target t; kGone are left out, new ones are 0.
  static constexpr uint32_t kGone = 0xffffffff;
  LoadHistory Renumbered(absl::Span<const uint32_t> to_new, size_t targets) const;

  size_t size() const { return count_; }
  // False for a time that was forgotten because it is older than kSpan.
  bool Covers(absl::Time at) const;
  size_t memory_bytes() const { return mbps_.capacity() * sizeof(float); }

 private:
  size_t Index(size_t age) const { return (newest_ + kEntriesMax - age) % kEntriesMax; }
  float* Entry(size_t index) { return mbps_.data() + index * targets_; }
  const float* Entry(size_t index) const { return mbps_.data() + index * targets_; }

  size_t targets_ = 0;
  size_t newest_ = kEntriesMax - 1;
  size_t count_ = 0;
  std::vector<absl::Time> times_;
  std::vector<float> mbps_;  // kEntriesMax x targets
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_LOAD_HISTORY_H_
