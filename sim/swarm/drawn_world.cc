#include "sim/swarm/drawn_world.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "sim/random.h"
#include "steering/model/policy.h"

namespace spillway::sim {
namespace {

// Draws in the terms of this file.
class Dice {
 public:
  explicit Dice(Random random) : random_(random) {}
  double Between(double least, double most) { return least + (most - least) * random_.Uniform(); }
  // Small and large alike: 10 to 1,000 is as often below 100 as above.
  double Logarithmic(double least, double most) {
    return std::exp(Between(std::log(least), std::log(most)));
  }
  int Whole(int least, int most) {
    return least + static_cast<int>(random_.Below(static_cast<size_t>(most - least + 1)));
  }
  bool Chance(double p) { return random_.Uniform() < p; }

 private:
  Random random_;
};

Audience DrawAudience(Dice* dice) {
  Audience audience;
  audience.base = dice->Logarithmic(2e4, 1e6);
  audience.surges.clear();
  const int surges = dice->Whole(0, 3);
  for (int i = 0; i < surges; ++i) {
    // Some leave: never more than came.
    const double size =
        audience.base * (dice->Chance(0.7) ? dice->Logarithmic(0.2, 6) : -dice->Between(0.1, 0.5));
    audience.surges.push_back(
        {.at_s = dice->Between(150, 900), .scale_s = dice->Logarithmic(15, 200), .viewers = size});
  }
  return audience;
}

WorldConfig DrawConfig(uint64_t seed, Dice* dice) {
  WorldConfig config;
  config.seed = seed;
  config.groups = static_cast<size_t>(dice->Whole(4, 60));
  config.targets = static_cast<size_t>(dice->Whole(3, 14));
  config.candidates = static_cast<size_t>(dice->Whole(2, 8));
  config.services = static_cast<size_t>(dice->Whole(1, 3));
  config.capacity_factor = dice->Between(0.8, 2.0);
  config.capacity_sigma = dice->Between(0.2, 1.0);
  config.pareto = dice->Between(1.1, 2.5);
  config.group_share_max = dice->Between(0.03, 0.3);
  config.bitrate_mbps = dice->Between(1, 8);
  config.session_told = dice->Between(0.5, 1.5);
  config.demand_sigma = dice->Between(0, 0.15);
  config.background = dice->Chance(0.2) ? dice->Between(0, 0.1) : 0;
  config.watermark = dice->Between(0.65, 0.92);
  config.shed_from = config.watermark * dice->Between(0.7, 0.95);
  config.hard = std::min(0.98, config.watermark + dice->Between(0.02, 0.1));
  config.audiences = {DrawAudience(dice)};
  Players& players = config.players;
  players.session_s = dice->Logarithmic(60, 600);
  players.redirect = dice->Between(0, 0.9);
  players.dns_only = dice->Between(0, 1 - players.redirect) * dice->Between(0, 1);
  players.steered = dice->Between(0, 1 - players.dns_only);
  players.adapt = dice->Chance(0.5);
  players.abandon_per_s = dice->Chance(0.5) ? dice->Between(0, 0.05) : 0;
  players.retry = dice->Between(0, 1);
  players.retry_s = dice->Between(1, 15);
  players.retry_asks = dice->Chance(0.2) ? dice->Between(1, 5) : 1;
  config.caches.cold_loss = dice->Chance(0.2) ? dice->Between(0, 0.3) : 0;
  config.resolvers.viewers_each = dice->Logarithmic(100, 20'000);
  config.resolvers.stretch = dice->Between(0, 0.3);
  config.resolvers.straggle = dice->Between(0, 0.05);
  config.resolvers.gaps_are_read = dice->Chance(0.7);
  config.feeds.period_s = dice->Whole(1, 10);
  config.feeds.delay_s = dice->Whole(0, 8);
  config.feeds.noise = dice->Between(0, 0.04);
  config.feeds.ttl_s = 3 * config.feeds.period_s + config.feeds.delay_s;
  config.feeds.sessions = dice->Chance(0.5);
  config.feeds.loss = dice->Chance(0.3) ? dice->Between(0, 0.2) : 0;
  return config;
}

void DrawLimits(Dice* dice, Policy* policy) {
  const int limits = dice->Chance(0.4) ? dice->Whole(1, 2) : 0;
  for (int l = 0; l < limits; ++l) {
    SharedLimit limit{.name = absl::StrCat("link", l + 1)};
    for (size_t t = 0; t < policy->targets.size(); ++t) {
      if (!dice->Chance(0.4)) continue;
      limit.targets.emplace_back(t);
      limit.egress_mbps += policy->targets[t].capacity[Resource::kEgress];
    }
    limit.egress_mbps *= dice->Between(0.5, 1);
    if (!limit.targets.empty()) policy->limits.push_back(std::move(limit));
  }
}

void DrawPolicy(absl::Time start, Dice* dice, Policy* policy) {
  for (Target& target : policy->targets) {
    target.cost = dice->Chance(0.5) ? dice->Between(0, 2) : 0;
    target.probes.push_back({.kind = ProbeSpec::Kind::kTcp});
  }
  for (Service& service : policy->services) {
    service.ttl.calm = absl::Seconds(dice->Whole(5, 60));
    service.ttl.shedding = service.ttl.calm / 2 + absl::Seconds(1);
    service.ttl.draining = service.ttl.calm / 3 + absl::Seconds(1);
    service.service_class = static_cast<ServiceClass>(dice->Whole(0, kServiceClassCount - 1));
    service.waiting_room = dice->Chance(0.5);
    if (dice->Chance(0.3)) service.ladder = {1};
    service.price_ms = dice->Chance(0.5) ? dice->Between(0, 20) : 0;
  }
  DrawLimits(dice, policy);
  Guards& guards = policy->guards;
  if (dice->Chance(0.5)) guards.max_shift_per_minute = dice->Between(0.03, 1);
  guards.min_targets_per_group = dice->Chance(0.3) ? 2 : 1;
  guards.max_drained_capacity = 1;
  if (dice->Chance(0.2)) {
    const absl::Time from = start + absl::Seconds(dice->Whole(0, 900));
    guards.freezes.push_back({from, from + absl::Seconds(dice->Whole(60, 600))});
  }
}

Fault DrawFault(size_t targets, Dice* dice) {
  // Bus and nodes have scenarios of their own.
  constexpr Fault::Kind kKinds[] = {
      Fault::Kind::kLoss,  Fault::Kind::kLoss,  Fault::Kind::kDead,  Fault::Kind::kFreeze,
      Fault::Kind::kLow,   Fault::Kind::kStuck, Fault::Kind::kFlap,  Fault::Kind::kProbeFail,
      Fault::Kind::kDrain, Fault::Kind::kSurge, Fault::Kind::kOutage};
  Fault fault{.kind = kKinds[dice->Whole(0, static_cast<int>(std::size(kKinds)) - 1)]};
  fault.from_s = std::floor(dice->Between(kTroubleBegins_s, kTroubleEnds_s - 60));
  fault.until_s = std::floor(std::min(kTroubleEnds_s, fault.from_s + dice->Logarithmic(10, 900)));
  fault.amount = dice->Between(0.1, 0.9);
  if (fault.kind == Fault::Kind::kSurge) fault.amount = dice->Between(1.2, 3);
  fault.period_s = dice->Whole(5, 60);
  fault.told = dice->Chance(0.5);
  if (fault.kind == Fault::Kind::kFreeze && dice->Chance(0.5)) return fault;  // all at once
  fault.where.kind = Where::Kind::kListed;
  for (size_t t = 0; t < targets; ++t) {
    if (dice->Chance(0.25)) fault.where.listed.push_back(t);
  }
  if (fault.where.listed.empty())
    fault.where.listed = {static_cast<size_t>(dice->Whole(0, static_cast<int>(targets) - 1))};
  return fault;
}

}  // namespace

DrawnWorld DrawWorld(uint64_t seed) {
  const Random random(seed);
  Dice sizes(random.Fork(101)), policies(random.Fork(102)), troubles(random.Fork(103));
  DrawnWorld world;
  world.scenario.name = absl::StrCat("seed-", seed);
  WorldConfig& config = world.scenario.world = DrawConfig(seed, &sizes);
  world.terrain =
      MakeTerrain(config, [&](Policy* policy) { DrawPolicy(config.start, &policies, policy); });
  const int faults = troubles.Whole(0, 5);
  for (int i = 0; i < faults; ++i)
    world.scenario.faults.push_back(DrawFault(config.targets, &troubles));
  return world;
}

}  // namespace spillway::sim
