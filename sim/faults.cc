#include "sim/faults.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "base/check.h"

namespace spillway::sim {
namespace {

void ApplyTo(const Fault& fault, size_t target, const Terrain& terrain, World* world,
             Feeds* feeds) {
  ReportFault& report = feeds->faults()[target];
  switch (fault.kind) {
    case Fault::Kind::kLoss:
      world->capacity_mbps()[target] *= 1 - fault.amount;
      if (fault.told) report.capacity_mbps = world->capacity_mbps()[target];
      return;
    case Fault::Kind::kFreeze:
      report.silent = true;
      return;
    case Fault::Kind::kLow:
      report.factor *= 1 - fault.amount;
      return;
    case Fault::Kind::kFlap: {
      const double turn = std::floor((world->now_s() - fault.from_s) / fault.period_s);
      report.says_down = static_cast<int64_t>(turn) % 2 == 0;
      return;
    }
    case Fault::Kind::kDrain: {
      Drain drain{.who = "rehearsal", .why = "drain", .since = world->now()};
      drain.until = world->now() + absl::Seconds(2);  // renewed every second: ends with the fault
      const auto& name = terrain.frame->policy->targets[target].name;
      CHECK(feeds->table().SetDrain(name, drain).ok());
      return;
    }
  }
}

}  // namespace

std::vector<size_t> Resolve(const Where& where, const Terrain& terrain) {
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
  world->capacity_mbps() = terrain.capacity_mbps;
  std::fill(feeds->faults().begin(), feeds->faults().end(), ReportFault{});
  for (const Fault& fault : faults) {
    if (world->now_s() < fault.from_s || world->now_s() >= fault.until_s) continue;
    for (size_t t : Resolve(fault.where, terrain)) ApplyTo(fault, t, terrain, world, feeds);
  }
}

}  // namespace spillway::sim
