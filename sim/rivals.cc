#include "sim/steering.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/plan_by_weights.h"
#include "steering/planner/planner.h"

namespace spillway::sim {
namespace {

bool MayGetClients(const TargetFacts& facts) {
  return facts.reported != Health::kDown && facts.probed != Health::kDown && !facts.drain;
}

// Plans again only when a target comes or goes.
class Fixed : public Steering {
 public:
  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    std::vector<bool> open;
    for (const TargetFacts& facts : seen.facts.targets) open.push_back(MayGetClients(facts));
    if (plan_ == nullptr || open != open_) {
      open_ = std::move(open);
      plan_ = PlanByWeights(
          seen.frame, seen.facts.now, ++generation_,
          [&](uint32_t, const Slot& slot, bool none_before) {
            return open_[slot.target.index()] ? Weight(*seen.frame, slot, none_before) : 0;
          });
    }
    return plan_;
  }

 protected:
  // `none_before`: no cheaper slot of the row is open.
  virtual double Weight(const Frame& frame, const Slot& slot, bool none_before) const = 0;

 private:
  std::vector<bool> open_;
  uint64_t generation_ = 0;
  std::shared_ptr<const Plan> plan_;
};

class Nearest : public Fixed {
 public:
  absl::string_view name() const override { return "nearest"; }

 private:
  double Weight(const Frame&, const Slot&, bool none_before) const override {
    return none_before ? 1 : 0;
  }
};

class StaticWeights : public Fixed {
 public:
  absl::string_view name() const override { return "static weights"; }

 private:
  double Weight(const Frame& frame, const Slot& slot, bool) const override {
    return frame.policy->target(slot.target).capacity[Resource::kEgress];
  }
};

class FirstPlanner : public Steering {
 public:
  absl::string_view name() const override { return "first planner"; }
  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    return plan_ = BuildPlan(seen.frame, seen.facts, plan_.get());
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::unique_ptr<Steering> MakeNearest() { return std::make_unique<Nearest>(); }
std::unique_ptr<Steering> MakeStaticWeights() { return std::make_unique<StaticWeights>(); }
std::unique_ptr<Steering> MakeFirstPlanner() { return std::make_unique<FirstPlanner>(); }

}  // namespace spillway::sim
