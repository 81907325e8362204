#include "sim/steering.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "steering/planner/planner.h"
#include "steering/planner/target_status.h"

namespace spillway::sim {
namespace {

bool MayGetClients(const TargetFacts& facts) {
  return facts.reported != Health::kDown && facts.probed != Health::kDown && !facts.drain;
}

// A plan without cells: the world reads quotas only. `part` by slot of a row: any weights.
template <typename Weigh>
std::shared_ptr<const Plan> PlanByWeights(const Observation& seen, uint64_t generation,
                                          Weigh weigh) {
  const CandidateTable& candidates = *seen.frame->candidates;
  auto plan = std::make_shared<Plan>();
  plan->frame = seen.frame;
  plan->generation = generation;
  plan->made_at = seen.facts.now;
  plan->rows.resize(candidates.row_count());
  plan->slots.resize(candidates.slot_count());
  std::vector<double> weights;
  std::vector<uint16_t> quotas;
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    const absl::Span<const Slot> slots = candidates.Row(row);
    weights.assign(slots.size(), 0);
    quotas.assign(slots.size(), 0);
    bool any = false;
    for (size_t i = 0; i < slots.size() && !slots[i].fenced; ++i) {
      weights[i] = weigh(slots[i], !any);
      any = any || weights[i] > 0;
    }
    if (!any) weights[0] = 1;
    RoundToCells(weights, absl::MakeSpan(quotas));
    for (size_t i = 0; i < slots.size(); ++i)
      plan->slots[candidates.RowBegin(row) + i].quota = quotas[i];
    const Service& service = plan->policy().service(candidates.RowService(row));
    plan->rows[row].ttl_s = static_cast<uint32_t>(absl::ToInt64Seconds(service.ttl.calm));
  }
  return plan;
}

// Plans again only when a target comes or goes.
class Fixed : public Steering {
 public:
  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    std::vector<bool> open;
    for (const TargetFacts& facts : seen.facts.targets) open.push_back(MayGetClients(facts));
    if (plan_ == nullptr || open != open_) {
      open_ = std::move(open);
      plan_ = PlanByWeights(seen, ++generation_, [&](const Slot& slot, bool none_before) {
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
