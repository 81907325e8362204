// sim/rivals/reported.h -- what every product reads off a target's facts.
#ifndef SPILLWAY_SIM_RIVALS_REPORTED_H_
#define SPILLWAY_SIM_RIVALS_REPORTED_H_

#include "steering/model/facts.h"

namespace spillway::sim {

// A feed or a probe says so.
inline bool SaysDown(const TargetFacts& facts) {
  return facts.reported == Health::kDown || facts.probed == Health::kDown;
}
inline bool MayGetClients(const TargetFacts& facts) { return !SaysDown(facts) && !facts.drain; }

// 0 = unknown.
inline double CapacityMbps(const TargetFacts& facts) {
  return facts.capacity.has(Resource::kEgress) ? facts.capacity[Resource::kEgress] : 0;
}
inline bool HasReported(const TargetFacts& facts) { return facts.load.has(Resource::kEgress); }
// Load over capacity by the last report, however old; without any report 0: nobody is known to be
// there.
inline double ReportedUtilisation(const TargetFacts& facts) {
  const double capacity = CapacityMbps(facts);
  if (!HasReported(facts)) return 0;
  return capacity > 0 ? facts.load[Resource::kEgress] / capacity : 1e9;
}

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_RIVALS_REPORTED_H_
