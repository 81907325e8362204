// sim/report/policy_changes.h -- what differs between two policies, object by object, in words.
//
//   Policy ──as text──► "target ams1": {"capacity egress": "400 Gbps", ...} ──compared──► changes
//
// why: both are told by one table of texts, so that nothing is compared that is not also shown.
#ifndef SPILLWAY_SIM_REPORT_POLICY_CHANGES_H_
#define SPILLWAY_SIM_REPORT_POLICY_CHANGES_H_

#include <string>
#include <vector>

#include "steering/model/policy.h"

namespace spillway::sim {

struct PolicyChange {
  enum class Kind { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string object;  // "target ams1", "fence of fight for dach", "guards"
  std::vector<std::string>
      details;  // "capacity egress: 400 Gbps -> 200 Gbps"; all of it when added
};

// By object: targets, groups, limits, services, fences, events, guards, dns; each by name.
std::vector<PolicyChange> ComparePolicies(const Policy& before, const Policy& after);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_POLICY_CHANGES_H_
