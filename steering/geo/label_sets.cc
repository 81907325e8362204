#include "steering/geo/label_sets.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace spillway::geo {
namespace {

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96

template <typename Key>
struct Block {
  Key first;
  Key last;
  LabelId label;
};

IpPrefix Unmapped(const IpPrefix& prefix) {
  IpAddress v4 = prefix.address.Unmapped();
  if (prefix.address.is_v4() || !v4.is_v4() || prefix.bits < kMappedBits) return prefix;
  return {v4, prefix.bits - kMappedBits};
}

// Prefixes either nest or lie apart, so one sweep with a stack of the open ones sees every
// boundary. Appending at the same start twice replaces the value: the inner prefix begins where the
// outer does.
template <typename Key>
Runs<Key> LabelRuns(const std::vector<LabelledPrefix>& prefixes, LabelSets& sets) {
  std::vector<Block<Key>> blocks;
  for (const LabelledPrefix& p : prefixes) {
    IpPrefix prefix = Unmapped(p.prefix);
    if (prefix.address.bits_max() != kKeyBits<Key>) continue;
    int bits = std::clamp(prefix.bits, 0, kKeyBits<Key>);
    Key first = KeyOf<Key>(prefix.address.Masked(bits));
    blocks.push_back({first, LastKey(first, bits), p.label});
  }
  std::sort(blocks.begin(), blocks.end(), [](const Block<Key>& a, const Block<Key>& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });

  Runs<Key> out = {{0, LabelSets::kNone}};
  auto put = [&out](Key start, uint32_t set) {
    if (out.back().start == start) out.pop_back();
    Append(out, start, set);
  };
  struct Open {
    Key last;
    uint32_t set;
  };
  std::vector<Open> open = {{std::numeric_limits<Key>::max(), LabelSets::kNone}};
  auto close_before = [&](Key start) {
    while (open.size() > 1 && open.back().last < start) {
      Key end = open.back().last;
      open.pop_back();
      put(end + 1, open.back().set);
    }
  };
  for (const Block<Key>& block : blocks) {
    close_before(block.first);
    uint32_t set = sets.Union(open.back().set, sets.Intern({block.label}));
    put(block.first, set);
    open.push_back({block.last, set});
  }
  close_before(
      std::numeric_limits<Key>::max());  // what ends at the maximum stays open: nothing follows
  return out;
}

}  // namespace

uint32_t LabelSets::Intern(std::vector<LabelId> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  auto [it, is_new] = ids_.try_emplace(std::move(labels), static_cast<uint32_t>(sets_.size()));
  if (is_new) sets_.push_back(it->first);
  return it->second;
}

uint32_t LabelSets::Union(uint32_t a, uint32_t b) {
  if (a == b || b == kNone) return a;
  if (a == kNone) return b;
  auto key = std::minmax(a, b);
  if (auto it = unions_.find(key); it != unions_.end()) return it->second;
  std::vector<LabelId> both = sets_[a];
  both.insert(both.end(), sets_[b].begin(), sets_[b].end());
  uint32_t set = Intern(std::move(both));
  unions_[key] = set;
  return set;
}

Runs<uint32_t> LabelRuns4(const std::vector<LabelledPrefix>& prefixes, LabelSets& sets) {
  return LabelRuns<uint32_t>(prefixes, sets);
}

Runs<absl::uint128> LabelRuns6(const std::vector<LabelledPrefix>& prefixes, LabelSets& sets) {
  return LabelRuns<absl::uint128>(prefixes, sets);
}

}  // namespace spillway::geo
