// steering/planner/allocate.cc -- see allocate.h.
#include "steering/planner/allocate.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// What a slot is to the cheapest target of its row that is not priced: as good, costlier, or
// neither (cheaper but full: the solver gave it what fits).
enum class Kind : uint8_t { kOther, kTie, kCostlier };

// Fills `kinds` of a row; returns false when there is nothing to move. `price_ms`: by target, of
// the row's service.
bool Classify(const Allocation& a, const double* price_ms, absl::Span<const Slot> row,
              absl::Span<const float> shares, std::vector<Kind>* kinds) {
  const auto free = [&](size_t i) {
    const size_t t = row[i].target.index();
    return !row[i].fenced && shares[i] > 0 && a.open[t] && price_ms[t] <= kPriceMin;
  };
  size_t best = 0;
  while (best < row.size() && !free(best)) ++best;  // cheapest first
  if (best == row.size()) return false;
  kinds->assign(row.size(), Kind::kOther);
  bool costlier = false;
  for (size_t i = best; i < row.size(); ++i) {
    if (shares[i] <= 0) continue;
    const bool tie = row[i].cost_ms < row[best].cost_ms + kTieMs;
    if (tie && !free(i)) continue;
    (*kinds)[i] = tie ? Kind::kTie : Kind::kCostlier;
    costlier |= !tie;
  }
  return costlier;
}

// Calls fn(row, slots, shares, service, kinds, tie share, costlier share) for rows with something
// to move.
template <typename Fn>
void ForMovableRows(const Allocation& a, absl::Span<float> shares, Fn fn) {
  const CandidateTable& table = *a.frame.candidates;
  std::vector<Kind> kinds;
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<const Slot> slots = table.Row(row);
    absl::Span<float> x = shares.subspan(table.RowBegin(row), slots.size());
    const ServiceId service = table.RowService(row);
    const double* const price_ms = a.price_ms.data() + a.builder.PairIndex(service, TargetId(0));
    if (!Classify(a, price_ms, slots, x, &kinds)) continue;
    double ties = 0, costlier = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (kinds[i] == Kind::kTie) ties += x[i];
      if (kinds[i] == Kind::kCostlier) costlier += x[i];
    }
    fn(row, slots, x, service, kinds, ties, costlier);
  }
}

}  // namespace

void NearestFirst(const Allocation& a, absl::Span<float> shares) {
  const size_t pairs = a.frame.policy->services.size() * a.frame.policy->targets.size();
  std::vector<double> extra(pairs, 0);
  ForMovableRows(
      a, shares,
      [&](size_t row, absl::Span<const Slot> slots, absl::Span<float> x, ServiceId service,
          const std::vector<Kind>& kinds, double ties, double costlier) {
        for (size_t i = 0; i < slots.size(); ++i) {
          if (kinds[i] == Kind::kTie)
            extra[a.builder.PairIndex(service, slots[i].target)] +=
                a.demand[row] * costlier * x[i] / ties;
        }
      });
  const std::vector<double> part = a.builder.PartThatFits(a.solution, extra);
  ForMovableRows(a, shares,
                 [&](size_t, absl::Span<const Slot> slots, absl::Span<float> x, ServiceId service,
                     const std::vector<Kind>& kinds, double ties, double costlier) {
                   double moved = 0;
                   for (size_t i = 0; i < slots.size(); ++i) {
                     if (kinds[i] != Kind::kTie) continue;
                     const double gain = costlier * x[i] / ties *
                                         part[a.builder.PairIndex(service, slots[i].target)];
                     x[i] += static_cast<float>(gain);
                     moved += gain;
                   }
                   const float keep = static_cast<float>(std::max(0.0, 1 - moved / costlier));
                   for (size_t i = 0; i < slots.size(); ++i) {
                     if (kinds[i] == Kind::kCostlier) x[i] *= keep;
                   }
                 });
}

void LastResort(absl::Span<const Slot> row, absl::Span<const TargetStatus> targets,
                absl::Span<float> shares) {
  const auto allowed = [&](size_t i, bool drained_too) {
    return !row[i].fenced && (drained_too || !targets[row[i].target.index()].facts.drain);
  };
  bool drained_too = true;
  for (size_t i = 0; i < row.size(); ++i) drained_too &= !allowed(i, false);
  double sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    shares[i] = allowed(i, drained_too) ? std::max(row[i].weight, 1e-6f) : 0;
    sum += shares[i];
  }
  for (size_t i = 0; i < row.size(); ++i) shares[i] = static_cast<float>(shares[i] / sum);
}

}  // namespace spillway
