#include "steering/geo/range_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/check.h"

namespace spillway::geo {
namespace {

constexpr int kRootBits = 16;
// Runs a slot may hold before a node is worth its loads; as many as there are padding entries. The
// walk always looks at all of them: adding up comparisons costs less than one branch guessed wrong
// (tests/bench/geo_bench.cc).
constexpr size_t kWalkMax = 4;
constexpr int kNodeBitsMax = 16;
constexpr size_t kSlotsPerRunMax = 4;

bool IsDeep(const RangeEntry4&) { return false; }
bool IsDeep(const RangeEntry6& e) { return e.deep != 0; }

Table<RangeEntry4> ToEntries(const Runs<uint32_t>& runs) {
  Table<RangeEntry4> out;
  out.reserve(runs.size() + kWalkMax);
  for (const Run<uint32_t>& run : runs) out.push_back({run.start, run.value});
  return out;
}

Table<RangeEntry6> ToEntries(const Runs<absl::uint128>& runs, std::vector<uint64_t>& lows) {
  Table<RangeEntry6> out;
  out.reserve(runs.size() + kWalkMax);
  lows.resize(1);
  for (const Run<absl::uint128>& run : runs) {
    uint32_t deep = 0;
    if (uint64_t low = absl::Uint128Low64(run.start); low != 0) {
      deep = static_cast<uint32_t>(lows.size());
      lows.push_back(low);
    }
    out.push_back({absl::Uint128High64(run.start), run.value, deep});
  }
  return out;
}

// Common prefix of two different 128-bit numbers, in bits.
inline int CommonBits(uint64_t high_a, uint64_t low_a, uint64_t high_b, uint64_t low_b) {
  uint64_t high = high_a ^ high_b;
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low_a ^ low_b);
}

}  // namespace

template <typename Entry>
RangeIndex<Entry>::RangeIndex(Table<Entry> entries)
    : entries_(std::move(entries)), count_(entries_.size()) {
  CHECK(!entries_.empty() && entries_[0].start == 0 && entries_.size() < kIsNode);
  static_assert(kPadding == kWalkMax);
  entries_.resize(count_ + kPadding, Entry{.start = std::numeric_limits<Word>::max()});
  root_.resize(size_t{1} << kRootBits);
  for (size_t i = 0; i < root_.size(); ++i) {
    root_[i] = MakeSlot(static_cast<Word>(i) << (kKeyBits<Word> - kRootBits), kRootBits);
  }
  slots_.shrink_to_fit();
}

template <typename Entry>
uint32_t RangeIndex<Entry>::MakeSlot(Word first, int level) {
  constexpr int kWidth = kKeyBits<Word>;
  Word last = level == kWidth ? first : first | std::numeric_limits<Word>::max() >> level;
  // [begin, end): the runs that start inside, after the first address.
  auto begin = std::partition_point(
      entries_.begin(), entries_.begin() + count_,
      [first](const Entry& e) { return e.start < first || (e.start == first && !IsDeep(e)); });
  auto end = std::partition_point(begin, entries_.begin() + count_,
                                  [last](const Entry& e) { return e.start <= last; });
  auto run = static_cast<uint32_t>(begin - entries_.begin() - 1);
  auto count = static_cast<size_t>(end - begin);
  if (count <= kWalkMax) return run;

  int common = std::countl_zero(static_cast<Word>(begin->start ^ (end - 1)->start));
  int bits = std::max(common - level, 0) + std::bit_width(count) - 1;
  bits = std::min({bits, kNodeBitsMax, kWidth - level});
  size_t slots = slots_.size(), more = size_t{1} << bits;
  if (bits == 0 || more > kSlotsPerRunMax * count || slots + more > kPlaceMask) {
    CHECK(searches_.size() < kPlaceMask);  // each stands for more than kWalkMax runs
    searches_.push_back({run, static_cast<uint32_t>(count + 1)});
    return kIsNode | static_cast<uint32_t>(searches_.size() - 1);
  }
  slots_.resize(slots + more);
  for (size_t i = 0; i < more; ++i) {
    Word slot_first = first | static_cast<Word>(i) << (kWidth - level - bits);
    uint32_t slot = MakeSlot(slot_first, level + bits);
    slots_[slots + i] = slot;
  }
  return kIsNode | static_cast<uint32_t>(bits) << kPlaceBits | static_cast<uint32_t>(slots);
}

template <typename Entry>
bool RangeIndex<Entry>::Adopt() {
  if (entries_.size() <= kPadding || root_.size() != size_t{1} << kRootBits) return false;
  count_ = entries_.size() - kPadding;
  const auto rises = [](const Entry& a, const Entry& b) { return a.start < b.start; };
  if (count_ >= kIsNode || entries_[0].start != 0 || IsDeep(entries_[0]) ||
      !std::is_sorted(entries_.begin(), entries_.end(), rises) ||
      entries_[count_].start != std::numeric_limits<Word>::max())
    return false;
  size_t seen = 0;
  for (size_t i = 0; i < root_.size(); ++i) {
    const Word first = static_cast<Word>(i) << (kKeyBits<Word> - kRootBits);
    if (!IsSound(root_[i], first, kRootBits, &seen)) return false;
  }
  return true;
}

template <typename Entry>
bool RangeIndex<Entry>::IsSound(uint32_t slot, Word first, int level, size_t* seen) const {
  constexpr int kWidth = kKeyBits<Word>;
  const int bits = (slot & kIsNode) != 0 ? static_cast<int>(slot >> kPlaceBits & 31) : 0;
  const size_t place = slot & kPlaceMask;
  if (bits > 0) {
    const size_t more = size_t{1} << bits;
    *seen += more;
    if (level + bits > kWidth || place + more > slots_.size() || *seen > slots_.size())
      return false;
    for (size_t i = 0; i < more; ++i) {
      const Word slot_first = first | static_cast<Word>(i) << (kWidth - level - bits);
      if (!IsSound(slots_[place + i], slot_first, level + bits, seen)) return false;
    }
    return true;
  }
  // Runs that are looked at: what comes behind them must start behind the slot.
  size_t run = slot, count = kWalkMax + 1;
  if ((slot & kIsNode) != 0) {
    if (place >= searches_.size()) return false;
    run = searches_[place].run;
    count = searches_[place].count;
    if (count == 0 || run + count > count_) return false;
  }
  const Word last = level == kWidth ? first : first | std::numeric_limits<Word>::max() >> level;
  return run < count_ && entries_[run].start <= first &&
         (run + count >= count_ || entries_[run + count].start > last);
}

template <typename Entry>
inline uint32_t RangeIndex<Entry>::SlotOf(Word word) const noexcept {
  constexpr int kWidth = kKeyBits<Word>;
  uint32_t slot = root_[word >> (kWidth - kRootBits)];
  for (int level = kRootBits; (slot & kIsNode) != 0;) {
    const int bits = slot >> kPlaceBits & 31;
    if (bits == 0) [[unlikely]]
      break;
    slot = slots_[(slot & kPlaceMask) + (static_cast<Word>(word << level) >> (kWidth - bits))];
    level += bits;
  }
  return slot;
}

template <typename Entry>
inline const Entry* RangeIndex<Entry>::Find(Word word) const noexcept {
  const uint32_t slot = SlotOf(word);
  if ((slot & kIsNode) != 0) [[unlikely]]
    return Search(searches_[slot & kPlaceMask], word);
  const Entry* entry = &entries_[slot];
  size_t steps = 0;
  for (size_t i = 1; i <= kWalkMax; ++i) steps += entry[i].start <= word ? 1 : 0;
  return std::min(entry + steps, last());
}

template <typename Entry>
inline void RangeIndex<Entry>::Prefetch(Word word) const noexcept {
  const uint32_t slot = SlotOf(word);
  if ((slot & kIsNode) != 0) [[unlikely]]
    return;
  __builtin_prefetch(&entries_[slot]);
  __builtin_prefetch(&entries_[slot + kWalkMax]);  // often the next cache line
}

template <typename Entry>
const Entry* RangeIndex<Entry>::Search(SearchRange range, Word word) const noexcept {
  const Entry* entry = &entries_[range.run];
  for (uint32_t n = range.count; n > 1;) {
    uint32_t half = n / 2;
    entry += entry[half].start <= word ? half : 0;
    n -= half;
  }
  return entry;
}

template <typename Entry>
size_t RangeIndex<Entry>::memory_bytes() const {
  return entries_.capacity() * sizeof(Entry) + searches_.capacity() * sizeof(SearchRange) +
         (root_.capacity() + slots_.capacity()) * sizeof(uint32_t);
}

template class RangeIndex<RangeEntry4>;
template class RangeIndex<RangeEntry6>;

RangeTable4::RangeTable4(const Runs<uint32_t>& runs) : index_(ToEntries(runs)) {}

bool RangeTable4::Adopt(absl::FunctionRef<bool(uint32_t value)> known) {
  if (!index_.Adopt()) return false;
  for (const RangeEntry4* e = index_.first(); e <= index_.last(); ++e) {
    if (!known(e->value) || (e != index_.first() && e[-1].start == e->start)) return false;
  }
  return true;
}

RangeMatch RangeTable4::Find(uint32_t address) const noexcept {
  const RangeEntry4* run = index_.Find(address);
  int bits = 0;
  if (run != index_.first()) bits = std::countl_zero(address ^ (run->start - 1)) + 1;
  if (run != index_.last()) bits = std::max(bits, std::countl_zero(address ^ run[1].start) + 1);
  return {run->value, static_cast<uint8_t>(bits)};
}

void RangeTable4::Prefetch(uint32_t address) const noexcept { index_.Prefetch(address); }

RangeTable6::RangeTable6(const Runs<absl::uint128>& runs) : index_(ToEntries(runs, lows_)) {}

bool RangeTable6::Adopt(absl::FunctionRef<bool(uint32_t value)> known) {
  if (!index_.Adopt()) return false;
  for (const RangeEntry6* e = index_.first(); e <= index_.last(); ++e) {
    if (!known(e->value) || (e->deep != 0 && e->deep >= lows_.size())) return false;
    if (e != index_.first() && e[-1].start == e->start && low_of(e[-1]) >= low_of(*e)) return false;
  }
  return true;
}

RangeMatch RangeTable6::Find(uint64_t high, uint64_t low) const noexcept {
  const RangeEntry6* run = index_.Find(high);
  // Among the runs that start inside the address's own /64, the last at or before its low half. The
  // one before them all starts in an earlier /64 or at low half 0.
  if (run->start == high && run->deep != 0) [[unlikely]] {
    auto after_low = [this, high](uint64_t value, const RangeEntry6& e) {
      return e.start == high && value < low_of(e);
    };
    const RangeEntry6* begin = std::partition_point(
        index_.first(), run + 1, [high](const RangeEntry6& e) { return e.start < high; });
    run = std::upper_bound(begin, run + 1, low, after_low) - 1;
  }
  int bits = 0;
  if (run != index_.first()) {
    uint64_t start_low = low_of(*run);
    uint64_t before_high = run->start - (start_low == 0 ? 1 : 0);
    bits = CommonBits(high, low, before_high, start_low - 1) + 1;
  }
  if (run != index_.last()) {
    bits = std::max(bits, CommonBits(high, low, run[1].start, low_of(run[1])) + 1);
  }
  return {run->value, static_cast<uint8_t>(bits)};
}

void RangeTable6::Prefetch(uint64_t high) const noexcept { index_.Prefetch(high); }

size_t RangeTable6::memory_bytes() const {
  return index_.memory_bytes() + lows_.capacity() * sizeof(lows_[0]);
}

}  // namespace spillway::geo
