// sim/rivals/watermark_shed.cc -- our first planner, before it had a ledger.
//
// rule: each target accepts all of its clients below shed_from, none at the watermark, a part in
//   between, by reported load; accepts fall at once and rise by 5 % a second, not on stale reports.
//   Each row goes nearest first, each target takes its accept of what is left, what nobody takes
//   goes by headroom. The same cells move, and players that ask content steering follow.
// parameters: the watermark of the first service in the policy.
// source: this repository's history (steering/planner, first version).
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

double AcceptAt(double utilisation, const Watermark& mark) {
  return std::clamp((mark.target - utilisation) / (mark.target - mark.shed_from), 0.0, 1.0);
}

class WatermarkShed : public Steering {
 public:
  absl::string_view name() const override { return "watermark-shed"; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    const Policy& policy = *seen.frame->policy;
    accept_.resize(policy.targets.size(), 1);
    headroom_.assign(policy.targets.size(), 0);
    const Watermark& mark = policy.services.front().watermark;
    const double elapsed =
        absl::ToDoubleSeconds(seen.facts.now - std::exchange(last_, seen.facts.now));
    for (size_t t = 0; t < accept_.size(); ++t) {
      const TargetFacts& facts = seen.facts.targets[t];
      UpdateAccept(facts, mark, seen.facts.telemetry_frozen, elapsed, &accept_[t]);
      if (!MayGetClients(facts) || !facts.capacity.has(Resource::kEgress)) continue;
      const double load = HasReported(facts) ? facts.load[Resource::kEgress] : 0;
      headroom_[t] = std::max(1.0, mark.hard * CapacityMbps(facts) - load);
    }
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           WeighRow(slots, weights);
                         });
  }

 private:
  static void UpdateAccept(const TargetFacts& facts, const Watermark& mark, bool hold,
                           double elapsed_s, double* accept) {
    // From none to all in 20 s: what the first planner shipped with.
    constexpr double kRestorePerSecond = 0.05;
    if (!MayGetClients(facts)) {
      *accept = 0;
    } else if (!hold && facts.feed != FeedState::kFrozen && HasReported(facts)) {
      const double wanted = AcceptAt(ReportedUtilisation(facts), mark);
      const double rise = facts.feed == FeedState::kFresh ? kRestorePerSecond * elapsed_s : 0;
      *accept = std::min(wanted, *accept + rise);
    }
  }

  void WeighRow(absl::Span<const Slot> slots, absl::Span<double> weights) const {
    double left = 1, headroom = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      const size_t t = slots[i].target.index();
      weights[i] = left * accept_[t];
      left -= weights[i];
      headroom += headroom_[t];
    }
    if (headroom <= 0) return;
    for (size_t i = 0; i < slots.size(); ++i)
      weights[i] += left * headroom_[slots[i].target.index()] / headroom;
  }

  std::vector<double> accept_, headroom_;  // by target
  absl::Time last_ = absl::UnixEpoch();
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeWatermarkShed() { return std::make_unique<WatermarkShed>(); }

}  // namespace spillway::sim
