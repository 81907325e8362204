// sim/feeds.h -- what targets say about themselves, late and noisy, through the real FeedTable.
//
//   World ──every period, at each target's own phase──► sample ──delay──► FeedTable ──► Facts
//              × noise, × what a fault makes of it                           ▲
//   its policy's probes, at their interval ─────────────────────────────────┘
//
// A saturated target reports what it delivers, not what was asked of it.
// units: seconds since the start, Mbps. thread safety: none.
#ifndef SPILLWAY_SIM_FEEDS_H_
#define SPILLWAY_SIM_FEEDS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/random.h"
#include "sim/world.h"
#include "sim/world_config.h"
#include "steering/feed/feed_table.h"
#include "steering/feed/sample.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"

namespace spillway::sim {

// How a fault bends a target's reports.
struct ReportFault {
  bool silent = false;
  bool says_down = false;
  bool probes_fail = false;
  double stuck_at_mbps = -1;  // what it says it carries; < 0 = the truth
  double factor = 1;          // of the load
  double capacity_mbps = -1;  // told as the hard limit; < 0 = nothing told: the policy's holds
};

class Feeds {
 public:
  // `config` must outlive this.
  Feeds(std::shared_ptr<const Policy> policy, const WorldConfig& config);

  std::vector<ReportFault>& faults() { return faults_; }  // by target
  FeedTable& table() { return table_; }

  // Once a second: targets whose turn it is measure themselves, and are probed.
  void Measure(const World& world);
  // Takes what has arrived by now.
  Facts Snapshot(absl::Time now);

 private:
  void Probe(const World& world);
  struct Parcel {
    absl::Time arrives;
    SampleBatch batch;
  };

  const std::shared_ptr<const Policy> policy_;
  const FeedHabits& habits_;
  FeedTable table_;
  Random random_;
  std::vector<ReportFault> faults_;
  std::vector<int> phase_s_;            // by target
  std::vector<uint8_t> told_capacity_;  // by target: has told one, and must tell when it is back
  uint64_t sequence_ = 0;
  std::deque<Parcel> on_the_way_;
};

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_FEEDS_H_
