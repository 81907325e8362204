// sim/terrain.h -- the map a rehearsal plays on: who is where, behind which caches, and the real
// policy and frame they meet.
//
//   row (service × group): a part of an audience, a region, resolvers, what its players can take
//   target: what it has when nothing is broken      link: what targets share (Policy::limits)
//
// The frame is production's own: Policy, GroupMap, CandidateTable, MakeFrame. Two makers:
// MakeTerrain below draws the prototype's synthetic world; scenario/stage.h reads files.
// units: Mbps, ms; parts 0..1. thread safety: immutable once made.
#ifndef SPILLWAY_SIM_TERRAIN_H_
#define SPILLWAY_SIM_TERRAIN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/world_config.h"
#include "steering/model/geo_point.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

// Whose demand swings together, and what a report shows on its map: a country or a part of one.
struct Region {
  std::string name;
  GeoPoint place;
};

// Who a row's clients are. Rows without any have part 0.
struct RowClients {
  double part = 0;              // of the audience of its curve
  uint16_t curve = 0;           // index in WorldConfig::audiences
  uint16_t region = 0;          // index in Terrain::regions
  float bitrate_mbps = 5;       // what a session takes when nothing holds it back
  float viewers_per_cache = 0;  // 0 = WorldConfig's
  bool one_cache = false;       // all behind one cache: what it holds, all of them get
  float detour_ms = 0;          // further from their targets than their resolver is
};

struct Terrain {
  std::shared_ptr<const Frame> frame;
  std::vector<Region> regions;
  std::vector<RowClients> rows;       // by row; parts of a curve sum to 1
  std::vector<double> capacity_mbps;  // by target
  std::vector<double> link_mbps;      // by Policy::limits
  // The synthetic world's, for its faults: by target.
  std::vector<uint8_t> target_region;
  std::vector<uint8_t> target_provider;  // 0 = our own clusters, else a CDN
};

// Providers: our own (0) and four CDNs; each of these has a tenth of the targets, in all regions.
inline constexpr uint8_t kProviderCount = 5;

// Regions (8) ─► metros (20 groups) ─► group: a prefix, a place, a part of the audience. Fences
// give every metro its `candidates` targets, two thirds the nearest and one third spread over all
// distances, so that a full region has a way out.
// `edit` sees the policy before the frame is made of it: guards, limits, probes, classes.
Terrain MakeTerrain(
    const WorldConfig& config, const std::function<void(Policy*)>& edit = [](Policy*) {});

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_TERRAIN_H_
