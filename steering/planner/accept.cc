#include "steering/planner/accept.h"

#include <algorithm>

#include "steering/planner/planner.h"

namespace spillway {

double AcceptAt(double utilisation, const Watermark& watermark) {
  if (utilisation <= watermark.shed_from) return 1;
  if (utilisation >= watermark.target) return 0;
  return (watermark.target - utilisation) / (watermark.target - watermark.shed_from);
}

double NextAccept(const TargetStatus& status, const Watermark& watermark, double previous,
                  absl::Duration elapsed, bool hold) {
  if (!status.up || status.facts.drain) return 0;
  const double wanted = AcceptAt(status.utilisation, watermark);
  const bool may_rise = wanted > previous && status.returning;
  if (!may_rise && (hold || status.facts.feed == FeedState::kFrozen)) return previous;
  if (!may_rise && (wanted <= previous || status.facts.feed == FeedState::kAgeing))
    return std::min(wanted, previous);
  double step = kRestorePerSecond * std::max(0.0, absl::ToDoubleSeconds(elapsed));
  return std::min(wanted, previous + step);
}

}  // namespace spillway
