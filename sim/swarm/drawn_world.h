// sim/swarm/drawn_world.h -- a world, a policy and troubles drawn by a seed.
//
//   seed ─► config (sizes, audience, players, resolvers, feeds)
//        ├► policy (guards, limits, classes, ladders, probes, TTLs)
//        └► faults, all over by kTroubleEnds_s
//
// Small on purpose: a world is played in a second or two. Deterministic: the seed is the whole.
#ifndef SPILLWAY_SIM_SWARM_DRAWN_WORLD_H_
#define SPILLWAY_SIM_SWARM_DRAWN_WORLD_H_

#include <cstdint>

#include "sim/rehearsal.h"
#include "sim/terrain.h"

namespace spillway::sim {

inline constexpr double kTroubleBegins_s = 60, kTroubleEnds_s = 1200;

struct DrawnWorld {
  Scenario scenario;  // `seconds` ends when liveness is judged
  Terrain terrain;
};

DrawnWorld DrawWorld(uint64_t seed);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SWARM_DRAWN_WORLD_H_
