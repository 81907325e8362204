// steering/planner/guards.cc -- see guards.h.
#include "steering/planner/guards.h"

#include <algorithm>

namespace spillway {

bool InFreeze(const Guards& guards, absl::Time now) {
  for (const Guards::Freeze& freeze : guards.freezes) {
    if (freeze.from <= now && now < freeze.to) return true;
  }
  return false;
}

void ShiftWindow::Advance(absl::Time now) {
  const int64_t second = absl::ToUnixSeconds(now);
  if (newest_ == INT64_MIN || second - newest_ >= kBins) {
    moved_.fill(0);
    newest_ = second;
  }
  // Time that runs back changes nothing: what moved stays counted.
  while (newest_ < second) {
    ++newest_;
    moved_[static_cast<size_t>(((newest_ % kBins) + kBins) % kBins)] = 0;
  }
}

double ShiftWindow::Left(absl::Time now, double per_minute) {
  Advance(now);
  double moved = 0;
  for (float bin : moved_) moved += bin;
  return std::max(0.0, per_minute - moved);
}

void ShiftWindow::Add(absl::Time now, double fraction) {
  Advance(now);
  moved_[static_cast<size_t>(((newest_ % kBins) + kBins) % kBins)] += static_cast<float>(fraction);
}

int KeepMinTargets(const MinTargetsRow& row) {
  const float least_share = kMinTargetShare * row.total;
  // A share that rounding brought a hair below counts as the least share.
  const float counts = least_share * (1 - 1e-4f);
  int have = 0;
  for (float share : row.shares) have += share >= counts;
  while (have < row.least) {
    size_t best = row.shares.size(), donor = 0;
    for (size_t i = 0; i < row.shares.size(); ++i) {
      if (row.shares[i] > row.shares[donor]) donor = i;
      if (!row.may_join[i] || row.shares[i] >= counts) continue;
      if (best == row.shares.size() || row.rank[i] > row.rank[best]) best = i;
    }
    if (best == row.shares.size()) break;
    const float need = least_share - row.shares[best];
    if (row.shares[donor] - need < least_share) break;
    row.shares[donor] -= need;
    row.shares[best] = least_share;
    ++have;
  }
  return have;
}

}  // namespace spillway
