// sim/rivals/fastroute.cc -- FastRoute: layers of nodes, and each node's own loop.
//
// rule: nodes stand in nested layers: the outermost holds all, each inner one only larger sites,
//   and must carry what the one outside sheds. A query is taken by the nearest node of the
//   outermost layer (anycast). That node answers with its own layer, or, for a part of the queries
//   that it sets alone from its own load, with the next layer, whose nearest node does the same.
//   The last layer keeps everything. The part rises quickly while the node is above its threshold
//   and falls slowly below it. Nodes know nothing of each other.
// parameters: the paper gives the shape, not numbers that fit other networks: how many sites in
//   which layer, threshold and steps are the operator's.
// source: Flavel et al., "FastRoute: A Scalable Load-Aware Anycast Routing Architecture for Modern
//   CDNs", NSDI 2015,
//   https://www.usenix.org/conference/nsdi15/technical-sessions/presentation/flavel
// chosen: inner layers with 60 and 30 % of all capacity, threshold 0.85, up 5 and down 1 % a
//   report, playing sessions stay.
// not shown: anycast: "nearest by BGP" is the nearest here, which is kinder. A node sheds only
//   queries that reach itself; that these come from its own clients (the paper's self-correlation)
//   holds here exactly. A node that is down withdraws its routes.
#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

constexpr size_t kLayers = 3;

class FastRoute : public Steering {
 public:
  explicit FastRoute(FastRouteOptions options) : options_(options) {}
  absl::string_view name() const override { return "fastroute"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    if (nodes_.empty()) Layer(*seen.frame->policy);
    for (size_t t = 0; t < nodes_.size(); ++t) Control(seen.facts.targets[t], &nodes_[t]);
    return PlanByWeights(seen.frame, seen.facts, ++generation_,
                         [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                           WeighRow(seen.facts, slots, weights);
                         });
  }

 private:
  struct Node {
    size_t layers = 1;                     // of the outermost ones that it stands in
    std::array<double, kLayers> off = {};  // part of that layer's queries handed to the next
    uint64_t sequence = 0;                 // of the report last acted on
  };

  // The largest sites that together hold the part wanted stand in the inner layers.
  void Layer(const Policy& policy) {
    nodes_.resize(policy.targets.size());
    std::vector<size_t> order(nodes_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    auto capacity = [&](size_t t) {
      const ResourceVector& all = policy.targets[t].capacity;
      return all.has(Resource::kEgress) ? all[Resource::kEgress] : 0;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return capacity(a) > capacity(b); });
    double total = 0, held = 0;
    for (const size_t t : order) total += capacity(t);
    for (const size_t t : order) {
      if (held < options_.last * total)
        nodes_[t].layers = 3;
      else if (held < options_.second * total)
        nodes_[t].layers = 2;
      held += capacity(t);
    }
  }

  void Control(const TargetFacts& facts, Node* node) const {
    if (!HasReported(facts) || facts.sequence == node->sequence) return;
    node->sequence = facts.sequence;
    const bool over = ReportedUtilisation(facts) > options_.threshold;
    for (size_t layer = 0; layer < std::min(node->layers, kLayers - 1); ++layer) {
      double& off = node->off[layer];
      off = std::clamp(off + (over ? options_.up : -options_.down), 0.0, 1.0);
    }
  }

  void WeighRow(const Facts& facts, absl::Span<const Slot> slots,
                absl::Span<double> weights) const {
    double left = 1;
    double* taken = nullptr;  // by the node of the last layer that this row can reach
    for (size_t layer = 0; layer < kLayers; ++layer) {
      for (size_t i = 0; i < slots.size(); ++i) {
        const size_t t = slots[i].target.index();
        if (nodes_[t].layers <= layer || !MayGetClients(facts.targets[t])) continue;
        const double kept = left * (1 - nodes_[t].off[layer]);
        taken = &weights[i];
        *taken += kept;
        left -= kept;
        break;
      }
    }
    if (taken != nullptr) *taken += left;
  }

  const FastRouteOptions options_;
  std::vector<Node> nodes_;  // by target
  uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Steering> MakeFastRoute(FastRouteOptions options) {
  return std::make_unique<FastRoute>(options);
}

}  // namespace spillway::sim
