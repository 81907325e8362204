#include "steering/geo/range_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <type_traits>
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

// Flips a bit of a part, or cuts its end off. True when the part holds where to look (roots, slots,
// searches), not what is found there (entries and, first of IPv6, their second words).
template <typename Table>
bool Spoil(Table& table, std::mt19937_64& random) {
  constexpr int kFound = std::is_same_v<Table, RangeTable4> ? 1 : 2;
  const int chosen = static_cast<int>(random() % (kFound + 3));
  int part = 0;
  Table::VisitParts(table, [&](auto& items) {
    if (part++ != chosen || items.empty()) return;
    if (random() % 8 == 0) return items.resize(random() % items.size());
    char* const bytes = reinterpret_cast<char*>(items.data());
    bytes[random() % (items.size() * sizeof items[0])] ^= static_cast<char>(1 << random() % 8);
  });
  return chosen >= kFound;
}

// What was read from a file and is not what was written is refused, or answers as it did; where the
// runs themselves were changed, within bounds.
template <typename Table, typename Key>
void ExpectRefusesOrAgrees(const Runs<Key>& runs, std::mt19937_64& random) {
  const auto known = [](uint32_t value) { return value < 7; };
  for (int i = 0; i < 300; ++i) {
    Table table(runs);
    ASSERT_TRUE(table.Adopt(known)) << runs.size() << " runs";
    const bool only_places = Spoil(table, random);
    if (!table.Adopt(known)) continue;
    for (int k = 0; k < 200; ++k) {
      Key asked = RandomKey<Key>(random);
      if (k % 2 == 0) asked = runs[random() % runs.size()].start + static_cast<Key>(k % 3) - 1;
      const RangeMatch got = FindIn(table, asked), want = Slow(runs, asked);
      ASSERT_LT(got.value, 7u);
      ASSERT_LE(static_cast<int>(got.bits), kKeyBits<Key>);
      if (!only_places) continue;
      ASSERT_EQ(got.value, want.value) << "at " << asked;
      ASSERT_EQ(static_cast<int>(got.bits), static_cast<int>(want.bits)) << "at " << asked;
    }
  }
}

TEST(RangeTable4, WhatWasSpoiltIsRefusedOrAnswersAsBefore) {
  std::mt19937_64 random(14);
  for (int crowd : {0, 16, 22}) {
    for (int count : {1, 300, 2000})
      ExpectRefusesOrAgrees<RangeTable4>(RandomRuns<uint32_t>(random, count, crowd, 32), random);
  }
}

TEST(RangeTable6, WhatWasSpoiltIsRefusedOrAnswersAsBefore) {
  std::mt19937_64 random(16);
  for (int crowd : {0, 32, 60, 64}) {
    for (int count : {1, 300, 2000}) {
      const auto runs = RandomRuns<absl::uint128>(random, count, crowd, 128);
      ExpectRefusesOrAgrees<RangeTable6>(runs, random);
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
