// steering/ledger/load_history.cc -- see load_history.h.
#include "steering/ledger/load_history.h"

#include <algorithm>

namespace spillway {

void LoadHistory::Reset(size_t targets) {
  targets_ = targets;
  newest_ = kEntriesMax - 1;
  count_ = 0;
  times_.assign(kEntriesMax, absl::InfinitePast());
  mbps_.assign(kEntriesMax * targets, 0);
}

void LoadHistory::Push(absl::Time at, absl::Span<const double> mbps) {
  // The newest entry is replaced until it is far enough from the one before it.
  const bool apart = count_ < 2 || times_[newest_] - times_[Index(1)] >= kSpacing;
  if (count_ == 0 || (apart && at > times_[newest_])) {
    newest_ = (newest_ + 1) % kEntriesMax;
    count_ = std::min(count_ + 1, kEntriesMax);
    times_[newest_] = at;
  } else {
    times_[newest_] = std::max(times_[newest_], at);
  }
  float* entry = Entry(newest_);
  for (size_t t = 0; t < targets_; ++t) entry[t] = static_cast<float>(mbps[t]);
}

bool LoadHistory::Covers(absl::Time at) const {
  return count_ > 0 && times_[newest_] - at <= kSpan;
}

double LoadHistory::At(size_t target, absl::Time at) const {
  if (count_ == 0) return 0;
  if (at >= times_[newest_]) return Entry(newest_)[target];
  // Newest first: reports are seconds old.
  for (size_t age = 1; age < count_; ++age) {
    const size_t before = Index(age), after = Index(age - 1);
    if (times_[before] > at) continue;
    const double part = absl::FDivDuration(at - times_[before], times_[after] - times_[before]);
    const double low = Entry(before)[target], high = Entry(after)[target];
    return low + (high - low) * part;
  }
  return Entry(Index(count_ - 1))[target];
}

void LoadHistory::Shift(absl::Span<const double> mbps) {
  for (size_t age = 0; age < count_; ++age) {
    float* entry = Entry(Index(age));
    for (size_t t = 0; t < targets_; ++t)
      entry[t] = static_cast<float>(std::max(0.0, entry[t] + mbps[t]));
  }
}

LoadHistory LoadHistory::Renumbered(absl::Span<const uint32_t> to_new, size_t targets) const {
  LoadHistory result;
  result.Reset(targets);
  result.newest_ = newest_;
  result.count_ = count_;
  result.times_ = times_;
  for (size_t index = 0; index < kEntriesMax && count_ > 0; ++index) {
    for (size_t t = 0; t < targets_; ++t) {
      if (to_new[t] != kGone) result.Entry(index)[to_new[t]] = Entry(index)[t];
    }
  }
  return result;
}

}  // namespace spillway
