// sim/scenario/scenario_objects.h -- the maps of the scenario language that are about habits, for
// the source that puts the language together (scenario_schema.cc).
#ifndef SPILLWAY_SIM_SCENARIO_SCENARIO_OBJECTS_H_
#define SPILLWAY_SIM_SCENARIO_SCENARIO_OBJECTS_H_

#include "policies/schema.h"

namespace spillway::sim {

extern const policies::ObjectSpec kNoise, kPlayers, kResolvers, kCaches, kFeeds, kNodes;

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCENARIO_SCENARIO_OBJECTS_H_
