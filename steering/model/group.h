// steering/model/group.h -- clients that are steered alike: one leaf kind of the group map.
#ifndef SPILLWAY_STEERING_MODEL_GROUP_H_
#define SPILLWAY_STEERING_MODEL_GROUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steering/model/geo_point.h"
#include "steering/model/ids.h"

namespace spillway {

// Every distinct (country, region, set of named groups) the database and the policy together
// produce.
struct Group {
  std::string name;                  // "DE", "US-NY", "DE+big-isp", "??" (unknown country); unique
  std::string country;               // ISO 3166-1 alpha-2, or empty when unknown
  std::vector<LabelId> labels;       // named groups these clients are in, ascending
  std::optional<GeoPoint> location;  // where they are, for the estimate of round trips
  friend bool operator==(const Group&, const Group&) = default;
};

// Answer of the group map. `bits`: length of the shortest prefix around the address that lies
// wholly in `group`, i.e. how much of the address the answer depended on (RFC 7871 7.2.1 SCOPE).
struct GroupMatch {
  GroupId group;
  uint8_t bits = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_GROUP_H_
