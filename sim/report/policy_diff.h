// sim/report/policy_diff.h -- what a change of policy would do to an audience.
//
//   Stage A ──Settle──► shares ┐
//                              ├─ by network: who moves, from where to where ─► PolicyDiff
//   Stage B ──Settle──► shares ┘
//
// Both stages are of one scenario: the same networks, the same seconds. Networks are compared one
// by one, because the groups they are in may differ between the policies.
#ifndef SPILLWAY_SIM_REPORT_POLICY_DIFF_H_
#define SPILLWAY_SIM_REPORT_POLICY_DIFF_H_

#include <string>
#include <vector>

#include "sim/report/policy_changes.h"
#include "sim/report/steady.h"

namespace spillway::sim {

struct PolicyDiff {
  // Clients of one service and kind that would go elsewhere.
  struct Move {
    std::string service, clients;  // "US-NY", or "DE -> DE+dach" when the groups differ
    std::string from, to;
    double viewers = 0, share = 0;  // of these clients of the service
  };
  struct TargetLoad {
    std::string name;
    double before = -1, after = -1;  // utilisation; -1 = not in that policy
    double watermark_before = 1, watermark_after = 1;
    double moved_mbps = 0;  // gained, less what is lost
  };
  double at_s = 0;
  Steady before, after;
  double viewers = 0;               // all
  double moved = 0;                 // part of them
  std::vector<Move> moves;          // the largest first
  std::vector<TargetLoad> targets;  // the fullest afterwards first
};

PolicyDiff ComparePlans(Steady before, Steady after, double at_s);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_POLICY_DIFF_H_
