// sim/rivals/mark_down.cc -- out above a threshold, in below it: Apache Traffic Control.
//
// rule: Traffic Monitor polls every cache and marks it unavailable while a threshold is exceeded;
//   the next poll inside the threshold marks it available again: no hysteresis, no ramp. Traffic
//   Router sends a client to the nearest cache group that has an available cache, and spreads
//   content over the available caches of that group by consistent hash; the next group only when
//   none is available.
// parameters: health.threshold.availableBandwidthInKbps, the operator's (the documentation keeps
//   1.75 Gbps free, which is 82 % of a 10 Gbps interface), health.threshold.loadavg 25,
//   queryTime 1000 ms. Polls every 6 s by default; here the feed's own period counts, which is
//   about as fast.
// sources: https://traffic-control-cdn.readthedocs.io/en/latest/overview/traffic_monitor.html
//   (health protocol), .../overview/traffic_router.html, .../admin/traffic_monitor.html
// chosen: 0.75 of capacity (of 0.70 to 0.90), playing sessions stay; asked to follow they herd.
// not shown: a target is a whole cache group here. Its caches hash evenly (within 7 %, 1,000 points
//   a cache) and so cross the threshold together. When no group is available Traffic Router answers
//   nothing or 503, or the bypass of the delivery service: here the nearest target.
#include <memory>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class MarkDown : public Steering {
 public:
  explicit MarkDown(MarkDownOptions options) : options_(options) {}
  absl::string_view name() const override { return "mark-down"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           for (size_t i = 0; i < slots.size(); ++i) {
                             if (!Available(seen.facts.targets[slots[i].target.index()])) continue;
                             weights[i] = 1;
                             return;
                           }
                         });
  }

 private:
  bool Available(const TargetFacts& facts) const {
    return MayGetClients(facts) && ReportedUtilisation(facts) <= options_.threshold;
  }

  const MarkDownOptions options_;
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeMarkDown(MarkDownOptions options) {
  return std::make_unique<MarkDown>(options);
}

}  // namespace spillway::sim
