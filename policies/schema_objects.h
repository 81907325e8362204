// policies/schema_objects.h -- the maps of the schema, for the sources that write them down.
//
//   schema_targets.cc    target (capacity, probe), group
//   schema_services.cc   service (selector, prefer rule, ttl, watermark, fence)
//   schema.cc            guards, event, dns, and the root that refers to all
#ifndef SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_
#define SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_

#include "policies/schema.h"

namespace spillway::policies {

inline constexpr double kDaySeconds = 86400;

extern const ObjectSpec kTarget, kCapacity, kProbe, kGroup;
extern const ObjectSpec kService, kSelector, kPrefer, kTtl, kWatermark, kFence;

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SCHEMA_OBJECTS_H_
