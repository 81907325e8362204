// steering/planner/problem_builder.h -- one tick's transport problem in the solver's flat arrays.
//
//   row (service × group)  ──► problem row: steerable demand at the horizon, class, active slots
//   (service, target) pair ──► problem target: uses the limits of its target
//   limits:  [ target 0: egress | sessions | starts | requests ] [ target 1: ... ] ... [ shared ...
//   ]
//
// Long rows take part with their cheapest slots only; more join when a row refuses clients while
// another of its targets has room (column generation, solve/columns.h), and stay for the frame's
// life.
// units: demand and headroom in nominal Mbps; other resources are converted by what a Mbps takes of
// them. Costs are relative to the row's cheapest slot, so that a sink's cost means "this much
// detour" anywhere.
// thread safety: none; belongs to a Controller.
#ifndef SPILLWAY_STEERING_PLANNER_PROBLEM_BUILDER_H_
#define SPILLWAY_STEERING_PLANNER_PROBLEM_BUILDER_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/solve/columns.h"
#include "steering/solve/problem.h"
#include "steering/solve/solve.h"

namespace spillway {

// Rows up to this long are solved whole; of longer ones the cheapest kActiveSlots at first.
// 16 candidates a group is what the published experiments used.
inline constexpr size_t kWholeRowSlots = 16;
inline constexpr size_t kActiveSlots = 12;

// A detour (ms) that a viewer of each class is worth before being refused, premium-live first.
// Twice: to be refused helps nobody when the service has neither a ladder nor a waiting room, since
// who is refused is answered all the same. Those go as far as there is room, and give way by class
// only where there is none.
inline constexpr double kSinkCostMs[2 * kServiceClassCount] = {400, 300, 200, 150, 50,
                                                               400, 390, 380, 375, 365};

// A target whose pinned load alone passes `shed_from` begins to cost more: demand that nobody
// forecast is the likelier to come the fuller it is. 0 there, and at the watermark so much that an
// equal keeps one client in twenty: e^-3. Squared, so that it begins gently.
inline double SoftPriceMs(double pinned, double shed_from, double watermark) {
  if (pinned <= shed_from || watermark <= shed_from) return 0;
  const double part = std::min(1.0, (pinned - shed_from) / (watermark - shed_from));
  return 3 * solve::kEpsilonMs * part * part;
}

// A price below this (ms) is the solver's tolerance, not congestion.
inline constexpr double kPriceMin = 0.01;

// What a target can still take in one resource.
struct LimitInput {
  double headroom = 0;  // below the watermark, what is pinned taken off; infinite = no limit
  double soft = 0;      // the same below `shed_from`
};

class ProblemBuilder {
 public:
  void Bind(std::shared_ptr<const Frame> frame);

  size_t limit_count() const { return limits_.size(); }
  size_t LimitIndex(TargetId target, Resource r) const {
    return target.index() * kResourceCount + static_cast<size_t>(r);
  }
  size_t SharedIndex(size_t shared) const { return shared_begin_ + shared; }
  size_t PairIndex(ServiceId service, TargetId target) const {
    return service.index() * target_count_ + target.index();
  }

  // To fill before Build. By limit: an infinite headroom takes the limit out.
  std::vector<LimitInput>& limits() { return limits_; }
  const std::vector<LimitInput>& limits() const { return limits_; }
  // By service and resource: units of the resource that a Mbps of the service takes.
  std::vector<std::array<double, kResourceCount>>& use_per_mbps() { return use_per_mbps_; }
  // By target: ms added to what it costs everybody, before the solver's own prices (SoftPriceMs).
  std::vector<double>& soft_price_ms() { return soft_price_ms_; }
  // What a pair costs beyond a slot's cost, solver's price included.
  double PriceMs(const solve::Solution& solution, ServiceId service, TargetId target) const {
    return solution.target_price_ms[PairIndex(service, target)] + soft_price_ms_[target.index()];
  }
  // By target: false closes it.
  std::vector<uint8_t>& open() { return open_; }
  // By slot, in the frame's order: share among equals (the policy's weight, raised by commits).
  std::vector<float>& prior() { return prior_; }

  // `demand` by row, Mbps, > 0. The result views this object's arrays until the next call.
  const solve::Problem& Build(absl::Span<const float> demand);
  // Adds proposed columns (a target joins the row it was proposed for); returns how many.
  size_t AddColumns(const solve::Solution& solution);

  // By pair: what part of `extra` (Mbps by pair, on top of the solution) stays below every soft
  // limit.
  std::vector<double> PartThatFits(const solve::Solution& solution,
                                   absl::Span<const double> extra) const;

  // Scatters the solution over the frame's slots: shares of what is not refused.
  void Scatter(const solve::Solution& solution, absl::Span<float> shares) const;

 private:
  void ActivateRow(size_t row);
  void RebuildSlots();
  void BuildUses();

  std::shared_ptr<const Frame> frame_;
  size_t target_count_ = 0, shared_begin_ = 0, open_slots_ = 0;
  std::vector<LimitInput> limits_;
  std::vector<std::vector<uint32_t>> target_shared_;  // by target: its shared limits
  std::vector<std::array<double, kResourceCount>> use_per_mbps_;
  std::vector<uint8_t> open_;
  std::vector<float> prior_;
  std::vector<double> soft_price_ms_;
  std::vector<float> pair_soft_ms_;  // the same by service and target
  std::vector<uint8_t> active_;      // by slot of the frame

  // The problem's arrays.
  std::vector<uint32_t> row_begin_, slot_target_, frame_slot_;
  std::vector<float> base_cost_, slot_cost_, slot_prior_;
  std::vector<double> demand_, headroom_;
  std::vector<uint8_t> row_class_;
  std::vector<uint32_t> use_begin_, use_limit_;
  std::vector<double> use_factor_;
  solve::Problem problem_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PROBLEM_BUILDER_H_
