#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/units.h"
#include "policies/compile.h"
#include "policies/schema.h"
#include "policies/schema_check.h"

namespace spillway::policies {
namespace {

// A limit that the targets' own capacities already keep says nothing. Only a warning: feeds may
// report more than the policy says.
void WarnOfIdleLimit(const Policy& policy, const SharedLimit& limit, Place place,
                     Diagnostics* diagnostics) {
  double together = 0;
  for (TargetId id : limit.targets) {
    const ResourceVector& capacity = policy.target(id).capacity;
    if (!capacity.has(Resource::kEgress)) return;
    together += capacity[Resource::kEgress];
  }
  if (together > limit.egress_mbps) return;
  diagnostics->Warning(
      place, {.what = absl::StrCat("limits.", limit.name,
                                   ".egress: never binds: its targets together carry at most ",
                                   FormatBitrate(together))});
}

}  // namespace

void CompileLimits(const Node* section, Symbols* symbols, Policy* policy,
                   Diagnostics* diagnostics) {
  if (section == nullptr) return;
  const ObjectSpec& spec = *PolicySchema().Find("limits")->object;
  for (const Node::Member& member : section->members) {
    if (member.key.bad || member.value.kind != Node::Kind::kMap) continue;  // reported
    MapReader reader(&member.value, spec);
    Selection chosen =
        symbols->Select(reader, member.value.place, absl::StrCat("limits.", member.key.text));
    const Node* egress = reader.Find("egress");
    if (!chosen.sound || egress == nullptr) continue;
    SharedLimit limit{.name = member.key.text,
                      .targets = std::move(chosen.ids),
                      .egress_mbps = std::get<double>(egress->value)};
    WarnOfIdleLimit(*policy, limit, egress->place, diagnostics);
    policy->limits.push_back(std::move(limit));
  }
}

}  // namespace spillway::policies
