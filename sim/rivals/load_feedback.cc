// sim/rivals/load_feedback.cc -- demand assigned so that load stays under target: Akamai GTM.
//
// rule: every datacenter reports current load, target load and capacity (max-load), in any unit.
//   (1) Name servers are weighted by demand learned from GTM's own logs, averaged over days; a new
//   assignment of name servers to datacenters is made once a minute at most. (2) Load is shifted
//   away once current exceeds target, to datacenters below theirs, choosing the users who lose
//   least by it. (3) The goal is every datacenter below target if possible, none above capacity.
//   (4) When all exceed their targets, targets are raised in proportion to (capacity - target).
//   (5) A load object that cannot be fetched keeps its last value. (6) Liveness takes a datacenter
//   out; when all are out, all are in. Also documented, and an inference for the rest: what a
//   datacenter reports per demand assigned to it is a smoothed fit (decayRate, leastSquaresDecay),
//   and demand grows by a bounded factor (maxUMultiplicativeIncrement).
// parameters: load objects fetched every 30 s, an assignment every 60 s. Target and capacity are
//   the operator's ("do not set the target to the capacity"); the internal knobs have no published
//   values. loadImbalancePercentage belongs to properties whose targets are computed from weights.
// sources: https://techdocs.akamai.com/gtm/docs/perf-load-feedback, .../resource-attributes,
//   .../load-object-formats, .../gtm-concepts (demand estimation),
//   https://techdocs.akamai.com/gtm-load-feedback/reference/api-workflow
// chosen: target 0.65 of capacity (lowest of 0.65, 0.75, 0.85: what is left is what a minute and a
//   late feed need), memory 0.9 a minute, growth unbounded, playing sessions stay.
// not shown: a name server is mapped whole; a group here is many name servers, so parts of it move.
//   A week of logs: the evening so far, with the world's error in reading query gaps.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "sim/plan_by_weights.h"
#include "sim/rivals/allocation.h"
#include "sim/rivals/reported.h"
#include "sim/rivals/rivals.h"

namespace spillway::sim {
namespace {

constexpr absl::Duration kFetchEvery = absl::Seconds(30);
constexpr absl::Duration kAssignEvery = absl::Seconds(60);
// Demand that finds no room below target raises all targets; below this it is the solver's slack.
constexpr double kRefusedMin = 0.01;
// Targets are raised in so many steps, up to capacity.
constexpr int kRaises = 4;
// A datacenter without demand may start again with this part of all.
constexpr double kStartPart = 0.001;

class LoadFeedback : public Steering {
 public:
  explicit LoadFeedback(LoadFeedbackOptions options) : options_(options) {}
  absl::string_view name() const override { return "load-feedback"; }
  Playing playing() const override { return options_.playing; }

  std::shared_ptr<const Plan> Tick(const Observation& seen) override {
    demand_.resize(seen.frame->candidates->row_count(), 0);
    sites_.resize(seen.facts.targets.size());
    CountDemand(seen);
    if (seen.facts.now >= next_fetch_) {
      next_fetch_ = seen.facts.now + kFetchEvery;
      for (size_t t = 0; t < sites_.size(); ++t) Fetch(seen.facts.targets[t], &sites_[t]);
    }
    bool liveness = plan_ == nullptr;
    for (size_t t = 0; t < sites_.size(); ++t) {
      const bool up = MayGetClients(seen.facts.targets[t]);
      liveness = liveness || up != sites_[t].up;
      sites_[t].up = up;
    }
    const bool due = seen.facts.now >= next_assignment_;
    if (due) next_assignment_ = seen.facts.now + kAssignEvery;
    if (due || liveness) Assign(seen, due);
    return plan_;
  }

 private:
  struct Site {
    bool up = true;
    double load = -1, capacity = 0;       // last fetched; -1 = never
    double demand = 0;                    // assigned, as a part of all
    double load_demand = 0, demand2 = 0;  // sums of the fit: load x demand, demand^2
  };

  // Arrivals by row since the evening began: what the logs say is behind its name servers.
  void CountDemand(const Observation& seen) {
    const CandidateTable& table = *seen.frame->candidates;
    const double elapsed = absl::ToDoubleSeconds(seen.activity.elapsed);
    if (elapsed <= 0) return;
    for (size_t r = 0; r < demand_.size(); ++r) {
      const bool gaps = !seen.resolver_arrivals.empty();
      double arrivals = gaps ? seen.resolver_arrivals[r] * elapsed : 0;
      for (size_t k = table.RowBegin(r); k < table.RowBegin(r) + table.Row(r).size(); ++k)
        arrivals += seen.activity.redirect[k] + (gaps ? 0 : seen.activity.dns[k]);
      demand_[r] += arrivals;
    }
  }

  static void Fetch(const TargetFacts& facts, Site* site) {
    site->capacity = CapacityMbps(facts);
    if (HasReported(facts)) site->load = facts.load[Resource::kEgress];
  }

  double LoadPerDemand() const {
    double load = 0, demand = 0;
    for (const Site& site : sites_) {
      if (site.load < 0) continue;
      load += site.load;
      demand += site.demand;
    }
    return demand > 0 ? load / demand : 0;
  }

  // Demand that may be assigned to a site for its load to stay below `target`.
  double RoomAt(const Site& site, double target, double load_per_demand) const {
    if (!site.up || site.capacity <= 0) return 0;
    const double per = site.demand2 > 0 ? site.load_demand / site.demand2 : load_per_demand;
    double room = target / std::max(1e-9, per);
    if (site.load > target) room = std::min(room, site.demand * target / site.load);
    return std::min(room, std::max(kStartPart, site.demand * (1 + options_.raise)));
  }

  void Learn() {
    for (Site& site : sites_) {
      if (site.load < 0) continue;
      site.load_demand = options_.decay * site.load_demand + site.load * site.demand;
      site.demand2 = options_.decay * site.demand2 + site.demand * site.demand;
    }
  }

  // `learn`: a whole period has passed under the last assignment.
  void Assign(const Observation& seen, bool learn) {
    const Frame& frame = *seen.frame;
    double all = 0;
    for (const double d : demand_) all += d;
    if (all <= 0) {  // no log yet: by performance
      plan_ = PlanByWeights(seen.frame, seen.facts, ++generation_,
                            [&](size_t, absl::Span<const Slot> slots, absl::Span<double> weights) {
                              for (size_t i = 0; i < slots.size(); ++i) {
                                if (!sites_[slots[i].target.index()].up) continue;
                                weights[i] = 1;
                                return;
                              }
                            });
      return;
    }
    std::vector<double> part = demand_;
    for (double& p : part) p /= all;
    if (assigned_ && learn) Learn();
    const double load_per_demand = LoadPerDemand();
    std::vector<double> room(sites_.size()), spill(sites_.size());
    for (int raise = 0; raise <= kRaises; ++raise) {
      for (size_t t = 0; t < sites_.size(); ++t) {
        const double raised = options_.target + (1 - options_.target) * raise / kRaises;
        const double target = raised * sites_[t].capacity;
        // Before the first assignment nothing is known of load per demand: by capacity.
        room[t] = assigned_      ? RoomAt(sites_[t], target, load_per_demand)
                  : sites_[t].up ? target
                                 : 0;
        spill[t] = sites_[t].up ? sites_[t].capacity : 0;
      }
      if (!assigned_) Normalise(&room);
      allocation_.Solve(frame, part, room);
      if (allocation_.Refused(part) < kRefusedMin) break;
    }
    Publish(seen, part, spill);
  }

  // Everything fits, just so.
  static void Normalise(std::vector<double>* room) {
    double all = 0;
    for (const double r : *room) all += r;
    for (double& r : *room) r *= all > 0 ? 1.2 / all : 0;
  }

  void Publish(const Observation& seen, absl::Span<const double> part,
               absl::Span<const double> spill) {
    for (Site& site : sites_) site.demand = 0;
    plan_ =
        PlanByWeights(seen.frame, seen.facts, ++generation_,
                      [&](size_t row, absl::Span<const Slot> slots, absl::Span<double> weights) {
                        allocation_.Weigh(*seen.frame, row, slots, spill, weights);
                        double sum = 0;
                        for (const double w : weights) sum += w;
                        if (sum <= 0) return;
                        for (size_t i = 0; i < slots.size(); ++i)
                          sites_[slots[i].target.index()].demand += part[row] * weights[i] / sum;
                      });
    assigned_ = true;
  }

  const LoadFeedbackOptions options_;
  std::vector<double> demand_;  // by row: arrivals
  std::vector<Site> sites_;     // by target
  Allocation allocation_;
  bool assigned_ = false;
  absl::Time next_fetch_ = absl::InfinitePast(), next_assignment_ = absl::InfinitePast();
  uint64_t generation_ = 0;
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::unique_ptr<Steering> MakeLoadFeedback(LoadFeedbackOptions options) {
  return std::make_unique<LoadFeedback>(options);
}

}  // namespace spillway::sim
