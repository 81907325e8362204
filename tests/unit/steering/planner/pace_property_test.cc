// tests/unit/steering/planner/pace_property_test.cc -- what holds for every world, by dice.
#include <algorithm>
#include <cmath>
#include <deque>
#include <random>

#include "gtest/gtest.h"
#include "steering/planner/pace.h"
#include "tests/unit/steering/planner/pace_world.h"

namespace spillway {
namespace {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  double Unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  bool Chance(double p) { return Unit() < p; }

 private:
  std::mt19937_64 random_;
};

// Shares of a row that sum to `total`, none where `usable` is false; few slots get most.
void RollRow(const PaceWorld& world, size_t row, double total, bool only_usable, Dice* dice,
             std::vector<float>* shares) {
  const uint32_t begin = world.shape.row_begin[row], end = world.shape.row_begin[row + 1];
  double sum = 0;
  for (uint32_t s = begin; s < end; ++s) {
    const uint16_t t = world.shape.slot_target[s];
    const bool ok = t != PaceShape::kFenced && (!only_usable || world.targets[t].usable);
    const double u = dice->Unit();
    (*shares)[s] = ok && !dice->Chance(0.4) ? static_cast<float>(u * u * u + 1e-3) : 0;
    sum += (*shares)[s];
  }
  for (uint32_t s = begin; s < end; ++s) {
    const uint16_t t = world.shape.slot_target[s];
    const bool ok = t != PaceShape::kFenced && (!only_usable || world.targets[t].usable);
    if (sum == 0 && ok) {
      (*shares)[s] = static_cast<float>(total);
      sum = total;
      break;
    }
    if (sum > 0) (*shares)[s] = static_cast<float>((*shares)[s] * total / sum);
  }
}

PaceWorld RollWorld(Dice* dice) {
  const int targets = 2 + dice->Below(9), services = 1 + dice->Below(3);
  PaceWorld world(static_cast<size_t>(targets), static_cast<size_t>(services));
  for (int s = 0; s < services; ++s) {
    const int rows = 1 + dice->Below(12);
    for (int r = 0; r < rows; ++r) {
      std::vector<uint16_t> row;
      for (int t = 0; t < targets; ++t)
        if (dice->Chance(0.7)) row.push_back(static_cast<uint16_t>(t));
      if (row.empty()) row.push_back(0);
      if (row.size() > 1 && dice->Chance(0.1)) row.back() = PaceShape::kFenced;
      const double u = dice->Unit();
      world.AddRow(dice->Chance(0.05) ? 0 : static_cast<float>(1 + 500 * u * u), row,
                   static_cast<uint16_t>(s));
    }
  }
  for (size_t r = 0; r < world.demand.size(); ++r) RollRow(world, r, 1, false, dice, &world.before);
  world.Bind();
  return world;
}

std::vector<double> LoadsOf(const PaceWorld& world, const std::vector<float>& shares) {
  std::vector<double> loads(world.targets.size(), 0.0);
  for (size_t r = 0; r < world.demand.size(); ++r) {
    for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s) {
      const uint16_t t = world.shape.slot_target[s];
      if (t != PaceShape::kFenced) loads[t] += world.demand[r] * shares[s];
    }
  }
  return loads;
}

double RowSum(const PaceWorld& world, size_t row, const std::vector<float>& shares) {
  double sum = 0;
  for (uint32_t s = world.shape.row_begin[row]; s < world.shape.row_begin[row + 1]; ++s)
    sum += shares[s];
  return sum;
}

bool HasUsable(const PaceWorld& world, size_t row) {
  for (uint32_t s = world.shape.row_begin[row]; s < world.shape.row_begin[row + 1]; ++s) {
    const uint16_t t = world.shape.slot_target[s];
    if (t != PaceShape::kFenced && world.targets[t].usable) return true;
  }
  return false;
}

// New wishes: some targets die, headrooms are what is wanted needs and a little more.
void RollWishes(PaceWorld* world, Dice* dice, double sum_least) {
  for (PaceTarget& target : world->targets) target.usable = !dice->Chance(0.15);
  for (size_t r = 0; r < world->demand.size(); ++r) {
    if (dice->Chance(0.2)) continue;  // as it was, unless it cannot be
    const double total = dice->Chance(0.3) ? sum_least + (1 - sum_least) * dice->Unit() : 1;
    RollRow(*world, r, total, true, dice, &world->wanted);
  }
  for (size_t r = 0; r < world->demand.size(); ++r) {
    bool bad = RowSum(*world, r, world->wanted) <= 0;
    for (uint32_t s = world->shape.row_begin[r]; s < world->shape.row_begin[r + 1]; ++s) {
      const uint16_t t = world->shape.slot_target[s];
      bad |= world->wanted[s] > 0 && (t == PaceShape::kFenced || !world->targets[t].usable);
    }
    if (bad) RollRow(*world, r, 1, true, dice, &world->wanted);
  }
  const std::vector<double> loads = LoadsOf(*world, world->wanted);
  for (size_t t = 0; t < world->targets.size(); ++t) {
    world->targets[t].headroom_mbps = dice->Chance(0.2)
                                          ? PaceWorld::kNoLimit
                                          : loads[t] * (1 + (dice->Chance(0.5) ? dice->Unit() : 0));
  }
}

TEST(PaceProperty, RowsKeepTheirSumsAndNothingStaysOnTheUnusable) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    for (int step = 0; step < 4; ++step) {
      RollWishes(&world, &dice, 0.5);
      world.guards.min_targets_per_group = 1 + dice.Below(3);
      world.Step(dice.Unit() * 3);
      const std::vector<double> loads = LoadsOf(world, world.out.next);
      for (size_t r = 0; r < world.demand.size(); ++r) {
        ASSERT_NEAR(RowSum(world, r, world.out.next), RowSum(world, r, world.wanted), 1e-4)
            << "seed " << seed << " row " << r;
        if (!HasUsable(world, r)) continue;
        for (uint32_t s = world.shape.row_begin[r]; s < world.shape.row_begin[r + 1]; ++s) {
          const uint16_t t = world.shape.slot_target[s];
          ASSERT_GE(world.out.next[s], 0) << "seed " << seed;
          if (t == PaceShape::kFenced || !world.targets[t].usable) {
            ASSERT_LE(world.out.next[s], 1e-6) << "seed " << seed << " row " << r;
          }
        }
      }
      for (size_t t = 0; t < loads.size(); ++t) {
        if (world.targets[t].usable) {
          ASSERT_NEAR(world.out.load_mbps[t], loads[t], 1e-3 * (1 + loads[t]))
              << "seed " << seed << " target " << t;
        }
      }
    }
  }
}

TEST(PaceProperty, NoTargetIsOverfilledWhileWhatIsWantedFits) {
  size_t over = 0, checked = 0;
  for (uint64_t seed = 0; seed < 40000; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    world.guards.max_shift_per_minute = dice.Chance(0.5) ? 10 : dice.Unit();
    for (int step = 0; step < 4; ++step) {
      RollWishes(&world, &dice, 1);
      const std::vector<double> before = LoadsOf(world, world.before);
      world.Step(dice.Unit() * 5);
      const std::vector<double> after = LoadsOf(world, world.out.next);
      for (size_t t = 0; t < after.size(); ++t) {
        const PaceTarget& target = world.targets[t];
        if (!target.usable) continue;
        const double most = std::max(before[t], target.headroom_mbps * 1.01) + 1e-3;
        ++checked;
        over += after[t] > most;
        EXPECT_LE(after[t], most) << "seed " << seed << " step " << step << " target " << t
                                  << " headroom " << target.headroom_mbps;
      }
    }
  }
  EXPECT_EQ(over, 0u) << "of " << checked;
}

// Half of all moves from one share vector to another.
double Moved(const PaceWorld& world, size_t row, const std::vector<float>& a,
             const std::vector<float>& b) {
  double moved = 0;
  for (uint32_t s = world.shape.row_begin[row]; s < world.shape.row_begin[row + 1]; ++s)
    moved += std::abs(a[s] - b[s]);
  return moved / 2;
}

// Everyone alive and with room: what moves is optional.
void RollSavings(PaceWorld* world, Dice* dice) {
  for (size_t r = 0; r < world->demand.size(); ++r)
    if (dice->Chance(0.3)) RollRow(*world, r, 1, true, dice, &world->wanted);
}

TEST(PaceProperty, OptionalMovesKeepThePaceOfEveryRowAndTheGuardOverAnyMinute) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    // Shares in force on fenced slots would be forced away.
    for (size_t r = 0; r < world.demand.size(); ++r)
      RollRow(world, r, 1, true, &dice, &world.before);
    world.wanted = world.before;
    world.guards.max_shift_per_minute = 0.02 + 0.5 * dice.Unit();
    world.guards.min_targets_per_group = 1 + dice.Below(2);
    struct Moment {
      absl::Time at;
      std::vector<double> moved;  // by service
    };
    std::deque<Moment> minute;
    for (int step = 0; step < 300; ++step) {
      RollSavings(&world, &dice);
      const std::vector<float> before = world.before;
      const double elapsed = 0.2 + dice.Unit() * 4;
      world.Step(elapsed);
      std::vector<double> moved(world.shape.services.size()), demand(moved.size());
      for (size_t r = 0; r < world.demand.size(); ++r) {
        const double part = Moved(world, r, before, world.out.next);
        const int raised = world.guards.min_targets_per_group - 1;
        ASSERT_LE(part, kPacePerSecond * elapsed + kMinTargetShare * raised + 1e-4)
            << "seed " << seed << " row " << r;
        moved[world.shape.row_service[r]] += part * world.demand[r];
        demand[world.shape.row_service[r]] += world.demand[r];
      }
      for (size_t s = 0; s < moved.size(); ++s) moved[s] /= std::max(1e-9, demand[s]);
      for (size_t s = 0; s < moved.size(); ++s) {
        if (demand[s] > 0) {
          ASSERT_NEAR(moved[s], world.out.services[s].optional, 1e-4);
        }
        ASSERT_LT(world.out.services[s].forced, 1e-5);
      }
      minute.push_back({world.now, moved});
      while (world.now - minute.front().at > absl::Minutes(1)) minute.pop_front();
      for (size_t s = 0; s < moved.size(); ++s) {
        double sum = 0;
        for (const Moment& moment : minute) sum += moment.moved[s];
        if (demand[s] > 0) {
          ASSERT_LE(sum, world.guards.max_shift_per_minute + 1e-3) << "seed " << seed;
        }
      }
    }
  }
}

TEST(PaceProperty, NothingMovesWhenNothingIsWanted) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    for (size_t r = 0; r < world.demand.size(); ++r)
      RollRow(world, r, 1, true, &dice, &world.before);
    world.wanted = world.before;
    // Full or not: if nobody is wanted elsewhere there is nowhere better to be.
    for (PaceTarget& target : world.targets) target.headroom_mbps = dice.Unit() * 100;
    const std::vector<float> before = world.before;
    for (int step = 0; step < 3; ++step) world.Step();
    ASSERT_EQ(world.before, before) << "seed " << seed;
    ASSERT_EQ(world.out.rows_moved, 0u);
  }
}

TEST(PaceProperty, InAFreezeOnlyWhatMustMoveMoves) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    world.guards.freezes.push_back({world.now, world.now + absl::Hours(1)});
    world.guards.min_targets_per_group = 1 + dice.Below(2);
    RollWishes(&world, &dice, 1);
    world.Step(dice.Unit() * 5);
    for (const PaceOutputs::Moves& moves : world.out.services) ASSERT_EQ(moves.optional, 0) << seed;
  }
}

// What is wanted does not fit: sums, signs and the unusable are kept, and no target gets beyond the
// worst of what it had, may have and is wanted to have.
TEST(PaceProperty, AnOverfullWorldIsNotMadeWorseThanWanted) {
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    Dice dice(seed);
    PaceWorld world = RollWorld(&dice);
    for (int step = 0; step < 3; ++step) {
      RollWishes(&world, &dice, 1);
      for (PaceTarget& target : world.targets) {
        target.headroom_mbps *= dice.Unit();
        target.may_onload = !dice.Chance(0.2);
      }
      const std::vector<double> before = LoadsOf(world, world.before);
      const std::vector<double> wanted = LoadsOf(world, world.wanted);
      world.Step(dice.Unit() * 3);
      const std::vector<double> after = LoadsOf(world, world.out.next);
      for (size_t r = 0; r < world.demand.size(); ++r)
        ASSERT_NEAR(RowSum(world, r, world.out.next), RowSum(world, r, world.wanted), 1e-4)
            << "seed " << seed;
      for (size_t t = 0; t < after.size(); ++t) {
        const PaceTarget& target = world.targets[t];
        if (!target.usable) continue;
        const double most = std::max({before[t], wanted[t], target.headroom_mbps});
        EXPECT_LE(after[t], most * 1.01 + 1e-3) << "seed " << seed << " step " << step;
      }
    }
  }
}

TEST(PaceProperty, TheSameStepsGiveTheSameBits) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::vector<float> first;
    for (int run = 0; run < 2; ++run) {
      Dice dice(seed);
      PaceWorld world = RollWorld(&dice);
      for (int step = 0; step < 10; ++step) {
        RollWishes(&world, &dice, 0.5);
        world.Step(dice.Unit() * 3);
      }
      if (run == 0)
        first = world.before;
      else
        ASSERT_EQ(world.before, first) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace spillway
