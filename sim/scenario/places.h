// sim/scenario/places.h -- where an audience lives: a table of networks with a place and a weight.
//
//   place,country,region,lat,lon,asn,network,weight,bitrate,viewers_per_cache,detour,prefix
//   New York,US,NY,40.71,-74.01,701,fios,6.1,,,,
//
// One line is the clients of one network (an ISP, a public resolver's users) in one place. What a
// policy tells apart (country, region, AS number, prefix) is what the controller sees of it, as it
// would from City and ASN databases; two lines that no policy tells apart are one group.
// units: weight: viewers of the country, relative; bitrate: of the service's nominal; detour: ms
// that the clients are further from everything than the resolver that asks for them.
// limits: kPlacesMax lines; fields have no quotes; every error at once, as file:line:column.
#ifndef SPILLWAY_SIM_SCENARIO_PLACES_H_
#define SPILLWAY_SIM_SCENARIO_PLACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "steering/model/geo_point.h"

namespace spillway::sim {

// Invented networks get /20s of 240.0.0.0/4, the block that is nobody's (RFC 1112 4): 65,536.
inline constexpr size_t kPlacesMax = 60'000;

struct NetworkPlace {
  std::string place, country, region;
  GeoPoint at;
  uint32_t asn = 0;  // 0 = none of its own
  std::string network;
  double weight = 1;
  double bitrate = 1;
  double viewers_per_cache = 0;  // 0 = the scenario's; -1 = all behind one cache
  double detour_ms = 0;
  IpPrefix prefix;
};

// `file` names it in messages.
absl::StatusOr<std::vector<NetworkPlace>> ParsePlaces(absl::string_view file,
                                                      absl::string_view text);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCENARIO_PLACES_H_
