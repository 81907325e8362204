// sim/faults.h -- what goes wrong, to whom and when; named, so that a scenario reads as a sentence.
//
//   Fault ──Resolve(terrain)──► targets ──ApplyFaults, each second──► World::Condition, Feeds,
//                                                                      FeedTable (drains)
//
// thread safety: plain values.
#ifndef SPILLWAY_SIM_FAULTS_H_
#define SPILLWAY_SIM_FAULTS_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/feeds.h"
#include "sim/terrain.h"
#include "sim/world.h"

namespace spillway::sim {

// Which targets.
struct Where {
  // kLargest: 0 = the largest, 1 = the next; kProvider, kRegion: the synthetic terrain's.
  enum class Kind { kAll, kLargest, kProvider, kRegion, kListed };
  Kind kind = Kind::kAll;
  size_t index = 0;
  std::vector<size_t> listed = {};  // kListed: TargetIds; of kLinkLoss indices of Policy::limits
};
std::vector<size_t> Resolve(const Where& where, const Terrain& terrain);

struct Fault {
  enum class Kind {
    kLoss,       // loses `amount` of its capacity; `told`: says so in its reports
    kDead,       // serves nobody, reports nothing, fails probes
    kLinkLoss,   // a link loses `amount` of its capacity, and nobody says so
    kFreeze,     // its reports stop
    kLow,        // reports `amount` less than it carries
    kStuck,      // reports that it carries `amount` of its capacity, whatever it does
    kFlap,       // reports itself down and up again, every `period_s`, though it serves well
    kProbeFail,  // probes fail though it serves
    kDrain,      // an operator takes it out
    kSurge,      // `amount` times the starts that were to be expected
    kOutage,     // the front ends answer nobody
    kBusCut,     // nodes hear of each other no more
    kRestart     // one node after the other begins anew, `period_s` apart
  };
  Kind kind = Kind::kLoss;
  Where where;
  double from_s = 0, until_s = 1e9;
  double amount = 0.5;
  double period_s = 20;
  bool told = false;

  bool On(int t_s) const { return t_s >= from_s && t_s < until_s; }
};
absl::string_view FaultName(Fault::Kind kind);  // as scenario files have it: "loss", "link-loss"

// Sets the state of this second; call before Feeds::Measure and World::Step.
void ApplyFaults(const std::vector<Fault>& faults, const Terrain& terrain, World* world,
                 Feeds* feeds);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_FAULTS_H_
