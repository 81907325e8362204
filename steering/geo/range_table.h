// steering/geo/range_table.h -- address -> value and how many bits of the address that took.
//
//   root_[top 16 bits] ──► run, when few runs start inside
//                     └──► node: 2^k slots on the next k bits ──► run or node ...
//   runs: (start, value) sorted; from the slot's run walk on while the next one starts at or before
//
// why: most of either space is a few long runs, and one load finds them; crowded parts (a /16 of
//      500 ISPs, an IPv6 /32 cut into 8'000 pieces by its geofeed) get slots in proportion. The
//      depth is
//      not stored: the shortest prefix around `a` inside the run [lo, hi] must only part from lo-1
//      and hi+1, so it is 1 + the longer of their common prefixes with `a`. A trie has one depth
//      per leaf, which de-aggregation makes needlessly long.
// limits: slots are at most 4 per run, so memory is linear; runs that no slots can part (thousands
//      inside one IPv6 /64, or all beyond 2^26 slots) are searched by halves.
// thread safety: immutable after construction; Find allocates nothing.
#ifndef SPILLWAY_STEERING_GEO_RANGE_TABLE_H_
#define SPILLWAY_STEERING_GEO_RANGE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "base/huge_allocator.h"
#include "steering/geo/runs.h"

namespace spillway::geo {

// Look-ups go anywhere in it.
template <typename T>
using Table = std::vector<T, HugeAllocator<T>>;

struct RangeMatch {
  uint32_t value = 0;
  uint8_t bits = 0;  // length of the shortest prefix around the address wholly inside its run
};

// Start of a run by its first word; the second word is 0 when deep is 0, else in a table aside. Few
// runs begin inside an IPv6 /64, and so an entry is 16 bytes.
struct RangeEntry4 {
  uint32_t start;
  uint32_t value;
};
struct RangeEntry6 {
  uint64_t start;
  uint32_t value;
  uint32_t deep;
};

// Finds the last entry whose start is at or before a word. Entries may share a start.
template <typename Entry>
class RangeIndex {
 public:
  using Word = decltype(Entry::start);

  RangeIndex() = default;  // only to be read into by VisitParts, then to Adopt
  // Takes the entries; the first must start at 0.
  explicit RangeIndex(Table<Entry> entries);
  const Entry* Find(Word word) const noexcept;
  // Find(word) comes soon: fetches the entries it will walk over.
  void Prefetch(Word word) const noexcept;
  const Entry* first() const { return entries_.data(); }
  const Entry* last() const { return entries_.data() + count_ - 1; }
  size_t size() const { return count_; }
  size_t memory_bytes() const;
  // Calls f(vector) for all that it is made of, in a fixed order: to save it, or to read it again.
  template <typename Self, typename F>
  static void VisitParts(Self& self, F f) {
    f(self.entries_);
    f(self.root_);
    f(self.slots_);
    f(self.searches_);
  }
  // What VisitParts filled may come from anywhere: false, and it must not be used, unless starts
  // rise and every Find ends at the last entry that starts at or before its word. O(entries).
  [[nodiscard]] bool Adopt();

 private:
  // Entries behind the last, so that the walk need not ask where the end is.
  static constexpr size_t kPadding = 4;
  // A slot is a run's number, or kIsNode with: how many bits the node takes (5 bits) and where its
  // slots begin (26 bits); no bits means searches_[...].
  static constexpr uint32_t kIsNode = uint32_t{1} << 31;
  static constexpr int kPlaceBits = 26;
  static constexpr uint32_t kPlaceMask = (uint32_t{1} << kPlaceBits) - 1;
  struct SearchRange {
    uint32_t run;
    uint32_t count;
  };

  // Slot for the words that share their first `level` bits with `first`.
  uint32_t MakeSlot(Word first, int level);
  // Of `word`: the run where the walk begins, or a node without bits.
  uint32_t SlotOf(Word word) const noexcept;
  const Entry* Search(SearchRange range, Word word) const noexcept;
  // Whether a look-up of the words that share their first `level` bits with `first` ends well in
  // `slot`. `seen`: slots visited so far; each belongs to one node.
  bool IsSound(uint32_t slot, Word first, int level, size_t* seen) const;

  Table<Entry> entries_;  // count_ and padding
  size_t count_ = 0;
  Table<uint32_t> root_;  // by the first 16 bits
  Table<uint32_t> slots_;
  std::vector<SearchRange> searches_;
};

class RangeTable4 {
 public:
  RangeTable4() = default;  // as RangeIndex
  explicit RangeTable4(const Runs<uint32_t>& runs);
  RangeMatch Find(uint32_t address) const noexcept;
  void Prefetch(uint32_t address) const noexcept;
  size_t run_count() const { return index_.size(); }
  size_t memory_bytes() const { return index_.memory_bytes(); }
  template <typename Self, typename F>
  static void VisitParts(Self& self, F f) {
    RangeIndex<RangeEntry4>::VisitParts(self.index_, f);
  }
  // As RangeIndex's; and starts rise strictly, and every value is one that `known` says true of.
  [[nodiscard]] bool Adopt(absl::FunctionRef<bool(uint32_t value)> known);

 private:
  RangeIndex<RangeEntry4> index_;
};

class RangeTable6 {
 public:
  RangeTable6() = default;  // as RangeIndex
  explicit RangeTable6(const Runs<absl::uint128>& runs);
  RangeMatch Find(uint64_t high, uint64_t low) const noexcept;
  void Prefetch(uint64_t high) const noexcept;
  size_t run_count() const { return index_.size(); }
  size_t memory_bytes() const;
  template <typename Self, typename F>
  static void VisitParts(Self& self, F f) {
    f(self.lows_);
    RangeIndex<RangeEntry6>::VisitParts(self.index_, f);
  }
  [[nodiscard]] bool Adopt(absl::FunctionRef<bool(uint32_t value)> known);

 private:
  uint64_t low_of(const RangeEntry6& e) const { return e.deep == 0 ? 0 : lows_[e.deep]; }

  std::vector<uint64_t> lows_;  // [0] unused
  RangeIndex<RangeEntry6> index_;
};

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_RANGE_TABLE_H_
