#include <memory>

#include "sim/steering.h"

namespace spillway::sim {
namespace {

class Ours : public Steering {
 public:
  Ours(ControllerOptions options, Knowledge knowledge)
      : controller_(With(options, knowledge)), knowledge_(knowledge) {}

  absl::string_view name() const override {
    return knowledge_ == Knowledge::kAll      ? "ours, all-knowing"
           : knowledge_ == Knowledge::kDemand ? "ours, knowing demand"
                                              : "ours";
  }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    Facts facts = seen.facts;
    if (knowledge_ == Knowledge::kAll) KnowTargets(seen.world, &facts);
    const bool use_truth = knowledge_ != Knowledge::kNone;
    // The controller says how far ahead it looks in its plans only.
    if (use_truth)
      seen.world.Commit(plan_ == nullptr ? kFirstHorizon : plan_->horizon,
                        World::Bitrates::kCapped, &truth_);
    return plan_ = controller_.Tick(seen.frame, {.facts = facts,
                                                 .activity = seen.activity,
                                                 .resolver_arrivals = seen.resolver_arrivals,
                                                 .truth = use_truth ? &truth_ : nullptr});
  }

 private:
  static ControllerOptions With(ControllerOptions options, Knowledge knowledge) {
    // Who knows what targets can deliver need not guess it.
    if (knowledge == Knowledge::kAll) options.behaviour = false;
    return options;
  }
  // Capacities and loads as they are, this second; health and drains are nobody's secret.
  static void KnowTargets(const World& world, Facts* facts) {
    for (size_t t = 0; t < facts->targets.size(); ++t) {
      TargetFacts& target = facts->targets[t];
      target.capacity.Set(Resource::kEgress, world.CapacityMbps(t));
      target.load.Set(Resource::kEgress, world.load_mbps()[t]);
      target.feed = FeedState::kFresh;
      target.age = absl::ZeroDuration();
    }
    facts->telemetry_frozen = false;
  }

  static constexpr absl::Duration kFirstHorizon = absl::Seconds(120);  // for one tick

  Controller controller_;
  const Knowledge knowledge_;
  Ledger::Commitment truth_;
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::unique_ptr<Steering> MakeOurs(ControllerOptions options, Knowledge knowledge) {
  return std::make_unique<Ours>(options, knowledge);
}

}  // namespace spillway::sim
