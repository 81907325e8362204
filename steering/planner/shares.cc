#include "steering/planner/shares.h"

#include <algorithm>

namespace spillway {
namespace {

struct Row {
  absl::Span<const Slot> slots;
  absl::Span<const double> accept;  // by TargetId
  absl::Span<const TargetStatus> targets;
  const Policy& policy;
  RowShares& out;

  const TargetStatus& status(size_t i) const { return targets[slots[i].target.index()]; }
  double accept_of(size_t i) const { return accept[slots[i].target.index()]; }
  bool usable(size_t i) const { return !slots[i].fenced && status(i).up && !status(i).facts.drain; }
  double egress_capacity(size_t i) const {
    const ResourceVector& reported = status(i).facts.capacity;
    const ResourceVector& stated = policy.target(slots[i].target).capacity;
    if (reported.has(Resource::kEgress)) return reported[Resource::kEgress];
    return stated.has(Resource::kEgress) ? stated[Resource::kEgress] : 0;
  }
  double weight(size_t i) const {
    const double commit = policy.target(slots[i].target).commit_mbps;
    const ResourceVector& load = status(i).facts.load;
    if (commit <= 0 || !load.has(Resource::kEgress)) return slots[i].weight;
    return slots[i].weight * (1 + std::max(0.0, 1 - load[Resource::kEgress] / commit));
  }
};

Verdict UnusableVerdict(const Row& row, size_t i) {
  if (row.slots[i].fenced) return Verdict::kFenced;
  return row.status(i).facts.drain ? Verdict::kDrained : Verdict::kDown;
}

// Offers `rest` to slots [begin, end), which cost the same; returns what they leave. Twice: what a
// full member leaves is offered to its equals before anyone farther away.
double OfferToTie(const Row& row, size_t begin, size_t end, double rest) {
  for (int round = 0; round < 2 && rest > 0; ++round) {
    auto weight = [&](size_t i) {
      return row.usable(i) ? row.weight(i) * (round == 0 ? 1 : row.accept_of(i)) : 0;
    };
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += weight(i);
    if (sum <= 0) break;
    const double offered = rest;
    for (size_t i = begin; i < end; ++i) {
      const double taken = offered * weight(i) / sum * row.accept_of(i);
      row.out.shares[i] += taken;
      rest -= taken;
    }
  }
  return rest;
}

double Waterfall(const Row& row) {
  double rest = 1;
  for (size_t begin = 0; begin < row.slots.size();) {
    size_t end = begin + 1;
    while (end < row.slots.size() && row.slots[end].cost_ms - row.slots[begin].cost_ms < kTieMs)
      ++end;
    if (rest > 0) rest = OfferToTie(row, begin, end, rest);
    // Less than a thousandth of a cell is rounding, not demand.
    if (rest < 1e-3 / kCellCount) rest = 0;
    begin = end;
  }
  return rest;
}

// What nobody accepted: by headroom to the hard watermark, else by capacity, else equally.
void Spill(const Row& row, double rest, const Watermark& watermark) {
  std::vector<double> by_headroom(row.slots.size()), by_capacity(row.slots.size()),
      equal(row.slots.size());
  double headroom_sum = 0, capacity_sum = 0, count = 0;
  for (size_t i = 0; i < row.slots.size(); ++i) {
    if (!row.usable(i)) continue;
    const double capacity = row.egress_capacity(i);
    by_headroom[i] =
        capacity * std::max(0.0, watermark.hard - std::max(0.0, row.status(i).utilisation));
    by_capacity[i] = capacity;
    equal[i] = 1;
    headroom_sum += by_headroom[i];
    capacity_sum += capacity;
    count += 1;
  }
  const auto& by = headroom_sum > 0 ? by_headroom : capacity_sum > 0 ? by_capacity : equal;
  const double sum = headroom_sum > 0 ? headroom_sum : capacity_sum > 0 ? capacity_sum : count;
  for (size_t i = 0; i < row.slots.size(); ++i) {
    if (by[i] <= 0) continue;
    row.out.shares[i] += rest * by[i] / sum;
    if (row.out.verdicts[i] == Verdict::kFull) row.out.verdicts[i] = Verdict::kSpill;
  }
}

void LastResort(const Row& row) {
  row.out.state = RowState::kAllDown;
  auto allowed = [&](size_t i, bool drained_too) {
    return !row.slots[i].fenced && (drained_too || !row.status(i).facts.drain);
  };
  bool drained_too = true;
  for (size_t i = 0; i < row.slots.size(); ++i) drained_too &= !allowed(i, false);
  for (size_t i = 0; i < row.slots.size(); ++i) {
    if (!allowed(i, drained_too)) continue;
    row.out.shares[i] = row.slots[i].weight > 0 ? row.slots[i].weight : 1e-6;
    row.out.verdicts[i] = Verdict::kLastResort;
  }
}

// The state shown to clients as a TTL: the nearer a change is, the shorter.
RowState JudgeState(const Row& row) {
  RowState state = RowState::kCalm;
  for (size_t i = 0; i < row.slots.size() && !row.slots[i].fenced; ++i) {
    const bool nearest = row.slots[i].cost_ms - row.slots[0].cost_ms < kTieMs;
    if (nearest && !row.usable(i)) return RowState::kDraining;
    if (row.usable(i) && row.accept_of(i) < 1 && (nearest || row.out.shares[i] > 0)) {
      state = RowState::kShedding;
    }
  }
  return state;
}

}  // namespace

void FillShares(absl::Span<const Slot> slots, absl::Span<const double> accept,
                absl::Span<const TargetStatus> targets, const Policy& policy,
                const Watermark& watermark, RowShares* out) {
  out->shares.assign(slots.size(), 0);
  out->verdicts.assign(slots.size(), Verdict::kCostlier);
  out->state = RowState::kCalm;
  const Row row{slots, accept, targets, policy, *out};

  bool any_usable = false;
  for (size_t i = 0; i < slots.size(); ++i) any_usable |= row.usable(i);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!row.usable(i)) out->verdicts[i] = UnusableVerdict(row, i);
  }
  if (!any_usable) {
    LastResort(row);
    return;
  }
  const double rest = Waterfall(row);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!row.usable(i)) continue;
    if (row.accept_of(i) <= 0) {
      out->verdicts[i] = Verdict::kFull;
    } else if (out->shares[i] > 0) {
      out->verdicts[i] = row.accept_of(i) < 1 ? Verdict::kShedding : Verdict::kServing;
    }
  }
  if (rest > 0) Spill(row, rest, watermark);
  out->state = JudgeState(row);
}

}  // namespace spillway
