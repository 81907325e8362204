#include "sim/rehearsal.h"

#include <iterator>
#include <memory>
#include <utility>

#include "base/check.h"
#include "sim/feeds.h"
#include "sim/world.h"

namespace spillway::sim {
namespace {

// The bell has rung at 3000 s; the last of its surge is in by about 3500 s.
constexpr double kPeakS = 3900;
constexpr double kRampS = 2700;   // feeds stop before the steepest part...
constexpr double kFreezeS = 900;  // ...and come back after it
// Latin America: the region that is shortest of capacity, so losing more of it hurts others.
constexpr size_t kCutRegion = 3;

using Kind = Fault::Kind;
using At = Where::Kind;

struct Named {
  const char* name;
  std::vector<Fault> faults;
  double fault_at_s = kPeakS;
};

std::vector<Named> Table() {
  const Fault cdnloss{.kind = Kind::kLoss, .where = {At::kProvider, 1}, .from_s = kPeakS};
  const Fault flap{
      .kind = Kind::kFlap, .where = {At::kLargest, 2}, .from_s = kRampS, .until_s = kPeakS + 900};
  const Fault freeze{.kind = Kind::kFreeze, .from_s = kRampS, .until_s = kRampS + kFreezeS};
  const Fault lie{.kind = Kind::kLow, .where = {At::kProvider, 2}, .amount = 0.2};
  const Fault cut{.kind = Kind::kLoss,
                  .where = {At::kRegion, kCutRegion},
                  .from_s = kPeakS + 600,
                  .until_s = kPeakS + 1500,
                  .amount = 0.4,
                  .told = true};
  const Fault loss{.kind = Kind::kLoss,
                   .where = {At::kLargest, 0},
                   .from_s = kPeakS,
                   .amount = 0.6,
                   .told = true};
  const Fault drain{
      .kind = Kind::kDrain, .where = {At::kLargest, 0}, .from_s = kPeakS, .until_s = kPeakS + 900};
  return {{"none", {}},
          {"cdnloss", {cdnloss}},
          {"flap", {flap}, kRampS},
          {"freeze", {freeze}, kRampS},
          {"lie", {lie}, 0},
          {"cut", {cut}, kPeakS + 600},
          {"grand", {cdnloss, flap, freeze, lie, cut}},
          {"over", {}},
          {"loss", {loss}},
          {"drain", {drain}},
          {"vbr", {}, 3600},
          {"noisy", {}},
          {"longttl", {}}};
}

}  // namespace

Scenario MakeScenario(absl::string_view name, WorldConfig world) {
  for (Named& named : Table()) {
    if (name != named.name) continue;
    if (name == "over") world.capacity_factor = 1 / 1.15;  // demand is 115 % of all there is
    if (name == "vbr") {
      // Quiet walk-in at 2 of 5 Mbps, confetti within ten seconds (papers 5.3).
      world.scenes = {{3600, 0.4}, {3610, 1.0}};
      world.feeds.sessions = true;
    }
    if (name == "noisy") world.feeds.noise = 0.06;
    if (name == "longttl") {
      // Most come by DNS and can never be asked to move; what is cached is pinned for minutes.
      world.ttl_s = 120;
      world.players.redirect = 0.1;
      world.players.dns_only = 0.7;
      world.players.steered = 0.15;
    }
    return {.name = named.name,
            .world = std::move(world),
            .faults = std::move(named.faults),
            .fault_at_s = named.fault_at_s};
  }
  CHECK(false);
  return {};
}

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names;
  for (const Named& named : Table()) names.emplace_back(named.name);
  return names;
}

Result Rehearse(const Scenario& scenario, const Terrain& terrain, Steering* steering,
                const Watch& watch) {
  World world(scenario.world, terrain);
  Feeds feeds(terrain.frame->policy, scenario.world);
  Score score(terrain, scenario.fault_at_s, scenario.scored_from_s);
  Activity activity;
  std::shared_ptr<const Plan> plan;
  for (int t = 0; t < scenario.seconds; ++t) {
    ApplyFaults(scenario.faults, terrain, &world, &feeds);
    const Facts facts = feeds.Snapshot(world.now());
    if (t % scenario.plan_every_s == 0) {
      world.TakeActivity(&activity);
      plan = steering->Tick({.frame = terrain.frame,
                             .facts = facts,
                             .activity = activity,
                             .resolver_arrivals = world.resolver_arrivals(),
                             .world = world});
    }
    world.Step(*plan, steering->playing());
    feeds.Measure(world);
    score.Add(world);
    if (watch) watch(world, facts, *plan);
  }
  Result result = score.Finish();
  result.scenario = scenario.name;
  result.steering = std::string(steering->name());
  return result;
}

}  // namespace spillway::sim
