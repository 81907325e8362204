// sim/swarm/swarm.h -- random worlds, and what must hold in every one: safety while things go
// wrong, liveness once they stop.
//
//   DrawWorld(seed) ─► Rehearse ─► each second: safety   ┐
//                              └─► at the end: liveness  ├─► Finding, or nothing
//                                                        ┘
//
// safety:   an answer for everybody (CheckPlan: rows sum to one, nobody to a dead, drained or
//           fenced target while another serves; Decide answers); no target is planned beyond its
//           hard mark by our own doing (CheckPromises); no minute moves more than
//           max_shift_per_minute, but for what protection had to; the world's own books balance.
// liveness: when faults have been over for the settling time of the world (its sessions, TTLs, and
//           the time a failed target has to prove itself) nobody is planned around a target that
//           serves, telemetry is believed, shares stand still, and no target is over full if
//           demand fits.
// thread safety: free functions.
#ifndef SPILLWAY_SIM_SWARM_SWARM_H_
#define SPILLWAY_SIM_SWARM_SWARM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sim/steering.h"

namespace spillway::sim {

struct Finding {
  uint64_t seed = 0;
  int t_s = 0;
  std::string what;  // "safety:over_hard europe-01 1.07"
  // "FAIL seed 7421 at 904 s: safety:...  reproduce: ops/swarm --seed=7421"
  std::string ToString() const;
};

// Plays the world of `seed` to its end; what was found first.
std::optional<Finding> PlaySeed(uint64_t seed, const SteeringFactory& make_steering);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SWARM_SWARM_H_
