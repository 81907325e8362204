// sim/rivals/clairvoyant.cc -- the limit: what no steering can do better, for want of physics.
//
// rule: each second it knows every session, every resolver cache, what every target can really
//   deliver, and the audience to come; it solves for what will be there at the horizon and
//   publishes the shares with the shortest TTL the policy has. It believes no feed, and moving
//   viewers costs it nothing. What fits nowhere lowers the bitrate ladder of its rows, at once.
// What it does not know: faults to come (nobody can be asked to leave a target that is well), and
//   regional noise. So it is the limit of steering, not of prophecy.
// source: the prototype's "perfect knowledge", papers-and-algorithms 4.3.
// not shown: that it is optimal. It is solved anew each second; that no rival and not ours is below
//   it is what tests/sim/rivals_test.cc checks. Above capacity it is a limit for overload only.
#include <algorithm>
#include <memory>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/allocation.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

// Four of the default TTLs: long enough that what is answered now has arrived (papers 4.3 step 3).
constexpr absl::Duration kHorizon = absl::Seconds(120);
// It knows everything, so it needs no margin but that of whole cells, whole seconds and the noise.
constexpr double kFill = 0.95;
// A row that is refused more than this goes a step down; less is the solver's tolerance.
constexpr double kRefusedMin = 0.02;

class Clairvoyant : public Steering {
 public:
  absl::string_view name() const override { return "clairvoyant"; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    const Frame& frame = *seen.frame;
    seen.world.Commit(kHorizon, World::Bitrates::kNominal, &truth_);
    told_ = 1 - seen.world.config().players.dns_only;
    const size_t targets = frame.policy->targets.size();
    room_.assign(targets, 0);
    spill_.assign(targets, 0);
    for (size_t t = 0; t < targets; ++t) {
      if (seen.facts.targets[t].drain) continue;
      const double capacity = seen.world.CapacityMbps(t);
      // At the nominal bitrate though caps may be on: else room made by a cap would lift the cap.
      const double pinned = truth_.pinned_mbps[t];
      room_[t] = kFill * capacity - pinned;
      // What fits nowhere goes where least is on top of what there is.
      spill_[t] = std::max(1e-3 * capacity, capacity - pinned);
    }
    AddLinkRoom(*frame.policy, seen.world.condition().link_mbps, kFill, truth_.pinned_mbps, &room_);
    Degrade(frame);
    auto plan =
        PlanByWeights(seen.frame, seen.facts, ++generation_,
                      [&](size_t row, absl::Span<const Slot> slots, absl::Span<double> weights) {
                        allocation_.Weigh(frame, row, slots, spill_, weights);
                      });
    for (size_t r = 0; r < plan->rows.size(); ++r) {
      const TtlLadder& ttl = frame.policy->service(frame.candidates->RowService(r)).ttl;
      plan->rows[r].ttl_s = static_cast<uint32_t>(
          absl::ToInt64Seconds(std::min({ttl.calm, ttl.shedding, ttl.draining})));
      plan->rows[r].ladder_step = step_[r];
    }
    return plan;
  }

 private:
  // The highest steps at which everything fits.
  void Degrade(const Frame& frame) {
    const size_t rows = frame.candidates->row_count();
    step_.assign(rows, 0);
    demand_.resize(rows);
    for (bool again = true; again;) {
      for (size_t r = 0; r < rows; ++r)
        demand_[r] = truth_.steerable_mbps[r] * (1 - (1 - Ladder(frame, r)[step_[r]]) * told_);
      const solve::Solution& solution = allocation_.Solve(frame, demand_, room_);
      again = false;
      for (size_t r = 0; r < rows; ++r) {
        if (demand_[r] <= 0 || solution.sink_shares[r] < kRefusedMin) continue;
        if (step_[r] + 1u >= Ladder(frame, r).size()) continue;
        ++step_[r];
        again = true;
      }
    }
  }
  static const std::vector<double>& Ladder(const Frame& frame, size_t row) {
    return frame.policy->service(frame.candidates->RowService(row)).ladder;
  }

  Allocation allocation_;
  Ledger::Commitment truth_;
  double told_ = 1;  // part of the players that hear of a cap: the others only ever asked DNS
  std::vector<double> room_, spill_;  // by target, Mbps; of room then by link
  std::vector<double> demand_;        // by row, Mbps at its step
  std::vector<uint8_t> step_;         // by row, of the ladder
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeClairvoyant() { return std::make_unique<Clairvoyant>(); }

}  // namespace spillway::sim
