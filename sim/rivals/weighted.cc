// sim/rivals/weighted.cc -- static weights: everyone everywhere, by capacity.
//
// rule: each answer is drawn by fixed weights among all targets the group may go to; the weights
//   are the capacities of the policy file. Neither health nor load changes them; who drains a
//   target sets its weight to 0.
// parameters: the weights. source: weighted round robin as of
//   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html and
//   gdnsd's plugin weighted (gdnsd-plugin-weighted(8)), without their health checks.
// not shown: resolvers that reorder answers, which bends small shares.
#include <memory>

#include "sim/plan_by_weights.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class Weighted : public Steering {
 public:
  absl::string_view name() const override { return "weighted"; }
  Playing playing() const override { return Playing::kStay; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           for (size_t i = 0; i < slots.size(); ++i) {
                             if (seen.facts.targets[slots[i].target.index()].drain) continue;
                             const Target& target = seen.frame->policy->target(slots[i].target);
                             // Without a capacity: what such records weigh by default.
                             weights[i] = target.capacity.has(Resource::kEgress)
                                              ? target.capacity[Resource::kEgress]
                                              : 1;
                           }
                         });
  }

 private:
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeWeighted() { return std::make_unique<Weighted>(); }

}  // namespace spillway::sim
