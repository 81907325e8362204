// sim/rehearsal.h -- one evening, one steering: the loop, and scenarios by name.
//
//   each second:  faults ─► Facts + Activity ─► Steering ─► Plan ─► World::Step ─► Feeds, Score
//                                               └ as many as there are nodes (fleet.h)
//
// Deterministic: terrain, scenario and steering decide every bit of the result.
#ifndef SPILLWAY_SIM_REHEARSAL_H_
#define SPILLWAY_SIM_REHEARSAL_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/faults.h"
#include "sim/score.h"
#include "sim/steering.h"
#include "sim/terrain.h"
#include "sim/world_config.h"

namespace spillway::sim {

// Our own front ends: each plans by itself.
struct Nodes {
  int count = 1;
  double sharing_s = 2;  // how late one hears what the others answered
};

struct Scenario {
  std::string name;
  WorldConfig world;
  std::vector<Fault> faults;
  int seconds = 7200;
  double fault_at_s = 0;       // from when recovery is counted
  double scored_from_s = 300;  // the opening is nobody's doing: what others left behind moves on
  int plan_every_s = 1;
  Nodes nodes;
};

// none, cdnloss, flap, freeze, lie, cut, grand, over: the columns of the prototype's table; also
// loss (one target), drain, vbr, noisy (reports scatter by 6 %), longttl (nearly all come by DNS,
// whose answers are kept for two minutes). `world` is altered where the name says so (over, vbr,
// noisy, longttl). A name that is not known is a CHECK failure; ScenarioNames has them all.
Scenario MakeScenario(absl::string_view name, WorldConfig world);
std::vector<std::string> ScenarioNames();

// Called after each second, for those who want to look.
using Watch = std::function<void(const World&, const Facts&, const Plan&)>;
// `terrain` must be of scenario.world.
Result Rehearse(const Scenario& scenario, const Terrain& terrain, Steering* steering,
                const Watch& watch = nullptr);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REHEARSAL_H_
