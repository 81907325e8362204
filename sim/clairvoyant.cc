#include <algorithm>
#include <memory>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/steering.h"
#include "steering/solve/solve.h"

namespace spillway::sim {
namespace {

// Four TTLs: long enough that what is answered now has arrived (papers 4.3 step 3).
constexpr absl::Duration kHorizon = absl::Seconds(120);
// Refusing costs more than any detour; what is refused anyway is spread by capacity.
constexpr double kSinkMs = 1000;
// It knows everything, so it needs no margin but that of whole cells and whole seconds.
constexpr double kFill = 0.93;

class Clairvoyant : public Steering {
 public:
  absl::string_view name() const override { return "clairvoyant"; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    if (row_begin_.empty()) Bind(*seen.frame);
    seen.world.Commit(kHorizon, &truth_);
    const CandidateTable& table = *seen.frame->candidates;
    for (size_t r = 0; r < demand_.size(); ++r) demand_[r] = truth_.steerable_mbps[r];
    double most = 0;
    for (size_t t = 0; t < headroom_.size(); ++t) {
      headroom_[t] = kFill * seen.world.capacity_mbps()[t] - truth_.pinned_mbps[t];
      if (seen.facts.targets[t].drain) headroom_[t] = 0;
      most = std::max(most, seen.world.capacity_mbps()[t]);
    }
    const solve::Problem problem{.row_begin = row_begin_,
                                 .demand = demand_,
                                 .row_class = row_class_,
                                 .slot_target = slot_target_,
                                 .slot_cost_ms = cost_,
                                 .slot_prior = prior_,
                                 .use_begin = use_begin_,
                                 .use_limit = use_limit_,
                                 .use_factor = use_factor_,
                                 .headroom = headroom_,
                                 .sink_cost_ms = sink_cost_};
    const solve::Solution& solution = solver_.Solve(problem, {.sweeps_max = 200}, price_);
    price_ = solution.price_ms;
    size_t row = 0;
    return PlanByWeights(
        seen.frame, seen.facts.now, ++generation_, [&](uint32_t slot, const Slot& candidate, bool) {
          while (table.RowBegin(row + 1) <= slot) ++row;
          const double spill =
              solution.sink_shares[row] * seen.world.capacity_mbps()[candidate.target.index()];
          return solution.shares[slot] + spill / most;
        });
  }

 private:
  void Bind(const Frame& frame) {
    const CandidateTable& table = *frame.candidates;
    for (size_t r = 0; r < table.row_count(); ++r) {
      row_begin_.push_back(table.RowBegin(r));
      for (const Slot& slot : table.Row(r)) {
        slot_target_.push_back(slot.target.value());
        cost_.push_back(slot.cost_ms);
        prior_.push_back(slot.fenced ? 0 : 1);
      }
    }
    row_begin_.push_back(static_cast<uint32_t>(table.slot_count()));
    demand_.assign(table.row_count(), 0);
    row_class_.assign(table.row_count(), 0);
    const size_t targets = frame.policy->targets.size();
    headroom_.assign(targets, 0);
    use_factor_.assign(targets, 1);
    for (size_t t = 0; t <= targets; ++t) use_begin_.push_back(static_cast<uint32_t>(t));
    use_limit_.assign(use_begin_.begin(), use_begin_.end() - 1);
  }

  std::vector<uint32_t> row_begin_, slot_target_, use_begin_, use_limit_;
  std::vector<double> demand_, headroom_, use_factor_, price_;
  std::vector<uint8_t> row_class_;
  std::vector<float> cost_, prior_;
  const std::vector<double> sink_cost_ = {kSinkMs};
  Ledger::Commitment truth_;
  solve::Solver solver_;
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeClairvoyant() { return std::make_unique<Clairvoyant>(); }

}  // namespace spillway::sim
