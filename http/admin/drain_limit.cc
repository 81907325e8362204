#include "http/admin/drain_limit.h"

#include "absl/strings/str_cat.h"
#include "base/units.h"

namespace spillway::http {
namespace {

// Egress capacity of each target; where none states any, each counts the same.
double Size(const Policy& policy, const Facts& facts, size_t i, bool by_count) {
  if (by_count) return 1;
  const ResourceVector& reported = facts.targets[i].capacity;
  if (reported.has(Resource::kEgress)) return reported[Resource::kEgress];
  const ResourceVector& stated = policy.targets[i].capacity;
  return stated.has(Resource::kEgress) ? stated[Resource::kEgress] : 0;
}

}  // namespace

absl::Status CheckDrainLimit(const Policy& policy, const Facts& facts, TargetId target) {
  if (facts.targets[target.index()].drain) return absl::OkStatus();  // takes nothing more out
  double stated = 0;
  for (size_t i = 0; i < facts.targets.size(); ++i) stated += Size(policy, facts, i, false);
  const bool by_count = stated <= 0;
  double all = 0, out = 0;
  for (size_t i = 0; i < facts.targets.size(); ++i) {
    const double size = Size(policy, facts, i, by_count);
    all += size;
    if (facts.targets[i].drain || i == target.index()) out += size;
  }
  const double limit = policy.guards.max_drained_capacity;
  if (out <= limit * all + 1e-9) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("want at most ", FormatFraction(limit),
                   " of capacity drained (guards.max_drained_capacity), got ",
                   FormatFraction(out / all), " with ", policy.target(target).name));
}

}  // namespace spillway::http
