// tests/unit/steering/plan/cells_test.cc -- whole cells: exact sums, few moves, first moved last
// returned.
#include "steering/plan/cells.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace spillway {
namespace {

class CellsFixture {
 public:
  explicit CellsFixture(size_t slots) {
    for (size_t i = 0; i < slots; ++i)
      ranks_.push_back(MakeCellRanks("target" + std::to_string(i)));
    for (const CellRanks& ranks : ranks_) pointers_.push_back(&ranks);
    turn_.resize(slots);
    std::iota(turn_.begin(), turn_.end(), uint8_t{0});
  }

  std::vector<uint8_t> Assign(const std::vector<double>& shares) const {
    std::vector<uint16_t> quotas(shares.size());
    RoundToCells(shares, absl::MakeSpan(quotas));
    std::vector<uint8_t> cells(kCellCount);
    AssignCells(quotas, pointers_, turn_, absl::MakeSpan(cells));
    for (size_t i = 0; i < quotas.size(); ++i) {
      EXPECT_EQ(std::count(cells.begin(), cells.end(), i), quotas[i]);
    }
    return cells;
  }

 private:
  std::vector<CellRanks> ranks_;
  std::vector<const CellRanks*> pointers_;
  std::vector<uint8_t> turn_;
};

int Moves(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  int moves = 0;
  for (size_t i = 0; i < a.size(); ++i) moves += a[i] != b[i];
  return moves;
}

TEST(CellRanks, IsAPermutationThatDependsOnTheNameOnly) {
  CellRanks a = MakeCellRanks("fra1"), again = MakeCellRanks("fra1"), b = MakeCellRanks("ams1");
  EXPECT_EQ(a, again);
  EXPECT_NE(a, b);
  EXPECT_EQ(std::set<uint8_t>(a.begin(), a.end()).size(), kCellCount);
}

TEST(RoundToCells, SumsToEveryCellAndIsWithinOneOfTheShare) {
  std::mt19937_64 rng(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int n = 1; n < 40; ++n) {
    std::vector<double> shares(static_cast<size_t>(n));
    for (double& s : shares) s = uniform(rng) < 0.3 ? 0 : uniform(rng);
    shares[0] += 0.01;
    std::vector<uint16_t> quotas(shares.size());
    RoundToCells(shares, absl::MakeSpan(quotas));
    EXPECT_EQ(std::accumulate(quotas.begin(), quotas.end(), 0u), kCellCount);
    double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (size_t i = 0; i < shares.size(); ++i) {
      EXPECT_NEAR(quotas[i], shares[i] / sum * kCellCount, 1.0);
      if (shares[i] == 0) {
        EXPECT_EQ(quotas[i], 0);
      }
    }
  }
}

// The definition, cell by cell: each takes the first of its order that are still free.
TEST(AssignCells, EachTakesTheFirstOfItsOrderThatAreFree) {
  std::mt19937_64 rng(5);
  for (int trial = 0; trial < 2000; ++trial) {
    const size_t n = 1 + rng() % 12;
    std::vector<CellRanks> ranks;
    std::vector<const CellRanks*> pointers;
    for (size_t i = 0; i < n; ++i)
      ranks.push_back(MakeCellRanks("edge" + std::to_string(rng() % 1000)));
    for (const CellRanks& r : ranks) pointers.push_back(&r);
    std::vector<double> shares(n);
    for (double& share : shares) share = rng() % 3 == 0 ? 0 : static_cast<double>(rng() % 1000 + 1);
    shares[rng() % n] += 1;
    std::vector<uint16_t> quotas(n);
    RoundToCells(shares, absl::MakeSpan(quotas));
    std::vector<uint8_t> turn(n), cells(kCellCount), expected(kCellCount, 0xff);
    std::iota(turn.begin(), turn.end(), uint8_t{0});
    std::shuffle(turn.begin(), turn.end(), rng);
    AssignCells(quotas, pointers, turn, absl::MakeSpan(cells));
    for (const uint8_t slot : turn) {
      std::vector<size_t> order(kCellCount);
      for (size_t c = 0; c < kCellCount; ++c) order[ranks[slot][c]] = c;
      int want = quotas[slot];
      for (const size_t c : order) {
        if (want > 0 && expected[c] == 0xff) {
          expected[c] = slot;
          --want;
        }
      }
    }
    ASSERT_EQ(cells, expected) << "trial " << trial;
  }
}

TEST(AssignCells, AShrinkingShareGivesUpOnlyWhatItMust) {
  CellsFixture two(2);
  auto before = two.Assign({0.8, 0.2});
  auto after = two.Assign({0.5, 0.5});
  EXPECT_EQ(Moves(before, after), std::lround(0.3 * kCellCount));
}

TEST(AssignCells, FirstMovedIsLastReturned) {
  CellsFixture two(2);
  std::vector<std::vector<uint8_t>> down, up;
  std::vector<double> steps = {1.0, 0.9, 0.7, 0.4};
  for (double s : steps) down.push_back(two.Assign({s, 1 - s}));
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) up.push_back(two.Assign({*it, 1 - *it}));
  for (size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(down[i], up[steps.size() - 1 - i]);
  // Nested: whoever moved at 0.9 is still away at 0.7 and 0.4.
  for (size_t c = 0; c < kCellCount; ++c) {
    if (down[1][c] == 1) {
      EXPECT_EQ(down[3][c], 1);
    }
  }
}

TEST(AssignCells, WithManyTargetsASmallChangeMovesFewCells) {
  std::mt19937_64 rng(11);
  std::uniform_real_distribution<double> uniform(0.2, 1);
  double moved = 0, needed = 0;
  for (int trial = 0; trial < 200; ++trial) {
    CellsFixture many(5);
    std::vector<double> shares(5);
    for (double& s : shares) s = uniform(rng);
    auto before = many.Assign(shares);
    std::vector<double> changed = shares;
    changed[trial % 5] *= 0.8;
    auto after = many.Assign(changed);
    moved += Moves(before, after);
    for (size_t t = 0; t < 5; ++t) {
      auto loss =
          std::count(before.begin(), before.end(), t) - std::count(after.begin(), after.end(), t);
      needed += std::max<double>(0, static_cast<double>(loss));
    }
  }
  EXPECT_LT(moved / needed, 2.0);
}

}  // namespace
}  // namespace spillway
