// sim/scenario/stage.h -- a scenario file, its policy and its places, ready to play.
//
//   scenario.yaml ─► schema ─┐
//   policy directory ────────┼─► Stage: Scenario (world, faults) + Terrain (frame, rows)
//   places.csv ──────────────┘
//
// All or nothing, every error at once as file:line:column; nothing is left half made.
// thread safety: immutable once loaded; many rehearsals may share one.
#ifndef SPILLWAY_SIM_SCENARIO_STAGE_H_
#define SPILLWAY_SIM_SCENARIO_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/rehearsal.h"
#include "sim/scenario/places.h"
#include "sim/terrain.h"

namespace spillway::sim {

struct Stage {
  std::string title;
  std::string policy_directory;
  bool fits = true;  // the scenario says that demand fits the capacity
  Scenario scenario;
  Terrain terrain;
  std::vector<NetworkPlace> places;  // an address of each is a client of its group
};

struct StageOptions {
  std::string policy;            // directory; empty = the scenario's
  std::optional<uint64_t> seed;  // else the scenario's
};

// `path` of the scenario file. Warnings of the policy are not told.
absl::StatusOr<std::shared_ptr<const Stage>> LoadStage(const std::string& path,
                                                       const StageOptions& options = {});

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_SCENARIO_STAGE_H_
