// tests/unit/steering/planner/pace_world.h -- small worlds for the pacer, by hand or by dice.
#ifndef SPILLWAY_TESTS_UNIT_STEERING_PLANNER_PACE_WORLD_H_
#define SPILLWAY_TESTS_UNIT_STEERING_PLANNER_PACE_WORLD_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "steering/planner/pace.h"

namespace spillway {

// What the pacer sees; a plan's life is wanted -> Step -> before.
struct PaceWorld {
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();

  PaceShape shape;
  Guards guards;
  std::vector<PaceTarget> targets;
  std::vector<float> demand, ttl_s, before, wanted;
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  Pacer pacer;
  PaceOutputs out;

  PaceWorld(size_t target_count, size_t service_count) {
    for (size_t t = 0; t < target_count; ++t) shape.targets.push_back("t" + std::to_string(t));
    for (size_t s = 0; s < service_count; ++s) shape.services.push_back("s" + std::to_string(s));
    targets.assign(target_count, {.headroom_mbps = kNoLimit});
    ttl_s.assign(service_count, 30);
  }
  // Slots at `row_targets` (PaceShape::kFenced too), all shares 0. Rows in order of service.
  void AddRow(float mbps, const std::vector<uint16_t>& row_targets, uint16_t service = 0) {
    shape.slot_target.insert(shape.slot_target.end(), row_targets.begin(), row_targets.end());
    shape.row_begin.push_back(static_cast<uint32_t>(shape.slot_target.size()));
    shape.row_service.push_back(service);
    demand.push_back(mbps);
    before.resize(shape.slot_target.size());
    wanted.resize(shape.slot_target.size());
  }
  void Bind() { pacer.Bind(shape); }
  // The plan that comes out is then in force.
  const PaceOutputs& Step(double seconds = 1) {
    now += absl::Seconds(seconds);
    pacer.Step({.now = now,
                .elapsed = absl::Seconds(seconds),
                .guards = guards,
                .targets = targets,
                .demand_mbps = demand,
                .ttl_s = ttl_s,
                .before = before,
                .wanted = wanted},
               &out);
    before = out.next;
    return out;
  }
};

}  // namespace spillway

#endif  // SPILLWAY_TESTS_UNIT_STEERING_PLANNER_PACE_WORLD_H_
