// sim/rivals/shed_dice.cc -- watermark shedding by dice: NS1's filter shed_load.
//
// rule: for every query and every answer, with the load that was last pushed for it: below the low
//   watermark it is kept, from the high watermark on it is removed, between them it is removed with
//   probability (load - low) / (high - low). An answer without load is kept. The filters after it
//   choose among what is kept: by capacity (weighted_shuffle) or the nearest (geotarget), and
//   select_first_n 1. Each query throws its own dice: no memory, no view of where the rest lands.
// parameters: low and high are the operator's (the documentation's example is 80 and 90); they may
//   be fed, so a target that reports less capacity has lower ones. The TTL advised is 60 s; the
//   policy's is played. Load is pushed; the documented agent does so every 60 s, here the feed's
//   own period counts, which is kinder. A pushed value holds until the next one.
// sources:
//   https://help.ns1.com/hc/en-us/articles/360020683413-Automatic-load-shedding
//   https://ns1.com/knowledgebase/load-shedding
// chosen: 60 and 100, weighted_shuffle, and dice for playing sessions too (4.7 % of viewer-seconds
//   above 100 %; 6.3 when they stay; nearest first 8.9 at its best; 80 and 90 nearest first 12.9).
// not shown: what is answered when every answer was removed is not documented: the nearest that is
//   up, here. Dice that fall unevenly on few resolvers: the fluid world gets the expected shares.
#include <memory>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class ShedDice : public Steering {
 public:
  explicit ShedDice(ShedDiceOptions options) : options_(options) {}
  absl::string_view name() const override { return "shed-dice"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           options_.nearest_first ? NearestFirst(seen, slots, weights)
                                                  : Shuffled(seen, slots, weights);
                         });
  }

 private:
  // Probability that a query keeps the answer.
  double Kept(const TargetFacts& facts) const {
    if (!MayGetClients(facts)) return 0;
    const double at = (ReportedUtilisation(facts) - options_.low) / (options_.high - options_.low);
    return std::clamp(1 - at, 0.0, 1.0);
  }

  void NearestFirst(const Observation& seen, absl::Span<const Slot> slots,
                    absl::Span<double> weights) const {
    double left = 1;  // of the queries: everything nearer was removed
    double* nearest_up = nullptr;
    for (size_t i = 0; i < slots.size(); ++i) {
      const TargetFacts& facts = seen.facts.targets[slots[i].target.index()];
      if (nearest_up == nullptr && MayGetClients(facts)) nearest_up = &weights[i];
      weights[i] = left * Kept(facts);
      left -= weights[i];
    }
    if (nearest_up != nullptr) *nearest_up += left;
  }

  // weighted_shuffle: exact shares would need every subset; kept answers share by weight, which is
  // the same when many are kept.
  void Shuffled(const Observation& seen, absl::Span<const Slot> slots,
                absl::Span<double> weights) const {
    for (size_t i = 0; i < slots.size(); ++i) {
      const TargetFacts& facts = seen.facts.targets[slots[i].target.index()];
      weights[i] = Kept(facts) * CapacityMbps(facts);
    }
  }

  const ShedDiceOptions options_;
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeShedDice(ShedDiceOptions options) {
  return std::make_unique<ShedDice>(options);
}

}  // namespace spillway::sim
