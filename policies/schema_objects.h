// policies/schema_objects.h -- the maps of the schema, for the sources that write them down.
//
//   schema_targets.cc    target (capacity, probe), group
//   schema_services.cc   service (selector, prefer rule, ttl, watermark, fence)
//   schema.cc            limit, guards, event, dns, and the root that refers to all
#ifndef SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_
#define SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_

#include "policies/schema.h"

namespace spillway::policies {

inline constexpr double kDaySeconds = 86400;
// The lowest step of a ladder: 5 % of 5 Mbps is 250 kbps, under which there is no picture left.
inline constexpr double kLadderStepMin = 0.05;

extern const ObjectSpec kTarget, kCapacity, kProbe, kGroup;
extern const ObjectSpec kService, kSelector, kPrefer, kTtl, kWatermark, kFence;

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_
