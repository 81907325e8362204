#include "sim/steering.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/plan_by_weights.h"

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

// Part of its clients that a target keeps at this utilisation: all below shed_from, none at the
// watermark.
double AcceptAt(double utilisation, const Watermark& mark) {
  return std::clamp((mark.target - utilisation) / (mark.target - mark.shed_from), 0.0, 1.0);
}

// Accepts fall at once and rise slowly; each row goes nearest first, each target takes its accept
// of what is left, what nobody takes goes by headroom.
class WatermarkShed : public Steering {
 public:
  absl::string_view name() const override { return "watermark shed"; }

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
      const double load = facts.load.has(Resource::kEgress) ? facts.load[Resource::kEgress] : 0;
      headroom_[t] = std::max(1.0, mark.hard * facts.capacity[Resource::kEgress] - load);
    }
    return PlanByWeights(seen.frame, seen.facts.now, ++generation_,
                         [&](uint32_t slot, const Slot& candidate, bool) {
                           return Weight(*seen.frame->candidates, slot, candidate);
                         });
  }

 private:
  static void UpdateAccept(const TargetFacts& facts, const Watermark& mark, bool hold,
                           double elapsed_s, double* accept) {
    // From none to all in 20 s: what the first planner shipped with.
    constexpr double kRestorePerSecond = 0.05;
    if (!MayGetClients(facts)) {
      *accept = 0;
    } else if (!hold && facts.feed != FeedState::kFrozen && facts.load.has(Resource::kEgress)) {
      const double wanted =
          AcceptAt(facts.load[Resource::kEgress] / facts.capacity[Resource::kEgress], mark);
      const double rise = facts.feed == FeedState::kFresh ? kRestorePerSecond * elapsed_s : 0;
      *accept = std::min(wanted, *accept + rise);
    }
  }
  double Weight(const CandidateTable& table, uint32_t slot, const Slot& candidate) {
    if (slot == table.RowBegin(row_ + 1)) ++row_;
    if (slot == 0) row_ = 0;
    if (slot == table.RowBegin(row_)) {
      rest_ = 1;
      spill_ = 0;
      double left = 1, headroom = 0;
      for (const Slot& other : table.Row(row_)) {
        if (other.fenced) break;
        left *= 1 - accept_[other.target.index()];
        headroom += headroom_[other.target.index()];
      }
      if (headroom > 0) spill_ = left / headroom;
    }
    const size_t t = candidate.target.index();
    const double taken = rest_ * accept_[t];
    rest_ -= taken;
    return taken + spill_ * headroom_[t];
  }

  std::vector<double> accept_, headroom_;  // by target
  absl::Time last_ = absl::UnixEpoch();
  uint64_t generation_ = 0;
  size_t row_ = 0;               // where Weight is
  double rest_ = 1, spill_ = 0;  // of that row: not yet taken; per Mbps of headroom
};

}  // namespace

std::unique_ptr<Steering> MakeNearest() { return std::make_unique<Nearest>(); }
std::unique_ptr<Steering> MakeStaticWeights() { return std::make_unique<StaticWeights>(); }
std::unique_ptr<Steering> MakeWatermarkShed() { return std::make_unique<WatermarkShed>(); }

}  // namespace spillway::sim
