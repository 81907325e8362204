#include "sim/fleet.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "sim/plan_by_weights.h"

namespace spillway::sim {
namespace {

void Add(const std::vector<float>& from, float part, std::vector<float>* to) {
  to->resize(from.size(), 0);
  for (size_t i = 0; i < from.size(); ++i) (*to)[i] += part * from[i];
}

void Add(const Activity& from, float part, Activity* to) {
  Add(from.dns, part, &to->dns);
  Add(from.redirect, part, &to->redirect);
  Add(from.steering, part, &to->steering);
  Add(from.put_off, part, &to->put_off);
}

class Fleet : public Steering {
 public:
  Fleet(const Nodes& nodes, SteeringFactory make) : habits_(nodes), make_(std::move(make)) {
    for (int i = 0; i < nodes.count; ++i) nodes_.push_back({.steering = make_()});
  }

  absl::string_view name() const override { return nodes_[0].steering->name(); }
  Playing playing() const override { return nodes_[0].steering->playing(); }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    ++ticks_;
    history_.push_back({seen.world.now(), seen.activity});
    const World::Condition& condition = seen.world.condition();
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if ((condition.node_restarts >> i) & 1)
        nodes_[i] = {.steering = make_(), .heard = ticks_ - 1};
      TickNode(seen, condition.bus_cut, &nodes_[i]);
    }
    Forget();
    return Blend(seen);
  }

 private:
  struct Node {
    std::unique_ptr<Steering> steering;
    std::shared_ptr<const Plan> plan;
    uint64_t heard = 0;  // ticks of the others that have arrived
  };
  struct Moment {
    absl::Time at;
    Activity activity;
  };

  void TickNode(const Observation& seen, bool cut, Node* node) {
    const float own = 1.0f / static_cast<float>(nodes_.size());
    Activity activity{.elapsed = seen.activity.elapsed};
    Add(seen.activity, own, &activity);
    const absl::Time heard_until = seen.world.now() - absl::Seconds(habits_.sharing_s);
    if (cut) node->heard = ticks_;
    while (node->heard < ticks_) {
      const Moment& moment = history_[node->heard - forgotten_];
      if (moment.at > heard_until) break;
      Add(moment.activity, 1 - own, &activity);
      ++node->heard;
    }
    node->plan = node->steering->Tick({.frame = seen.frame,
                                       .facts = seen.facts,
                                       .activity = activity,
                                       .resolver_arrivals = seen.resolver_arrivals,
                                       .world = seen.world});
  }

  void Forget() {
    uint64_t heard = ticks_;
    for (const Node& node : nodes_) heard = std::min(heard, node.heard);
    for (; forgotten_ < heard; ++forgotten_) history_.pop_front();
  }

  // What a client meets who asks any node.
  std::shared_ptr<const Plan> Blend(const Observation& seen) const {
    std::shared_ptr<Plan> blend =
        PlanByWeights(seen.frame, seen.facts, ticks_,
                      [&](size_t row, absl::Span<const Slot> slots, absl::Span<double> cells) {
                        for (const Node& node : nodes_) {
                          const absl::Span<const SlotPlan> planned = node.plan->RowSlots(row);
                          for (size_t i = 0; i < slots.size(); ++i) cells[i] += planned[i].quota;
                        }
                      });
    const Plan& first = *nodes_[0].plan;
    blend->targets = first.targets;
    blend->services = first.services;
    blend->horizon = first.horizon;
    for (size_t r = 0; r < blend->rows.size(); ++r) {
      uint32_t ttl = 0, admit = 0, retry_admit = 0, ladder = 0;
      PlanRow& row = blend->rows[r];
      row = first.rows[r];
      for (const Node& node : nodes_) {
        const PlanRow& told = node.plan->rows[r];
        ttl += told.ttl_s;
        admit += told.admit_permille;
        retry_admit += told.retry_admit_permille;
        ladder += told.ladder_step;
        row.retry_after_s = std::max(row.retry_after_s, told.retry_after_s);
      }
      const auto count = static_cast<uint32_t>(nodes_.size());
      row.ttl_s = ttl / count;
      row.admit_permille = static_cast<uint16_t>(admit / count);
      row.retry_admit_permille = static_cast<uint16_t>(retry_admit / count);
      row.ladder_step = static_cast<uint8_t>((ladder + count / 2) / count);
    }
    return blend;
  }

  const Nodes habits_;
  const SteeringFactory make_;
  std::vector<Node> nodes_;
  std::deque<Moment> history_;  // from tick `forgotten_` on
  uint64_t ticks_ = 0, forgotten_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeFleet(const Nodes& nodes, const SteeringFactory& make) {
  if (nodes.count <= 1) return make();
  return std::make_unique<Fleet>(nodes, make);
}

}  // namespace spillway::sim
