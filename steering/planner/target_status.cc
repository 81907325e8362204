#include "steering/planner/target_status.h"

#include <algorithm>

namespace spillway {
namespace {

constexpr double kUtilisationMax = 10;

bool IsUp(const TargetFacts& facts) {
  if (facts.probed == Health::kDown) return false;
  bool report_counts = facts.feed == FeedState::kFresh || facts.feed == FeedState::kAgeing;
  return !(report_counts && facts.reported == Health::kDown);
}

}  // namespace

TargetStatus ReadStatus(const Target& target, const TargetFacts& facts, double watermark) {
  TargetStatus status;
  status.facts = facts;
  status.up = IsUp(facts);
  for (Resource r : kResources) {
    const ResourceVector& capacity = facts.capacity.has(r) ? facts.capacity : target.capacity;
    if (!facts.load.has(r) || !capacity.has(r)) continue;
    // A capacity of zero is full, whatever the load; beyond ten times full nobody needs a number.
    double utilisation =
        capacity[r] > 0 ? std::min(facts.load[r] / capacity[r], kUtilisationMax) : kUtilisationMax;
    if (utilisation > status.utilisation) {
      status.utilisation = utilisation;
      status.binding = r;
    }
    if (r == Resource::kEgress) {
      status.headroom_mbps = std::max(0.0, watermark * capacity[r] - facts.load[r]);
    }
  }
  return status;
}

}  // namespace spillway
