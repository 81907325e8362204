// steering/planner/controller_plan.cc -- the second half of a tick: from what is committed to a
// plan.
#include <algorithm>
#include <cmath>
#include <limits>

#include "steering/planner/allocate.h"
#include "steering/planner/controller.h"
#include "steering/planner/plan_rows.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

// Sweeps over all slots in a tick: about 1 ns a slot, so this is 60 ms of one core. A count and not
// a clock, so that a replay gives the same plan.
constexpr double kSlotSweepsWarm = 60e6;
constexpr int kSweepsMin = 30, kSweepsWarm = 100, kSweepsCold = 1000;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What a receiver may gain by choice, of its capacity in a TTL (papers 4.3 step 7: 5 to 10 %).
constexpr double kOnloadPerTtl = 0.10;

// A priced target may be so much less than full (of its headroom) before its price falls: prices
// that follow every tick move viewers each time. Who is refused meanwhile is for SpillRefused.
constexpr double kSlack = 0.03;
// The solver's tolerance, twice: less than this over its headroom forces nobody out.
constexpr double kForcedFrom = 1.02;

// Whole cells may give a target this part of its capacity more than its shares would.
constexpr double kCellsTooMany = 0.02;

}  // namespace

// Traffic below the commit is paid for anyway: up to twice the weight when none of it is used.
void Controller::SetPriors() {
  const auto& targets = frame_->policy->targets;
  const bool commits = std::any_of(targets.begin(), targets.end(),
                                   [](const Target& t) { return t.commit_mbps > 0; });
  if (!commits && !prices_.empty()) return;  // not the first tick of the frame: they stand
  const CandidateTable& table = *frame_->candidates;
  std::vector<float> factor(frame_->policy->targets.size(), 1);
  for (size_t t = 0; t < factor.size(); ++t) {
    const double commit = frame_->policy->targets[t].commit_mbps;
    if (commit <= 0) continue;
    factor[t] +=
        static_cast<float>(std::max(0.0, 1 - ledger_.ProjectedNowMbps(TargetId(t)) / commit));
  }
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    float* const prior = builder_.prior().data() + table.RowBegin(row);
    for (size_t i = 0; i < slots.size(); ++i)
      prior[i] = slots[i].weight * factor[slots[i].target.index()];
  }
}

void Controller::Solve() {
  SetPriors();
  solve::Options options{.slack = kSlack};
  const bool cold = prices_.empty();
  options.sweeps_max =
      options_.sweeps_max > 0 ? options_.sweeps_max
      : cold                  ? kSweepsCold
                              : static_cast<int>(std::clamp<double>(
                   kSlotSweepsWarm / static_cast<double>(frame_->candidates->slot_count() + 1),
                   kSweepsMin, kSweepsWarm));
  problem_ = &builder_.Build(row_demand_);
  solution_ = &solver_.Solve(*problem_, options, prices_);
  prices_ = solution_->price_ms;
  if (builder_.AddColumns(*solution_) > 0) {
    problem_ = &builder_.Build(row_demand_);
    solution_ = &solver_.Solve(*problem_, options, prices_);
    prices_ = solution_->price_ms;
  }
}

void Controller::Allocate(const Plan& plan) {
  const CandidateTable& table = *frame_->candidates;
  wanted_.resize(table.slot_count());
  refused_.assign(table.row_count(), 0);
  last_resort_.assign(table.row_count(), 0);
  builder_.Scatter(*solution_, absl::MakeSpan(wanted_));
  pair_price_.resize(solution_->target_price_ms.size());
  for (size_t s = 0; s < frame_->policy->services.size(); ++s) {
    for (size_t t = 0; t < plan.targets.size(); ++t)
      pair_price_[builder_.PairIndex(ServiceId(s), TargetId(t))] =
          builder_.PriceMs(*solution_, ServiceId(s), TargetId(t));
  }
  const Allocation allocation{*frame_,     builder_, *solution_, pair_price_,
                              row_demand_, open_,    hard_room_, limit_room_, capacity_};
  NearestFirst(allocation, absl::MakeSpan(wanted_));
  SpillRefused(allocation, absl::MakeSpan(wanted_), absl::MakeSpan(refused_));
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    bool any = false;
    for (const Slot& slot : slots) any |= !slot.fenced && open_[slot.target.index()];
    if (any) continue;
    last_resort_[row] = 1;
    refused_[row] = 0;
    LastResort(slots, plan.targets,
               absl::MakeSpan(wanted_).subspan(table.RowBegin(row), slots.size()));
  }
}

void Controller::Pace(const Facts& facts, Plan* plan) {
  const Policy& policy = *frame_->policy;
  const size_t targets = policy.targets.size();
  pace_targets_.resize(targets);
  double least_ttl_s = kInfinity;
  for (const Service& service : policy.services)
    least_ttl_s = std::min(least_ttl_s, absl::ToDoubleSeconds(service.ttl.calm));
  for (size_t t = 0; t < targets; ++t) {
    PaceTarget& target = pace_targets_[t];
    target.usable = open_[t];
    // What a silent target may get is in its headroom already (HoldOnload).
    target.may_onload = true;
    target.returning = false;
    target.headroom_mbps = headroom_[t] * kForcedFrom;
    target.onload_mbps_per_s =
        capacity_[t] > 0 ? kOnloadPerTtl * capacity_[t] / least_ttl_s : kInfinity;
  }
  // What a priced limit let the solver place is all there is, whichever limit it was.
  std::vector<double> placed(targets, 0), price(targets, 0);
  const CandidateTable& table = *frame_->candidates;
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    const float* const x = wanted_.data() + table.RowBegin(row);
    for (size_t i = 0; i < slots.size(); ++i)
      placed[slots[i].target.index()] += row_demand_[row] * x[i];
  }
  for (size_t s = 0; s < policy.services.size(); ++s) {
    for (size_t t = 0; t < targets; ++t)
      price[t] = std::max(
          price[t], solution_->target_price_ms[builder_.PairIndex(ServiceId(s), TargetId(t))]);
  }
  for (size_t t = 0; t < targets; ++t) {
    if (price[t] > kPriceMin) {
      double& room = pace_targets_[t].headroom_mbps;
      room = std::min(room, placed[t] * kForcedFrom);
    }
  }
  ttl_s_.clear();
  for (const Service& service : policy.services)
    ttl_s_.push_back(static_cast<float>(absl::ToDoubleSeconds(service.ttl.calm)));
  const PaceInputs in{.now = facts.now,
                      .elapsed = elapsed_,
                      .guards = policy.guards,
                      .targets = pace_targets_,
                      .demand_mbps = row_demand_,
                      .ttl_s = ttl_s_,
                      .before = shares_,
                      .wanted = wanted_};
  pacer_.Step(in, &paced_);
  if (!options_.pacing) {
    paced_.next = wanted_;
    paced_.load_mbps = placed;
  }
  shares_ = paced_.next;
  for (size_t t = 0; t < targets; ++t)
    plan->targets[t].returning = !open_[t] || pacer_.InSlowStart(t);
}

void Controller::HoldBack(absl::Time now, const Plan& plan) {
  const CandidateTable& table = *frame_->candidates;
  const bool same = previous_ != nullptr && previous_->frame == frame_;
  const size_t targets = plan.targets.size();
  std::vector<double> room(targets, 0);
  std::vector<uint8_t> died(targets, 0);
  for (size_t t = 0; t < targets; ++t) {
    if (open_[t]) room[t] = std::max(0.0, headroom_[t] - paced_.load_mbps[t]);
    // A drain interrupts nobody: players stay until they ask again.
    died[t] = same && !plan.targets[t].up && previous_->targets[t].up &&
              ledger_.ModelledMbps(TargetId(t)) > 0;
  }
  const bool any_died = std::count(died.begin(), died.end(), 1) > 0;
  overload_rows_.assign(table.row_count(), {});
  for (size_t row = 0; row < table.row_count(); ++row) {
    Overload::RowInput& in = overload_rows_[row];
    in.refused = refused_[row];
    if (in.refused <= 0 && !any_died && !overload_.active(row)) continue;
    absl::Span<const Slot> slots = table.Row(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      const size_t t = slots[i].target.index();
      if (died[t])
        in.interrupted +=
            static_cast<float>(previous_->slots[table.RowBegin(row) + i].quota) / kCellCount;
    }
    CountJoins(row, &in);
    in.mbps = row_demand_[row];
  }
  overload_.Update(now, elapsed_, overload_rows_, absl::MakeSpan(room));
}

// Who wants to join within the horizon: who waits already, and who will come.
void Controller::CountJoins(size_t row, Overload::RowInput* in) const {
  if (row >= demand_.redirect_expected.size() || row_demand_[row] <= 0) return;
  const double bitrate = frame_->policy->service(frame_->candidates->RowService(row)).bitrate_mbps;
  const double horizon_s = absl::ToDoubleSeconds(horizon_);
  const double waiting = demand_.waiting.empty() ? 0 : demand_.waiting[row];
  const double joins = demand_.redirect_expected[row] * horizon_s + waiting;
  in->joins = static_cast<float>(std::clamp(joins * bitrate / row_demand_[row], 0.0, 1.0));
  const double asks = joins + waiting * (horizon_s / rooms_.AgainAfter(row) - 1);
  if (joins > 0) in->turns = static_cast<float>(asks / joins);
}

void Controller::FillPlan(Plan* plan) {
  held_.resize(paced_.bit.size());
  for (size_t s = 0; s < held_.size(); ++s)
    held_[s] = options_.pacing ? paced_.bit[s] : Held::kNone;
  const RowInputs in{.shares = shares_,
                     .held = held_,
                     .refused = refused_,
                     .last_resort = last_resort_,
                     .price_ms = pair_price_,
                     .overfilled = overfilled_};
  FillRows(in, previous_.get(), plan);
  plan->price_ms = pair_price_;
  for (size_t row = 0; row < plan->rows.size(); ++row) overload_.Fill(row, &plan->rows[row]);
  plan->solver_sweeps = solution_->sweeps;
  plan->solver_converged = solution_->converged;
  FillLimits(plan);
  FillTargets(plan);
  FillServices(plan);
}

void Controller::FillLimits(Plan* plan) const {
  // Soft prices are nobody's limit; the limit named is the one the solver priced or found closed.
  const auto name = [&](size_t t, double price) {
    int32_t& dearest = plan->targets[t].limit;
    if (price > kPriceMin && (dearest < 0 || price > plan->limits[dearest].price_ms))
      dearest = static_cast<int32_t>(plan->limits.size());
  };
  const auto add = [&](size_t limit, int32_t target, int32_t shared, Resource r) {
    const LimitInput& input = builder_.limits()[limit];
    if (!std::isfinite(input.headroom)) return;
    const double price = solution_->price_ms[limit];
    if (target >= 0) name(target, price);
    if (shared >= 0) {
      for (const TargetId t : frame_->policy->limits[shared].targets) name(t.index(), price);
    }
    plan->limits.push_back({.target = target,
                            .shared = shared,
                            .resource = r,
                            .headroom = std::max(0.0, input.headroom),
                            .load = solution_->limit_load[limit],
                            .price_ms = price});
  };
  for (size_t t = 0; t < plan->targets.size(); ++t) {
    for (const Resource r : kResources)
      add(builder_.LimitIndex(TargetId(t), r), static_cast<int32_t>(t), -1, r);
  }
  for (size_t l = 0; l < frame_->policy->limits.size(); ++l)
    add(builder_.SharedIndex(l), -1, static_cast<int32_t>(l), Resource::kEgress);
}

void Controller::FillTargets(Plan* plan) {
  const CandidateTable& table = *frame_->candidates;
  const size_t targets = plan->targets.size();
  std::vector<double> nearest(targets, 0), kept(targets, 0), placed(targets, 0);
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    // The cheapest and its ties; slots are in order of cost, fenced ones last.
    double kept_here = 0;
    for (size_t i = 0; i < slots.size() && !slots[i].fenced; ++i) {
      if (slots[i].cost_ms - slots[0].cost_ms >= kTieMs) break;
      kept_here += shares_[table.RowBegin(row) + i];
    }
    const double weight = row_demand_[row] + 1e-9;
    // Whole cells: what clients get, not what the pacer has in mind for the next seconds.
    const absl::Span<const SlotPlan> planned = plan->RowSlots(row);
    const double cell_mbps = row_demand_[row] / kCellCount;
    for (size_t i = 0; i < slots.size(); ++i)
      placed[slots[i].target.index()] += cell_mbps * planned[i].quota;
    nearest[slots[0].target.index()] += weight;
    kept[slots[0].target.index()] += weight * std::min(1.0, kept_here);
  }
  for (size_t t = 0; t < targets; ++t) {
    TargetStatus& status = plan->targets[t];
    status.accept = !open_[t] ? 0 : nearest[t] > 0 ? kept[t] / nearest[t] : 1;
    status.modelled_mbps = ledger_.ModelledMbps(TargetId(t));
    status.correction_mbps = ledger_.CorrectionMbps(TargetId(t));
    status.pinned_mbps = commitment_.pinned_mbps[t];
    status.planned_mbps = status.pinned_mbps + placed[t];
    overfilled_[t] = placed[t] > headroom_[t] * kForcedFrom &&
                     placed[t] > paced_.load_mbps[t] + kCellsTooMany * capacity_[t];
    status.headroom_mbps = std::isfinite(headroom_[t]) ? std::max(0.0, headroom_[t]) : -1;
    for (size_t s = 0; s < frame_->policy->services.size(); ++s)
      status.price_ms =
          std::max(status.price_ms, pair_price_[builder_.PairIndex(ServiceId(s), TargetId(t))]);
  }
}

void Controller::FillServices(Plan* plan) const {
  const Policy& policy = *frame_->policy;
  const CandidateTable& table = *frame_->candidates;
  plan->services.resize(policy.services.size());
  std::vector<double> demand(policy.services.size(), 0);
  for (size_t row = 0; row < table.row_count(); ++row) {
    const size_t s = table.RowService(row).index();
    demand[s] += row_demand_[row];
    plan->services[s].refused += row_demand_[row] * refused_[row];
    if (!demand_.waiting.empty()) plan->services[s].waiting += demand_.waiting[row];
    plan->services[s].ladder_step =
        std::max(plan->services[s].ladder_step, plan->rows[row].ladder_step);
  }
  for (size_t s = 0; s < policy.services.size(); ++s) {
    ServiceStatus& status = plan->services[s];
    const Forecaster::ServiceForecast forecast = forecaster_.service(ServiceId(s));
    status.arrivals_now = forecast.arrivals_now;
    status.arrivals_expected = forecast.arrivals_expected;
    status.arrivals_q10 = forecast.q10;
    status.arrivals_q90 = forecast.q90;
    status.forecast_error = forecast.error_mape;
    if (demand[s] > 0) status.refused /= demand[s];
    status.moved = paced_.services[s].optional + paced_.services[s].forced;
    status.guard_exceeded = paced_.services[s].forced_over_guard > 0;
    for (size_t t = 0; t < policy.targets.size(); ++t)
      status.sessions += ledger_.RealSessions(ServiceId(s), TargetId(t));
  }
}

}  // namespace spillway
