// steering/planner/problem_builder.cc -- see problem_builder.h.
#include "steering/planner/problem_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace spillway {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Index into kSinkCostMs.
uint8_t SinkOf(const Service& service) {
  const bool can_give_way = service.ladder.size() > 1 || service.waiting_room;
  return static_cast<uint8_t>(static_cast<int>(service.service_class) +
                              (can_give_way ? 0 : kServiceClassCount));
}

}  // namespace

void ProblemBuilder::Bind(std::shared_ptr<const Frame> frame) {
  frame_ = std::move(frame);
  const Policy& policy = *frame_->policy;
  const CandidateTable& table = *frame_->candidates;
  target_count_ = policy.targets.size();
  shared_begin_ = target_count_ * kResourceCount;
  limits_.assign(shared_begin_ + policy.limits.size(), {kInfinity, kInfinity});
  target_shared_.assign(target_count_, {});
  for (size_t l = 0; l < policy.limits.size(); ++l) {
    for (TargetId t : policy.limits[l].targets)
      target_shared_[t.index()].push_back(static_cast<uint32_t>(SharedIndex(l)));
  }
  use_per_mbps_.assign(policy.services.size(), {});
  open_.assign(target_count_, 1);
  soft_price_ms_.assign(target_count_, 0);
  prior_.assign(table.slot_count(), 1);
  active_.assign(table.slot_count(), 0);
  demand_.assign(table.row_count(), 0);
  open_slots_ = 0;
  for (size_t row = 0; row < table.row_count(); ++row) {
    for (const Slot& slot : table.Row(row)) open_slots_ += !slot.fenced;
  }
  row_class_.resize(table.row_count());
  for (size_t row = 0; row < table.row_count(); ++row) {
    row_class_[row] = SinkOf(policy.service(table.RowService(row)));
    ActivateRow(row);
  }
  RebuildSlots();
}

void ProblemBuilder::ActivateRow(size_t row) {
  absl::Span<const Slot> slots = frame_->candidates->Row(row);
  const size_t most = slots.size() <= kWholeRowSlots ? slots.size() : kActiveSlots;
  // Cheapest first, fenced-out slots last: as the table has them.
  for (size_t i = 0; i < most && !slots[i].fenced; ++i)
    active_[frame_->candidates->RowBegin(row) + i] = 1;
}

void ProblemBuilder::RebuildSlots() {
  const CandidateTable& table = *frame_->candidates;
  row_begin_.assign(1, 0);
  slot_target_.clear();
  frame_slot_.clear();
  base_cost_.clear();
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    const ServiceId service = table.RowService(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      const uint32_t slot = table.RowBegin(row) + static_cast<uint32_t>(i);
      if (!active_[slot]) continue;
      slot_target_.push_back(static_cast<uint32_t>(PairIndex(service, slots[i].target)));
      frame_slot_.push_back(slot);
      base_cost_.push_back(slots[i].cost_ms - slots[0].cost_ms);
    }
    row_begin_.push_back(static_cast<uint32_t>(slot_target_.size()));
  }
  slot_cost_.resize(frame_slot_.size());
  slot_prior_.resize(frame_slot_.size());
}

void ProblemBuilder::BuildUses() {
  const size_t services = frame_->policy->services.size();
  headroom_.resize(limits_.size());
  for (size_t l = 0; l < limits_.size(); ++l) headroom_[l] = limits_[l].headroom;
  use_begin_.assign(1, 0);
  use_limit_.clear();
  use_factor_.clear();
  const auto use = [this](size_t limit, double factor) {
    if (!std::isfinite(limits_[limit].headroom) || !(factor > 0)) return;
    use_limit_.push_back(static_cast<uint32_t>(limit));
    use_factor_.push_back(factor);
  };
  for (size_t s = 0; s < services; ++s) {
    for (size_t t = 0; t < target_count_; ++t) {
      if (!open_[t]) {
        // Closed by any limit without headroom; its own egress will do.
        headroom_[t * kResourceCount] = 0;
        use_limit_.push_back(static_cast<uint32_t>(t * kResourceCount));
        use_factor_.push_back(1);
      } else {
        for (size_t r = 0; r < kResourceCount; ++r)
          use(t * kResourceCount + r, use_per_mbps_[s][r]);
        for (const uint32_t shared : target_shared_[t]) use(shared, 1);
      }
      use_begin_.push_back(static_cast<uint32_t>(use_limit_.size()));
    }
  }
}

const solve::Problem& ProblemBuilder::Build(absl::Span<const float> demand) {
  CHECK(demand.size() == demand_.size());
  for (size_t i = 0; i < demand.size(); ++i) demand_[i] = demand[i];
  pair_soft_ms_.resize(frame_->policy->services.size() * target_count_);
  for (size_t pair = 0; pair < pair_soft_ms_.size(); ++pair)
    pair_soft_ms_[pair] = static_cast<float>(soft_price_ms_[pair % target_count_]);
  for (size_t s = 0; s < frame_slot_.size(); ++s) {
    slot_prior_[s] = prior_[frame_slot_[s]];
    slot_cost_[s] = base_cost_[s] + pair_soft_ms_[slot_target_[s]];
  }
  BuildUses();
  problem_.row_begin = row_begin_;
  problem_.demand = demand_;
  problem_.row_class = row_class_;
  problem_.slot_target = slot_target_;
  problem_.slot_cost_ms = slot_cost_;
  problem_.slot_prior = slot_prior_;
  problem_.use_begin = use_begin_;
  problem_.use_limit = use_limit_;
  problem_.use_factor = use_factor_;
  problem_.headroom = headroom_;
  problem_.sink_cost_ms = absl::MakeConstSpan(kSinkCostMs);
  return problem_;
}

size_t ProblemBuilder::AddColumns(const solve::Solution& solution) {
  const CandidateTable& table = *frame_->candidates;
  if (frame_slot_.size() == open_slots_) return 0;
  const auto slot_of = [&](uint32_t row, uint32_t pair) -> const Slot* {
    if (pair / target_count_ != table.RowService(row).index()) return nullptr;
    for (const Slot& slot : table.Row(row)) {
      if (slot.target.index() == pair % target_count_) return slot.fenced ? nullptr : &slot;
    }
    return nullptr;
  };
  const std::vector<solve::Column> columns =
      solve::ProposeColumns(problem_, solution, {}, [&](uint32_t row, uint32_t pair) {
        const Slot* slot = slot_of(row, pair);
        return slot == nullptr ? kInfinity
                               : slot->cost_ms - table.Row(row)[0].cost_ms +
                                     soft_price_ms_[slot->target.index()];
      });
  for (const solve::Column& column : columns) {
    const Slot* slot = slot_of(column.row, column.target);
    active_[table.RowBegin(column.row) + (slot - table.Row(column.row).data())] = 1;
  }
  if (!columns.empty()) RebuildSlots();
  return columns.size();
}

std::vector<double> ProblemBuilder::PartThatFits(const solve::Solution& solution,
                                                 absl::Span<const double> extra) const {
  std::vector<double> more(limits_.size(), 0);
  const auto for_uses = [&](size_t pair, auto fn) {
    for (uint32_t u = use_begin_[pair]; u < use_begin_[pair + 1]; ++u)
      fn(use_limit_[u], use_factor_[u]);
  };
  for (size_t pair = 0; pair < extra.size(); ++pair)
    for_uses(pair, [&](uint32_t l, double factor) { more[l] += factor * extra[pair]; });
  std::vector<double> part(extra.size(), 1);
  for (size_t pair = 0; pair < extra.size(); ++pair) {
    for_uses(pair, [&](uint32_t l, double) {
      if (!(more[l] > 0)) return;
      const double fits = (limits_[l].soft - solution.limit_load[l]) / more[l];
      part[pair] = std::min(part[pair], std::clamp(fits, 0.0, 1.0));
    });
  }
  return part;
}

void ProblemBuilder::Scatter(const solve::Solution& solution, absl::Span<float> shares) const {
  std::fill(shares.begin(), shares.end(), 0.0f);
  for (size_t s = 0; s < frame_slot_.size(); ++s) shares[frame_slot_[s]] = solution.shares[s];
}

}  // namespace spillway
