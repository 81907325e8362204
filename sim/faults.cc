#include "sim/faults.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "base/check.h"

namespace spillway::sim {
namespace {

void DrainTarget(size_t target, const Terrain& terrain, const World& world, Feeds* feeds) {
  Drain drain{.who = "rehearsal", .why = "drain", .since = world.now()};
  drain.until = world.now() + absl::Seconds(2);  // renewed every second: ends with the fault
  const auto& name = terrain.frame->policy->targets[target].name;
  CHECK(feeds->table().SetDrain(name, drain).ok());
}

// What happens to one target.
void ApplyTo(const Fault& fault, size_t target, const Terrain& terrain, World* world,
             Feeds* feeds) {
  ReportFault& report = feeds->faults()[target];
  double& capacity = world->condition().capacity_mbps[target];
  switch (fault.kind) {
    case Fault::Kind::kLoss:
      capacity *= 1 - fault.amount;
      if (fault.told) report.capacity_mbps = capacity;
      return;
    case Fault::Kind::kDead:
      capacity = 0;
      world->condition().dead[target] = 1;
      report.silent = report.probes_fail = true;
      return;
    case Fault::Kind::kFreeze:
      report.silent = true;
      return;
    case Fault::Kind::kLow:
      report.factor *= 1 - fault.amount;
      return;
    case Fault::Kind::kStuck:
      report.stuck_at_mbps = fault.amount * terrain.capacity_mbps[target];
      return;
    case Fault::Kind::kFlap: {
      const double turn = std::floor((world->now_s() - fault.from_s) / fault.period_s);
      report.says_down = static_cast<int64_t>(turn) % 2 == 0;
      return;
    }
    case Fault::Kind::kProbeFail:
      report.probes_fail = true;
      return;
    case Fault::Kind::kDrain:
      DrainTarget(target, terrain, *world, feeds);
      return;
    default:
      return;  // not about targets
  }
}

// What happens to everybody. False when the fault is about targets.
bool ApplyToAll(const Fault& fault, World* world) {
  World::Condition& condition = world->condition();
  switch (fault.kind) {
    case Fault::Kind::kLinkLoss:
      for (const size_t link : fault.where.listed) condition.link_mbps[link] *= 1 - fault.amount;
      return true;
    case Fault::Kind::kSurge:
      condition.starts_factor *= fault.amount;
      return true;
    case Fault::Kind::kOutage:
      condition.fronts_down = true;
      return true;
    case Fault::Kind::kBusCut:
      condition.bus_cut = true;
      return true;
    case Fault::Kind::kRestart: {
      // Whose turn fell into this second, whatever fractions of one the times have.
      const double turn = std::floor((world->now_s() - fault.from_s) / fault.period_s);
      const double before = std::floor((world->now_s() - 1 - fault.from_s) / fault.period_s);
      if (turn > before && turn < 32) condition.node_restarts |= 1u << static_cast<unsigned>(turn);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

absl::string_view FaultName(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::kLoss:
      return "loss";
    case Fault::Kind::kDead:
      return "dead";
    case Fault::Kind::kLinkLoss:
      return "link-loss";
    case Fault::Kind::kFreeze:
      return "freeze";
    case Fault::Kind::kLow:
      return "low";
    case Fault::Kind::kStuck:
      return "stuck";
    case Fault::Kind::kFlap:
      return "flap";
    case Fault::Kind::kProbeFail:
      return "probe-fail";
    case Fault::Kind::kDrain:
      return "drain";
    case Fault::Kind::kSurge:
      return "surge";
    case Fault::Kind::kOutage:
      return "outage";
    case Fault::Kind::kBusCut:
      return "bus-cut";
    case Fault::Kind::kRestart:
      return "restart";
  }
  return "?";
}

std::vector<size_t> Resolve(const Where& where, const Terrain& terrain) {
  if (where.kind == Where::Kind::kListed) return where.listed;
  std::vector<size_t> all(terrain.capacity_mbps.size()), chosen;
  std::iota(all.begin(), all.end(), size_t{0});
  if (where.kind == Where::Kind::kLargest) {
    std::stable_sort(all.begin(), all.end(), [&](size_t a, size_t b) {
      return terrain.capacity_mbps[a] > terrain.capacity_mbps[b];
    });
    CHECK(where.index < all.size());
    return {all[where.index]};
  }
  for (size_t t : all) {
    if (where.kind == Where::Kind::kAll ||
        (where.kind == Where::Kind::kProvider && terrain.target_provider[t] == where.index) ||
        (where.kind == Where::Kind::kRegion && terrain.target_region[t] == where.index)) {
      chosen.push_back(t);
    }
  }
  return chosen;
}

void ApplyFaults(const std::vector<Fault>& faults, const Terrain& terrain, World* world,
                 Feeds* feeds) {
  world->condition() = {.capacity_mbps = terrain.capacity_mbps,
                        .dead = std::vector<uint8_t>(terrain.capacity_mbps.size(), 0),
                        .link_mbps = terrain.link_mbps};
  std::fill(feeds->faults().begin(), feeds->faults().end(), ReportFault{});
  for (const Fault& fault : faults) {
    if (!fault.On(world->now_s())) continue;
    if (ApplyToAll(fault, world)) continue;
    for (size_t t : Resolve(fault.where, terrain)) ApplyTo(fault, t, terrain, world, feeds);
  }
}

}  // namespace spillway::sim
