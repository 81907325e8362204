// steering/planner/plan_rows.cc -- see plan_rows.h.
#include "steering/planner/plan_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "steering/planner/problem_builder.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

// A quota stays as it was while the share is within this many cells of it: report noise of 0.5 %
// must not move a single client.
constexpr double kQuotaDeadbandCells = 1.25;

// Longest TTL we give. RFC 8767 4: caches should not keep anything longer than 7 days.
constexpr int64_t kTtlSecondsMax = 7 * 86400;

uint32_t TtlSeconds(const TtlLadder& ttl, RowState state) {
  const absl::Duration d = state == RowState::kCalm       ? ttl.calm
                           : state == RowState::kShedding ? ttl.shedding
                                                          : ttl.draining;
  return static_cast<uint32_t>(std::clamp<int64_t>(absl::ToInt64Seconds(d), 1, kTtlSecondsMax));
}

class RowFiller {
 public:
  RowFiller(const RowInputs& in, const Plan* previous, Plan* plan)
      : in_(in),
        previous_(previous != nullptr && previous->frame == plan->frame ? previous : nullptr),
        plan_(*plan),
        table_(*plan->frame->candidates) {
    for (const TargetStatus& status : plan->targets)
      closed_.push_back(status.facts.drain ? Verdict::kDrained
                        : !status.up       ? Verdict::kDown
                                           : Verdict::kServing);
  }

  void Fill(size_t row) {
    begin_ = table_.RowBegin(row);
    slots_ = table_.Row(row);
    shares_ = in_.shares.subspan(begin_, slots_.size());
    const Service& service = plan_.policy().service(table_.RowService(row));
    const size_t targets = plan_.targets.size();
    price_ = in_.price_ms.subspan(table_.RowService(row).index() * targets, targets);
    PlanRow& out = plan_.rows[row];
    out.refused = in_.refused[row];
    last_resort_ = in_.last_resort[row];
    out.state = last_resort_ ? RowState::kAllDown : JudgeState();
    out.ttl_s = TtlSeconds(service.ttl, out.state);
    const bool kept = KeepQuotas(row);
    if (!kept) Round();
    FillCells(row, kept, &out);
    for (size_t i = 0; i < slots_.size(); ++i) {
      SlotPlan& slot = plan_.slots[begin_ + i];
      slot.verdict = last_resort_ ? LastResortVerdict(i) : Judge(i, in_.refused[row]);
      slot.held = in_.held[begin_ + i];
    }
  }

 private:
  Verdict closed(size_t i) const { return closed_[slots_[i].target.index()]; }
  bool may_serve(size_t i) const { return closed(i) == Verdict::kServing; }
  double price(size_t i) const { return price_[slots_[i].target.index()]; }
  // Whoever may not serve gets no cell, whatever crumb of a share the pacer left.
  double share(size_t i) const { return last_resort_ || may_serve(i) ? shares_[i] : 0; }

  // The state shown to clients as a TTL: the nearer a change is, the shorter.
  RowState JudgeState() const {
    RowState state = RowState::kCalm;
    for (size_t i = 0; i < slots_.size() && !slots_[i].fenced; ++i) {
      const bool nearest = slots_[i].cost_ms - slots_[0].cost_ms < kTieMs;
      if (nearest && !may_serve(i)) return RowState::kDraining;
      if (may_serve(i) && price(i) > kPriceMin && (nearest || shares_[i] > 0))
        state = RowState::kShedding;
    }
    return state;
  }

  Verdict Judge(size_t i, float refused) const {
    if (slots_[i].fenced) return Verdict::kFenced;
    if (!may_serve(i)) return closed(i);
    const bool serves = plan_.slots[begin_ + i].quota > 0;
    if (price(i) <= kPriceMin) return serves ? Verdict::kServing : Verdict::kCostlier;
    if (!serves) return Verdict::kFull;
    return refused > 0 ? Verdict::kSpill : Verdict::kShedding;
  }

  Verdict LastResortVerdict(size_t i) const {
    if (slots_[i].fenced) return Verdict::kFenced;
    if (shares_[i] > 0) return Verdict::kLastResort;
    return may_serve(i) ? Verdict::kDown : closed(i);
  }

  bool Overfilled(size_t i) const {
    return !in_.overfilled.empty() && in_.overfilled[slots_[i].target.index()];
  }

  // The previous quotas, when every one is still within the deadband of its share.
  bool KeepQuotas(size_t row) {
    if (previous_ == nullptr) return false;
    if ((previous_->rows[row].state == RowState::kAllDown) != last_resort_) return false;
    for (size_t i = 0; i < slots_.size(); ++i) {
      const double cells = share(i) * static_cast<double>(kCellCount);
      const uint16_t old = previous_->slots[begin_ + i].quota;
      if (std::abs(cells - old) >= kQuotaDeadbandCells) return false;
      // Nothing at once for who must get nothing; nothing yet for who would not fill a cell.
      if (cells <= 0 ? old != 0 : old == 0 && cells >= 1) return false;
      if (Overfilled(i) && old > std::floor(cells)) return false;
    }
    for (size_t i = 0; i < slots_.size(); ++i)
      plan_.slots[begin_ + i].quota = previous_->slots[begin_ + i].quota;
    return true;
  }

  void Round() {
    absl::InlinedVector<double, 16> shares(slots_.size());
    bool any = false;
    for (size_t i = 0; i < slots_.size(); ++i) {
      // One cell of a large row may be more than a small target has.
      shares[i] = Overfilled(i) ? std::floor(share(i) * static_cast<double>(kCellCount)) /
                                      static_cast<double>(kCellCount)
                                : share(i);
      any |= shares[i] > 0;
    }
    for (size_t i = 0; !any && i < slots_.size(); ++i) shares[i] = share(i);
    absl::InlinedVector<uint16_t, 16> quotas(slots_.size());
    RoundToCells(shares, absl::MakeSpan(quotas));
    for (size_t i = 0; i < slots_.size(); ++i) plan_.slots[begin_ + i].quota = quotas[i];
  }

  void FillCells(size_t row, bool kept, PlanRow* out) {
    if (kept && previous_->rows[row].cells == PlanRow::kUnsplit) {
      out->only_slot = previous_->rows[row].only_slot;
      return;
    }
    absl::InlinedVector<uint16_t, 16> quotas(slots_.size());
    absl::InlinedVector<const CellRanks*, 16> ranks(slots_.size());
    absl::InlinedVector<uint8_t, 16> turn;
    for (size_t i = 0; i < slots_.size(); ++i) {
      quotas[i] = plan_.slots[begin_ + i].quota;
      ranks[i] = &plan_.frame->cell_ranks[slots_[i].target.index()];
      if (quotas[i] == kCellCount) {
        out->only_slot = static_cast<uint8_t>(i);
        return;
      }
      if (quotas[i] > 0) turn.push_back(static_cast<uint8_t>(i));
    }
    out->cells = static_cast<uint32_t>(plan_.cells.size());
    if (kept) {
      const auto from = previous_->cells.begin() + previous_->rows[row].cells;
      plan_.cells.insert(plan_.cells.end(), from, from + kCellCount);
      return;
    }
    plan_.cells.resize(plan_.cells.size() + kCellCount);
    std::sort(turn.begin(), turn.end(),
              [&](uint8_t a, uint8_t b) { return slots_[a].target < slots_[b].target; });
    AssignCells(quotas, ranks, turn, absl::MakeSpan(plan_.cells).subspan(out->cells));
  }

  const RowInputs& in_;
  const Plan* previous_;
  Plan& plan_;
  const CandidateTable& table_;
  std::vector<Verdict> closed_;  // by target: why it may not get clients, else kServing
  uint32_t begin_ = 0;
  bool last_resort_ = false;
  absl::Span<const Slot> slots_;
  absl::Span<const float> shares_;
  absl::Span<const double> price_;
};

}  // namespace

void FillRows(const RowInputs& in, const Plan* previous, Plan* plan) {
  const CandidateTable& table = *plan->frame->candidates;
  plan->rows.resize(table.row_count());
  plan->slots.resize(table.slot_count());
  if (previous != nullptr) plan->cells.reserve(previous->cells.size() + 64 * kCellCount);
  RowFiller filler(in, previous, plan);
  for (size_t row = 0; row < table.row_count(); ++row) filler.Fill(row);
}

}  // namespace spillway
