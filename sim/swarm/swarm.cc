#include "sim/swarm/swarm.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "sim/rehearsal.h"
#include "sim/swarm/drawn_world.h"
#include "sim/swarm/invariants.h"

namespace spillway::sim {

std::string Finding::ToString() const {
  return absl::StrFormat("FAIL seed %d at %d s: %s   reproduce: ops/swarm --seed=%d", seed, t_s,
                         what, seed);
}

std::optional<Finding> PlaySeed(uint64_t seed, const SteeringFactory& make_steering) {
  DrawnWorld drawn = DrawWorld(seed);
  drawn.scenario.seconds =
      static_cast<int>(kTroubleEnds_s) +
      WorldJudge::SettlingSeconds(drawn.scenario.world, *drawn.terrain.frame->policy);
  WorldJudge judge(drawn);
  std::optional<Finding> finding;
  const std::unique_ptr<Steering> steering = make_steering();
  Rehearse(drawn.scenario, drawn.terrain, steering.get(),
           [&](const World& world, const Facts& facts, const Plan& plan) {
             if (finding) return;
             std::string broken = judge.Second(world, facts, plan);
             if (broken.empty() && world.now_s() == drawn.scenario.seconds)
               broken = judge.End(world, plan);
             if (!broken.empty()) finding = Finding{seed, world.now_s(), std::move(broken)};
           });
  return finding;
}

}  // namespace spillway::sim
