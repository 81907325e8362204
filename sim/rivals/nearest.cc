// sim/rivals/nearest.cc -- a static map: everyone to the nearest target.
//
// rule: each group has one target, the cheapest it may go to. Neither health nor load changes it;
//   who drains a target edits the map.
// parameters: none. source: what any geographic or latency map does without health checks, e.g.
//   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-geoproximity.html
// not shown: maps that are wrong about places.
#include <memory>

#include "sim/plan_by_weights.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

class Nearest : public Steering {
 public:
  absl::string_view name() const override { return "nearest"; }
  Playing playing() const override { return Playing::kStay; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return PlanByWeights(
        seen.frame, seen.facts, ++generation_,
        [](size_t, absl::Span<const Slot>, absl::Span<double>) {});  // none: its nearest
  }

 private:
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeNearest() { return std::make_unique<Nearest>(); }

}  // namespace spillway::sim
