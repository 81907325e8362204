// tests/unit/sim/rivals/rivals_test.cc -- each rival's documented rule, as facts.
#include "sim/rivals/rivals.h"

#include <set>
#include <string>

#include "bench_world.h"
#include "gtest/gtest.h"
#include "sim/plan_by_weights.h"
#include "steering/model/facts.h"

namespace spillway::sim {
namespace {

constexpr double kCell = 1.0 / kCellCount;

TEST(Rivals, AreFoundByTheirNames) {
  std::set<std::string> names;
  for (const Rival& rival : Rivals()) {
    EXPECT_TRUE(names.insert(std::string(rival.name)).second) << rival.name;
    EXPECT_EQ(FindRival(rival.name), &rival);
    EXPECT_FALSE(rival.doc.empty());
    EXPECT_EQ(rival.make()->name(), rival.name);
  }
  EXPECT_EQ(FindRival("nobody"), nullptr);
  for (const char* wanted : {"nearest", "weighted", "failover", "shed-dice", "load-feedback",
                             "mark-down", "least-loaded", "fastroute", "clairvoyant"})
    EXPECT_TRUE(names.contains(wanted)) << wanted;
}

// Of every rival: whole rows, nothing to fenced or drained targets.
TEST(Rivals, AnswerEveryRowWithinItsFencesAndNeverADrainedTarget) {
  WorldConfig config = BenchWorld::Small();
  config.services = 3;
  for (const Rival& rival : Rivals()) {
    BenchWorld bench(config);
    bench.target(2).drain = Drain{};
    bench.target(5).drain = Drain{};
    const auto steering = rival.make();
    for (int minute = 0; minute < 3; ++minute) {
      const auto plan = bench.Ask(steering.get());
      const CandidateTable& table = *plan->frame->candidates;
      for (size_t r = 0; r < table.row_count(); ++r) {
        int quota = 0;
        bool others = false;
        for (const Slot& slot : OpenSlots(table.Row(r)))
          others = others || !bench.target(slot.target.index()).drain;
        for (size_t i = 0; i < table.Row(r).size(); ++i) {
          const Slot& slot = table.Row(r)[i];
          const int cells = plan->RowSlots(r)[i].quota;
          quota += cells;
          if (slot.fenced || (others && bench.target(slot.target.index()).drain)) {
            EXPECT_EQ(cells, 0) << rival.name << " row " << r;
          }
        }
        EXPECT_EQ(quota, static_cast<int>(kCellCount)) << rival.name << " row " << r;
      }
      bench.Pass(60);
    }
  }
}

TEST(Rivals, AnswerThoughEverythingIsDown) {
  for (const Rival& rival : Rivals()) {
    BenchWorld bench;
    for (TargetFacts& target : bench.facts().targets) target.reported = Health::kDown;
    const auto steering = rival.make();
    for (int minute = 0; minute < 3; ++minute) {
      const auto plan = bench.Ask(steering.get());
      for (size_t r = 0; r < plan->rows.size(); ++r) {
        int quota = 0;
        for (const SlotPlan& slot : plan->RowSlots(r)) quota += slot.quota;
        EXPECT_EQ(quota, static_cast<int>(kCellCount)) << rival.name;
      }
      bench.Pass(60);
    }
  }
}

TEST(Nearest, GoesToTheNearestWhateverItsHealthAndLoad) {
  BenchWorld bench;
  bench.target(bench.Ranked(0)).reported = Health::kDown;
  bench.Report(bench.Ranked(0), 3);
  const auto steering = MakeNearest();
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
}

TEST(Weighted, SharesByThePolicysCapacityForEver) {
  BenchWorld bench;
  const auto steering = MakeWeighted();
  double sum = 0;
  for (size_t i = 0; i < bench.OpenCount(); ++i)
    sum += bench.terrain().capacity_mbps[bench.Ranked(i)];
  bench.target(bench.Ranked(0)).reported = Health::kDown;
  bench.target(bench.Ranked(1)).capacity.Set(Resource::kEgress, 1);
  bench.Ask(steering.get());
  for (size_t i = 0; i < bench.OpenCount(); ++i)
    EXPECT_NEAR(bench.Share(i), bench.terrain().capacity_mbps[bench.Ranked(i)] / sum, kCell);
}

TEST(Failover, LeavesATargetAfterThreeFailedChecksAndComesBackAfterThreeGoodOnes) {
  BenchWorld bench;
  const auto steering = MakeFailover();
  auto share_after_check = [&] {
    bench.Ask(steering.get());
    bench.Pass(10);
    return bench.Share(0);
  };
  EXPECT_EQ(share_after_check(), 1);
  bench.target(bench.Ranked(0)).probed = Health::kDown;
  EXPECT_EQ(share_after_check(), 1);
  EXPECT_EQ(share_after_check(), 1);
  EXPECT_EQ(share_after_check(), 0);
  EXPECT_EQ(bench.Share(1), 1);
  bench.target(bench.Ranked(0)).probed = Health::kUp;
  EXPECT_EQ(share_after_check(), 0);
  EXPECT_EQ(share_after_check(), 0);
  EXPECT_EQ(share_after_check(), 1);
}

TEST(Failover, IsNotImpressedByLoadNorByAFlap) {
  BenchWorld bench;
  const auto steering = MakeFailover();
  bench.Report(bench.Ranked(0), 5);
  for (int check = 0; check < 20; ++check) {
    bench.target(bench.Ranked(0)).reported = check % 2 == 0 ? Health::kDown : Health::kUp;
    bench.Ask(steering.get());
    bench.Pass(10);
    EXPECT_EQ(bench.Share(0), 1);
  }
}

TEST(Failover, TreatsAllAsUpWhenAllAreDown) {
  BenchWorld bench;
  const auto steering = MakeFailover({.threshold = 1});
  for (TargetFacts& target : bench.facts().targets) target.reported = Health::kDown;
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
}

TEST(ShedDice, KeepsEverybodyBelowTheLowWatermark) {
  BenchWorld bench;
  const auto steering = MakeShedDice({.low = 0.8, .high = 0.9, .nearest_first = true});
  bench.Report(bench.Ranked(0), 0.8);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
}

TEST(ShedDice, RemovesLinearlyBetweenTheWatermarksAndTheNextIsNext) {
  BenchWorld bench;
  const auto steering = MakeShedDice({.low = 0.8, .high = 0.9, .nearest_first = true});
  bench.Report(bench.Ranked(0), 0.825);
  bench.Report(bench.Ranked(1), 0.85);
  bench.Ask(steering.get());
  EXPECT_NEAR(bench.Share(0), 0.75, kCell);
  EXPECT_NEAR(bench.Share(1), 0.125, kCell);
  EXPECT_NEAR(bench.Share(2), 0.125, kCell);
}

TEST(ShedDice, ShufflesWhatIsKeptByCapacityWhenToldSo) {
  BenchWorld bench;
  const auto steering = MakeShedDice({.low = 0.8, .high = 0.9, .nearest_first = false});
  bench.Report(bench.Ranked(0), 0.85);
  bench.Report(bench.Ranked(1), 0.95);
  bench.Ask(steering.get());
  auto capacity = [&](size_t rank) { return bench.terrain().capacity_mbps[bench.Ranked(rank)]; };
  EXPECT_EQ(bench.Share(1), 0);
  EXPECT_NEAR(bench.Share(0) / bench.Share(2), 0.5 * capacity(0) / capacity(2),
              0.1 * capacity(0) / capacity(2));
}

TEST(ShedDice, SendsNobodyAboveTheHighWatermark) {
  BenchWorld bench;
  const auto steering = MakeShedDice({.low = 0.8, .high = 0.9, .nearest_first = true});
  bench.Report(bench.Ranked(0), 0.9);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 0);
  EXPECT_EQ(bench.Share(1), 1);
}

TEST(ShedDice, KeepsAnAnswerWithoutLoadAndBelievesTheLastOneForEver) {
  BenchWorld bench;
  const auto steering = MakeShedDice({.low = 0.8, .high = 0.9, .nearest_first = true});
  bench.target(bench.Ranked(0)).load = {};
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
  bench.Report(bench.Ranked(0), 0.95);
  bench.target(bench.Ranked(0)).feed = FeedState::kFrozen;
  bench.Pass(3600);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 0);
}

TEST(ShedDice, ReRollsForPlayersThatAskAgainOnlyWhenTheyAreAsked) {
  EXPECT_EQ(MakeShedDice({.playing = Playing::kRolled})->playing(), Playing::kRolled);
  EXPECT_EQ(MakeShedDice({.playing = Playing::kStay})->playing(), Playing::kStay);
}

TEST(MarkDown, MarksDownAboveTheThresholdAndBackBelowIt) {
  BenchWorld bench;
  const auto steering = MakeMarkDown({.threshold = 0.85});
  bench.Report(bench.Ranked(0), 0.86);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 0);
  EXPECT_EQ(bench.Share(1), 1);
  bench.Report(bench.Ranked(0), 0.84);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
}

TEST(MarkDown, GoesToTheNextGroupWhenTheNearestIsDown) {
  BenchWorld bench;
  const auto steering = MakeMarkDown({.threshold = 0.85});
  bench.target(bench.Ranked(0)).reported = Health::kDown;
  bench.Report(bench.Ranked(1), 0.9);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(2), 1);
}

TEST(LeastLoaded, SendsEverybodyToTheLeastLoadedOfTheNearest) {
  BenchWorld bench;
  const auto steering = MakeLeastLoaded({.among = 3});
  bench.Report(bench.Ranked(2), 0.3);
  bench.Report(bench.Ranked(4), 0.1);  // too far
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(2), 1);
  bench.target(bench.Ranked(2)).probed = Health::kDown;
  bench.Report(bench.Ranked(0), 0.49);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
}

TEST(FastRoute, OffloadsMoreWithEachReportAboveTheThresholdAndSlowlyLessBelow) {
  BenchWorld bench;
  const auto steering =
      MakeFastRoute({.second = 0.6, .last = 0.3, .threshold = 0.7, .up = 0.1, .down = 0.01});
  // A row whose nearest is a small site: what it sheds goes inwards.
  for (size_t row = 0; row < bench.terrain().rows.size(); ++row) {
    if (bench.terrain().rows[row].part <= 0) continue;
    bench.UseRow(row);
    double larger = 0;
    for (const double c : bench.terrain().capacity_mbps)
      larger += c > bench.terrain().capacity_mbps[bench.Ranked(0)] ? c : 0;
    double all = 0;
    for (const double c : bench.terrain().capacity_mbps) all += c;
    if (larger > 0.7 * all) break;
  }
  bench.ReportAll(0.5);
  bench.Ask(steering.get());
  EXPECT_EQ(bench.Share(0), 1);
  bench.Report(bench.Ranked(0), 0.8);
  bench.Ask(steering.get());
  EXPECT_NEAR(bench.Share(0), 0.9, kCell);
  bench.Ask(steering.get());  // no new report, no new step
  EXPECT_NEAR(bench.Share(0), 0.9, kCell);
  bench.Report(bench.Ranked(0), 0.8);
  bench.Ask(steering.get());
  EXPECT_NEAR(bench.Share(0), 0.8, kCell);
  for (int i = 0; i < 10; ++i) {
    bench.Report(bench.Ranked(0), 0.6);
    bench.Ask(steering.get());
  }
  EXPECT_NEAR(bench.Share(0), 0.9, kCell);
}

TEST(FastRoute, TheLastLayerKeepsEverything) {
  BenchWorld bench;
  const auto steering = MakeFastRoute({.second = 1, .last = 1});  // one layer, three times
  for (int i = 0; i < 100; ++i) {
    bench.ReportAll(2);
    bench.Ask(steering.get());
  }
  EXPECT_EQ(bench.Share(0), 1);
}

class LoadFeedbackTest : public testing::Test {
 protected:
  LoadFeedbackTest() {
    for (const RowClients& row : bench_.terrain().rows)
      bench_.arrivals().push_back(static_cast<float>(1000 * row.part));
  }
  // A minute with loads in proportion to what was assigned, `busy` of all capacity in use.
  void Minute(Steering* steering, double busy) {
    bench_.Ask(steering);
    double all = 0;
    for (const double c : bench_.terrain().capacity_mbps) all += c;
    for (size_t t = 0; t < bench_.facts().targets.size(); ++t)
      bench_.Report(t, bench_.Part(t) * busy * all / bench_.terrain().capacity_mbps[t]);
    bench_.Pass(60);
  }
  double Utilisation(size_t t) {
    const TargetFacts& target = bench_.target(t);
    return target.load[Resource::kEgress] / target.capacity[Resource::kEgress];
  }
  BenchWorld bench_;
};

TEST_F(LoadFeedbackTest, BringsEverySiteBelowTargetWhenThereIsRoom) {
  const auto steering = MakeLoadFeedback({.target = 0.85, .raise = 0.3});
  for (int minute = 0; minute < 30; ++minute) Minute(steering.get(), 0.5);
  for (size_t t = 0; t < bench_.facts().targets.size(); ++t)
    EXPECT_LT(Utilisation(t), 0.85 * 1.05) << t;
}

TEST_F(LoadFeedbackTest, AssignsOnceAMinuteWhateverIsReported) {
  const auto steering = MakeLoadFeedback();
  Minute(steering.get(), 0.5);
  const auto plan = bench_.Ask(steering.get());
  bench_.ReportAll(1.2);
  bench_.Pass(59);
  EXPECT_EQ(bench_.Ask(steering.get()), plan);
  bench_.Pass(1);
  EXPECT_NE(bench_.Ask(steering.get()), plan);
}

TEST_F(LoadFeedbackTest, ShiftsAwayFromASiteAboveItsTarget) {
  const auto steering = MakeLoadFeedback();
  for (int minute = 0; minute < 10; ++minute) Minute(steering.get(), 0.5);
  bench_.Ask(steering.get());
  const size_t t = bench_.Ranked(0);
  const double before = bench_.Part(t);
  ASSERT_GT(before, 0);
  bench_.Report(t, 1.1);
  bench_.Pass(60);
  bench_.Ask(steering.get());
  EXPECT_LT(bench_.Part(t), 0.9 * before);
}

TEST_F(LoadFeedbackTest, ADeadSiteIsLeftAtOnce) {
  const auto steering = MakeLoadFeedback();
  for (int minute = 0; minute < 10; ++minute) Minute(steering.get(), 0.5);
  bench_.target(bench_.Ranked(0)).probed = Health::kDown;
  bench_.Pass(-30);
  bench_.Ask(steering.get());
  EXPECT_EQ(bench_.Part(bench_.Ranked(0)), 0);
}

TEST(Clairvoyant, LeavesATargetThatIsWeakThoughItsFeedSaysOtherwise) {
  BenchWorld bench;
  const auto steering = MakeClairvoyant();
  bench.Ask(steering.get());
  const size_t t = bench.Ranked(0);
  ASSERT_GT(bench.Part(t), 0);
  bench.world().condition().capacity_mbps[t] *= 0.01;
  bench.Report(t, 0.1);
  bench.Ask(steering.get());
  EXPECT_LT(bench.Part(t), 0.005);
}

TEST(Clairvoyant, BelievesNoFeedThatSaysATargetIsFull) {
  BenchWorld bench;
  const auto a = MakeClairvoyant(), b = MakeClairvoyant();
  bench.Ask(a.get());
  const double part = bench.Part(bench.Ranked(0));
  bench.ReportAll(3);
  bench.Ask(b.get());
  EXPECT_EQ(bench.Part(bench.Ranked(0)), part);
}

}  // namespace
}  // namespace spillway::sim
