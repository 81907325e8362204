#include "steering/plan/cells.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/check.h"
#include "base/hash.h"

namespace spillway {

namespace {

constexpr uint8_t kFree = 0xff;

// Cells are looked at sixteen at a time: one by one they took a seventh of a whole tick.
using Lanes = uint8_t __attribute__((vector_size(16)));

Lanes Load(const uint8_t* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

// All ones where the cell is free and its rank at most `last`.
Lanes FreeUpTo(const uint8_t* ranks, const uint8_t* owner, uint8_t last) {
  return reinterpret_cast<Lanes>((Load(owner) == kFree) & (Load(ranks) <= last));
}

unsigned CountFree(const uint8_t* ranks, const uint8_t* owner, uint8_t last) {
  Lanes found = {};
  for (size_t c = 0; c < kCellCount; c += sizeof(Lanes))
    found -= FreeUpTo(ranks + c, owner + c, last);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof(Lanes); ++i) sum += found[i];
  return sum;
}

// Gives `slot` the first `want` of the `left` free cells; 0 < want <= left. Free cells are spread
// evenly over the ranks, so the last one to take is guessed, and guessed again from how many it
// misses.
void TakeFirst(const uint8_t* ranks, unsigned want, unsigned left, uint8_t slot, uint8_t* owner) {
  constexpr unsigned kCells = kCellCount;
  unsigned low = want == left ? kCells - 1 : want - 1, high = kCells - 1;
  unsigned last = std::clamp(want * kCells / left, low, high);
  while (low < high) {
    const unsigned found = CountFree(ranks, owner, static_cast<uint8_t>(last));
    if (found == want) break;
    const unsigned off = (found < want ? want - found : found - want) * kCells / left;
    if (found < want) {
      low = last + 1;
      last += std::max(1u, off);
    } else {
      high = last - 1;
      last -= std::clamp(off, 1u, last);
    }
    if (last < low || last > high) last = (low + high) / 2;
  }
  for (size_t c = 0; c < kCellCount; c += sizeof(Lanes)) {
    const Lanes taken = FreeUpTo(ranks + c, owner + c, static_cast<uint8_t>(last));
    const Lanes next = (Load(owner + c) & ~taken) | (taken & slot);
    std::memcpy(owner + c, &next, sizeof(next));
  }
}

}  // namespace

CellRanks MakeCellRanks(absl::string_view target_name) {
  const uint64_t seed = StableHash(target_name);
  std::array<std::pair<uint64_t, uint8_t>, kCellCount> keyed;
  for (size_t c = 0; c < kCellCount; ++c)
    keyed[c] = {CombineHash(seed, c), static_cast<uint8_t>(c)};
  std::sort(keyed.begin(), keyed.end());
  CellRanks ranks;
  for (size_t k = 0; k < kCellCount; ++k) ranks[keyed[k].second] = static_cast<uint8_t>(k);
  return ranks;
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
    if (shares[i] > 0)
      remainders.emplace_back(quotas[i] - exact, i);  // smallest first = largest remainder first
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; left > 0; i = (i + 1) % remainders.size(), --left)
    ++quotas[remainders[i].second];
}

void AssignCells(absl::Span<const uint16_t> quotas, absl::Span<const CellRanks* const> ranks,
                 absl::Span<const uint8_t> turn, absl::Span<uint8_t> cells) {
  CHECK(cells.size() == kCellCount);
  std::fill(cells.begin(), cells.end(), kFree);
  unsigned left = kCellCount;
  for (const uint8_t slot : turn) {
    const unsigned want = quotas[slot];
    CHECK(want <= left);
    if (want > 0) TakeFirst(ranks[slot]->data(), want, left, slot, cells.data());
    left -= want;
  }
  DCHECK(left == 0);
}

}  // namespace spillway
