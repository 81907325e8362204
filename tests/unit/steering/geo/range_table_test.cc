#include "steering/geo/range_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "absl/numeric/int128.h"

namespace spillway::geo {
namespace {

template <typename Key>
RangeMatch FindIn(const RangeTable4& table, Key a) {
  return table.Find(a);
}
template <typename Key>
RangeMatch FindIn(const RangeTable6& table, Key a) {
  return table.Find(absl::Uint128High64(a), absl::Uint128Low64(a));
}

template <typename Key>
Key RandomKey(std::mt19937_64& random) {
  if constexpr (sizeof(Key) == 4)
    return static_cast<uint32_t>(random());
  else
    return absl::MakeUint128(random(), random());
}

// The oracle: the run by upper_bound, the depth by trying every prefix length.
template <typename Key>
RangeMatch Slow(const Runs<Key>& runs, Key a) {
  auto after = std::upper_bound(runs.begin(), runs.end(), a,
                                [](Key key, const Run<Key>& run) { return key < run.start; });
  Key first = (after - 1)->start;
  Key last =
      after == runs.end() ? std::numeric_limits<Key>::max() : static_cast<Key>(after->start - 1);
  for (int bits = 0;; ++bits) {
    Key block_first = bits == 0 ? Key{0} : a >> (kKeyBits<Key> - bits) << (kKeyBits<Key> - bits);
    if (block_first >= first && LastKey(block_first, bits) <= last) {
      return {(after - 1)->value, static_cast<uint8_t>(bits)};
    }
  }
}

// Asks at every boundary, beside it, and at random.
template <typename Table, typename Key>
void ExpectAgrees(const Runs<Key>& runs, std::mt19937_64& random) {
  Table table(runs);
  EXPECT_EQ(table.run_count(), runs.size());
  std::vector<Key> asked = {0, 1, std::numeric_limits<Key>::max()};
  for (const Run<Key>& run : runs) {
    for (int d = -1; d <= 1; ++d) asked.push_back(run.start + static_cast<Key>(d));
  }
  for (int i = 0; i < 1000; ++i) asked.push_back(RandomKey<Key>(random));
  for (Key a : asked) {
    RangeMatch got = FindIn(table, a), want = Slow(runs, a);
    ASSERT_EQ(got.value, want.value) << "at " << a << " of " << runs.size() << " runs";
    ASSERT_EQ(static_cast<int>(got.bits), static_cast<int>(want.bits)) << "at " << a;
  }
}

// Runs at `count` random boundaries that share their first `crowd` bits, rounded to `granule` bits.
template <typename Key>
Runs<Key> RandomRuns(std::mt19937_64& random, int count, int crowd, int granule) {
  constexpr int kBits = kKeyBits<Key>;
  Key base = crowd == 0 ? Key{0} : RandomKey<Key>(random) >> (kBits - crowd) << (kBits - crowd);
  std::set<Key> starts;
  for (int i = 0; i < count; ++i) {
    Key a = base | (crowd == kBits ? Key{0} : RandomKey<Key>(random) >> crowd);
    starts.insert(a >> (kBits - granule) << (kBits - granule));
  }
  Runs<Key> runs = {{0, 0}};
  for (Key start : starts) {
    if (start != 0) Append(runs, start, (runs.back().value + 1 + random() % 3) % 7);
  }
  return runs;
}

TEST(RangeTable4, OneRunIsDepthZero) {
  RangeTable4 table({{0, 9}});
  for (uint32_t a : {0u, 1u, 0x80000000u, UINT32_MAX}) {
    EXPECT_EQ(table.Find(a).value, 9u);
    EXPECT_EQ(table.Find(a).bits, 0);
  }
}

TEST(RangeTable4, AHoleMakesItsNeighboursAsDeepAsNeeded) {
  RangeTable4 table({{0, 1}, {0xc0000200, 2}, {0xc0000300, 1}});  // 192.0.2.0/24 in everything else
  EXPECT_EQ(table.Find(0xc0000201).bits, 24);
  EXPECT_EQ(table.Find(0xc0000301).bits, 24);  // 192.0.3.0/24 is the sibling
  EXPECT_EQ(table.Find(0xc0000101).bits, 23);  // 192.0.0.0/23
  EXPECT_EQ(table.Find(0x01020304).bits, 1);
}

TEST(RangeTable4, AgreesWithTheOracleOnRandomRuns) {
  std::mt19937_64 random(4);
  for (int crowd : {0, 8, 15, 16, 17, 24}) {
    for (int granule : {24, 32}) {
      for (int count : {1, 5, 300, 3000}) {
        if (granule <= crowd) continue;
        ExpectAgrees<RangeTable4>(RandomRuns<uint32_t>(random, count, crowd, granule), random);
      }
    }
  }
}

TEST(RangeTable6, AgreesWithTheOracleOnRandomRuns) {
  std::mt19937_64 random(6);
  for (int crowd : {0, 12, 16, 29, 32, 47, 60, 64, 70, 120}) {
    for (int granule : {32, 48, 64, 100, 128}) {
      for (int count : {1, 5, 300, 3000}) {
        if (granule <= crowd) continue;
        ExpectAgrees<RangeTable6>(RandomRuns<absl::uint128>(random, count, crowd, granule), random);
      }
    }
  }
}

TEST(RangeTable6, SlotsStayInProportionHoweverTheRunsCrowd) {
  std::mt19937_64 random(7);
  for (int crowd : {0, 16, 32, 48, 63, 64, 100}) {
    Runs<absl::uint128> runs = RandomRuns<absl::uint128>(random, 20000, crowd, 128);
    RangeTable6 table(runs);
    EXPECT_LT(table.memory_bytes(), 300'000 + 80 * runs.size()) << crowd;
  }
}

}  // namespace
}  // namespace spillway::geo
