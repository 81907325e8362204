// sim/terrain.h -- the map a rehearsal plays on: regions, metros, groups, targets, and the real
// policy and frame made of them.
//
//   region (8) ─► metro (20 groups) ─► group: a prefix, a place, a part of the audience
//      └────────► target: a place, a capacity, a provider       fences: a metro's candidates
//
// The frame is production's own: Policy, NamedGroups with prefixes, GroupMap::Build without
// databases, MakeFrame. Fences give every metro its `candidates` targets, two thirds the nearest
// and one third spread over all distances, so that a full region has a way out.
// thread safety: immutable once made.
#ifndef SPILLWAY_SIM_TERRAIN_H_
#define SPILLWAY_SIM_TERRAIN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/world_config.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

struct Terrain {
  std::shared_ptr<const Frame> frame;
  std::vector<double> row_part;          // by row: its part of the audience; sums to 1
  std::vector<uint8_t> row_region;       // by row
  std::vector<uint8_t> target_region;    // by target
  std::vector<uint8_t> target_provider;  // by target: 0 = our own clusters, else a CDN
  std::vector<double> capacity_mbps;     // by target
};

// Providers: our own (0) and four CDNs; each of these has a tenth of the targets, in all regions.
inline constexpr uint8_t kProviderCount = 5;
size_t RegionCount();
const char* RegionName(size_t region);

Terrain MakeTerrain(const WorldConfig& config);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_TERRAIN_H_
