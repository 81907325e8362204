// steering/planner/capacity_ratio.cc -- what other targets deliver of what was placed there.
#include <algorithm>

#include "steering/planner/capacity_watch.h"

namespace spillway {
namespace {

// Others that deliver more than modelled are not followed: a target that delivers all that the
// model alone says is never found. After a start others carry sessions that the ledger never saw.
constexpr double kCommonMax = 1;

}  // namespace

void CapacityWatch::HearAll() {
  said_.Clear(watched_.size());
  for (size_t t = 0; t < watched_.size(); ++t) {
    const Watched& w = watched_[t];
    // What a saturated target delivers says nothing of what clients want.
    if (w.speaks && w.estimate < 0) said_.Add(t, w.measured / w.modelled, w.modelled);
  }
  said_.Sort();
}

double CapacityWatch::CommonRatio(size_t target) const {
  return std::min(kCommonMax, said_.Without(target, 0));
}

double CapacityWatch::CommonRatioSince(size_t target, absl::Time since) const {
  double all = 0, newer = 0;
  const auto counts = [&](const MedianOfOthers::Entry& e) {
    return e.target != target && watched_[e.target].measured_at >= since;
  };
  for (const MedianOfOthers::Entry& e : said_.entries()) {
    if (e.target != target) all += e.load;
    if (counts(e)) newer += e.load;
  }
  if (newer <= 0 || newer < all / 2) return 0;
  double sum = 0;
  for (const MedianOfOthers::Entry& e : said_.entries()) {
    if (counts(e) && (sum += e.load) >= newer / 2) return std::min(kCommonMax, e.ratio);
  }
  return 0;
}

}  // namespace spillway
