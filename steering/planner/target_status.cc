#include "steering/planner/target_status.h"

#include <algorithm>

namespace spillway {
namespace {

constexpr double kUtilisationMax = 10;

}  // namespace

bool IsUp(const TargetFacts& facts) {
  if (facts.probed == Health::kDown) return false;
  bool report_counts = facts.feed == FeedState::kFresh || facts.feed == FeedState::kAgeing;
  return !(report_counts && facts.reported == Health::kDown);
}

TargetStatus ReadStatus(const Target& target, const TargetFacts& facts) {
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
  }
  return status;
}

double MeasuredMbps(const TargetFacts& facts, double bitrate_mbps, bool nominal) {
  const bool egress = facts.load.has(Resource::kEgress);
  const double measured = egress ? facts.load[Resource::kEgress] : -1;
  if (!facts.load.has(Resource::kSessions) || (egress && !nominal)) return measured;
  return std::max(measured, facts.load[Resource::kSessions] * bitrate_mbps);
}

}  // namespace spillway
