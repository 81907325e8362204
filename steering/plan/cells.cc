#include "steering/plan/cells.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/check.h"
#include "base/hash.h"

namespace spillway {

CellOrder MakeCellOrder(absl::string_view target_name) {
  const uint64_t seed = StableHash(target_name);
  std::array<std::pair<uint64_t, uint8_t>, kCellCount> keyed;
  for (size_t c = 0; c < kCellCount; ++c)
    keyed[c] = {CombineHash(seed, c), static_cast<uint8_t>(c)};
  std::sort(keyed.begin(), keyed.end());
  CellOrder order;
  for (size_t c = 0; c < kCellCount; ++c) order[c] = keyed[c].second;
  return order;
}

void RoundToCells(absl::Span<const double> shares, absl::Span<uint16_t> quotas) {
  CHECK(shares.size() == quotas.size());
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  CHECK(sum > 0);
  absl::InlinedVector<std::pair<double, size_t>, 16> remainders;
  size_t left = kCellCount;
  for (size_t i = 0; i < shares.size(); ++i) {
    double exact = shares[i] / sum * kCellCount;
    // 1e-9: 0.3 / (0.1 + 0.2) must not round down to one cell less than it is.
    quotas[i] = static_cast<uint16_t>(std::min<double>(exact + 1e-9, static_cast<double>(left)));
    left -= quotas[i];
    remainders.emplace_back(quotas[i] - exact, i);  // smallest first = largest remainder first
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; left > 0; i = (i + 1) % remainders.size()) {
    if (shares[remainders[i].second] <= 0) continue;
    ++quotas[remainders[i].second];
    --left;
  }
}

void AssignCells(absl::Span<const uint16_t> quotas, absl::Span<const CellOrder* const> orders,
                 absl::Span<const uint8_t> turn, absl::Span<uint8_t> cells) {
  constexpr uint8_t kFree = 0xff;
  std::fill(cells.begin(), cells.end(), kFree);
  for (const uint8_t slot : turn) {
    uint16_t want = quotas[slot];
    if (&slot == &turn.back()) {  // all that are left: no order to follow
      DCHECK(want == std::count(cells.begin(), cells.end(), kFree));
      std::replace(cells.begin(), cells.end(), kFree, slot);
      return;
    }
    for (size_t k = 0; want > 0 && k < kCellCount; ++k) {
      const uint8_t cell = (*orders[slot])[k];
      if (cells[cell] != kFree) continue;
      cells[cell] = slot;
      --want;
    }
    DCHECK(want == 0);
  }
}

}  // namespace spillway
