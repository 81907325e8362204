// sim/rivals/least_loaded.cc -- everyone to the least loaded target, by the last report.
//
// rule: among the `among` nearest targets that are up, the one with the lowest reported utilisation
//   gets every new client of the group until the next report.
// parameters: how many are compared is the operator's. Reports come as often as the feed's.
// sources: F5 BIG-IP DNS picks the single best by a dynamic metric (least connections, kilobytes
//   per second): "About load balancing and BIG-IP DNS" on https://techdocs.f5.com.
//   On what stale reports do to it: Mitzenmacher, "How useful is old information?", IEEE TPDS 2000;
//   Dahlin, "Interpreting stale load information", IEEE TPDS 2000.
// chosen: 12, all there are in the sweep's world (of 2, 4, 8, 12); playing sessions stay.
// not shown: counting at the balancer itself (outstanding requests), which needs the traffic to
//   pass through it.
#include <algorithm>
#include <limits>
#include <memory>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class LeastLoaded : public Steering {
 public:
  explicit LeastLoaded(LeastLoadedOptions options) : options_(options) {}
  absl::string_view name() const override { return "least-loaded"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           if (double* best = Best(seen.facts, slots, weights)) *best = 1;
                         });
  }

 private:
  // Null when nobody is up. Of equals the nearest.
  double* Best(const Facts& facts, absl::Span<const Slot> slots, absl::Span<double> weights) const {
    double* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    size_t compared = 0;
    for (size_t i = 0; i < slots.size() && compared < options_.among; ++i) {
      const TargetFacts& target = facts.targets[slots[i].target.index()];
      if (!MayGetClients(target)) continue;
      ++compared;
      if (best != nullptr && ReportedUtilisation(target) >= least) continue;
      least = ReportedUtilisation(target);
      best = &weights[i];
    }
    return best;
  }

  const LeastLoadedOptions options_;
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeLeastLoaded(LeastLoadedOptions options) {
  return std::make_unique<LeastLoaded>(options);
}

}  // namespace spillway::sim
