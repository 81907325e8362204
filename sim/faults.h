// sim/faults.h -- what goes wrong, to whom and when; named, so that a scenario reads as a sentence.
//
//   Fault ──Resolve(terrain)──► targets ──ApplyFaults, each second──► World, Feeds,
//                                                                      FeedTable (drains)
//
// thread safety: plain values.
#ifndef SPILLWAY_SIM_FAULTS_H_
#define SPILLWAY_SIM_FAULTS_H_

#include <cstddef>
#include <vector>

#include "sim/feeds.h"
#include "sim/terrain.h"
#include "sim/world.h"

namespace spillway::sim {

// Which targets.
struct Where {
  enum class Kind { kAll, kLargest, kProvider, kRegion };
  Kind kind = Kind::kAll;
  size_t index = 0;  // kLargest: 0 = the largest, 1 = the next; else the provider's or region's
};
std::vector<size_t> Resolve(const Where& where, const Terrain& terrain);

struct Fault {
  enum class Kind {
    kLoss,    // loses `amount` of its capacity; `told`: says so in its reports
    kFreeze,  // its reports stop
    kLow,     // reports `amount` less than it carries
    kFlap,    // reports itself down and up again, every `period_s`, though it serves well
    kDrain    // an operator takes it out
  };
  Kind kind = Kind::kLoss;
  Where where;
  double from_s = 0, until_s = 1e9;
  double amount = 0.5;
  double period_s = 20;
  bool told = false;
};

// Sets the state of this second; call before Feeds::Measure and World::Step.
void ApplyFaults(const std::vector<Fault>& faults, const Terrain& terrain, World* world,
                 Feeds* feeds);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_FAULTS_H_
