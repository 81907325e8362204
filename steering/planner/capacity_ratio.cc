// steering/planner/capacity_ratio.cc -- what other targets deliver of what was placed there.
#include <algorithm>

#include "steering/planner/capacity_watch.h"

namespace spillway {
namespace {

// Others that deliver more than modelled are not followed: a target that delivers all that the
// model alone says is never found. After a start others carry sessions that the ledger never saw.
constexpr double kCommonMax = 1;

}  // namespace

void CapacityWatch::SortByRatio() {
  const auto ratio = [this](uint32_t t) { return watched_[t].measured / watched_[t].modelled; };
  by_ratio_.clear();
  for (uint32_t t = 0; t < watched_.size(); ++t) {
    // What a saturated target delivers says nothing of what clients want.
    if (watched_[t].speaks && watched_[t].estimate < 0) by_ratio_.push_back(t);
  }
  std::sort(by_ratio_.begin(), by_ratio_.end(), [&](uint32_t a, uint32_t b) {
    return ratio(a) != ratio(b) ? ratio(a) < ratio(b) : a < b;
  });
  std::fill(rank_.begin(), rank_.end(), static_cast<uint32_t>(by_ratio_.size()));
  load_sum_.clear();
  double sum = 0;
  for (size_t i = 0; i < by_ratio_.size(); ++i) {
    rank_[by_ratio_[i]] = static_cast<uint32_t>(i);
    load_sum_.push_back(sum += watched_[by_ratio_[i]].modelled);
  }
}

double CapacityWatch::CommonRatio(size_t target) const {
  const size_t rank = rank_[target];
  const bool in = rank < by_ratio_.size();
  if (by_ratio_.size() < (in ? 2u : 1u)) return 0;
  const double own = in ? watched_[target].modelled : 0;
  const double half = (load_sum_.back() - own) / 2;
  const auto at = [&](double sum) {
    return static_cast<size_t>(std::lower_bound(load_sum_.begin(), load_sum_.end(), sum) -
                               load_sum_.begin());
  };
  size_t i = at(half);
  if (in && i >= rank) i = std::max(rank + 1, at(half + own));
  const Watched& w = watched_[by_ratio_[std::min(i, by_ratio_.size() - 1)]];
  return std::min(kCommonMax, w.measured / w.modelled);
}

double CapacityWatch::CommonRatioSince(size_t target, absl::Time since) const {
  double all = 0, newer = 0;
  const auto speaks_since = [&](uint32_t t) { return watched_[t].measured_at >= since; };
  for (const uint32_t t : by_ratio_) {
    if (t == target) continue;
    all += watched_[t].modelled;
    if (speaks_since(t)) newer += watched_[t].modelled;
  }
  if (newer <= 0 || newer < all / 2) return 0;
  double sum = 0;
  for (const uint32_t t : by_ratio_) {
    if (t == target || !speaks_since(t)) continue;
    sum += watched_[t].modelled;
    if (sum >= newer / 2) return std::min(kCommonMax, watched_[t].measured / watched_[t].modelled);
  }
  return 0;
}

}  // namespace spillway
