// steering/planner/pace_io.h -- what a Pacer is given and what it answers: flat arrays.
//
// units: shares are fractions of a row; demand, headroom and load in nominal Mbps that can be
// steered. rows, slots and targets are those of the shape. thread safety: plain values.
#ifndef SPILLWAY_STEERING_PLANNER_PACE_IO_H_
#define SPILLWAY_STEERING_PLANNER_PACE_IO_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"

namespace spillway {

// Part of a row that may move in a second because it is better, not because it must: all of it in
// 20 s, so that a report (age up to 10 s) can object before the load it describes has doubled.
inline constexpr float kPacePerSecond = 0.05f;
// A row is left alone while no share would change by this part of it (papers 4.3 step 7; about one
// cell of 256).
inline constexpr float kDeadbandShare = 0.005f;
// A target that is new or back gets this part of what is wanted for it, twice as much each
// effective TTL (papers 4.3 step 7): caches warm up, and if it fails again few notice.
inline constexpr float kSlowStartShare = 0.02f;

// A target is over its headroom beyond this: half of the 1 % that the solver leaves and pace.h
// promises (solve::Options::tolerance), so that rounding forces nobody.
inline constexpr double kRoomTolerance = 0.005;

// The fixed part: rows, slots, names. By names state is carried to another shape.
struct PaceShape {
  static constexpr uint16_t kFenced = 0xffff;
  std::vector<std::string> targets, services;
  std::vector<uint32_t> row_begin{0};  // rows + 1
  std::vector<uint16_t> row_service;   // by row, never falls
  std::vector<uint16_t> slot_target;  // by slot, cheapest first; kFenced = clients may not go there
};

struct PaceTarget {
  // Steerable demand that it can take, all services together; infinite = no limit; <= 0 = closed.
  double headroom_mbps = 0;
  bool usable = true;      // false: dead or drained; everyone leaves
  bool may_onload = true;  // false: never more than the shares in force give it
  bool returning = false;  // becoming true starts a slow start, as becoming usable does
  // Most that optional moves may bring it each second; forced ones are not held to it.
  double onload_mbps_per_s = std::numeric_limits<double>::infinity();
};

struct PaceInputs {
  absl::Time now;
  absl::Duration elapsed;  // since the plan in force; at most 5 s are credited
  const Guards& guards;
  absl::Span<const PaceTarget> targets;  // by target
  absl::Span<const float> demand_mbps;   // by row
  absl::Span<const float> ttl_s;         // by service: effective TTL; slow start doubles in it
  // By slot: shares in force; a row of zeros = none yet. Unrounded, as the last step gave them:
  // moves of less than a cell would never add up to one otherwise.
  absl::Span<const float> before;
  absl::Span<const float> wanted;  // by slot
};

struct PaceOutputs {
  std::vector<float> next;        // by slot
  std::vector<Held> bit;          // by slot: what kept it from its wanted share
  std::vector<double> load_mbps;  // by target: steerable demand that `next` gives it
  struct Moves {                  // fractions of the service's demand
    double optional = 0, forced = 0;
    double forced_over_guard = 0;  // the part of `forced` beyond max_shift_per_minute
  };
  std::vector<Moves> services;  // by service
  size_t rows_moved = 0;
  size_t rows_below_min_targets = 0;  // of those that moved: guard unmet, for lack of room
  bool frozen = false;                // a freeze window holds
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PACE_IO_H_
