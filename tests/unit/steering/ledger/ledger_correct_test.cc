// tests/unit/steering/ledger/ledger_correct_test.cc -- reports in, corrections out.
#include <cmath>
#include <random>

#include "tests/unit/steering/ledger/ledger_testing.h"

namespace spillway {
namespace {

class LedgerCorrectTest : public LedgerWorld {
 protected:
  // 1000 Mbps at target 0 that stay.
  void StartSteady() {
    Redirect(0, 200);
    calibration_.session_s = {1e7};
    Advance(1);
    Report(0, 1000);
  }
  // As a feed with 2 % of noise says it.
  double Noisy(double mbps) { return mbps * (1 + off_(random_)); }

 private:
  std::mt19937 random_{7};
  std::normal_distribution<double> off_{0, 0.02};
};

TEST_F(LedgerCorrectTest, ARestartInheritsTheFirstReportAndLetsItEnd) {
  Advance(1);
  Report(0, 900);
  EXPECT_EQ(ledger_.ModelledMbps(TargetId(0)), 0);
  EXPECT_EQ(ledger_.InheritedMbps(TargetId(0)), 900);
  EXPECT_EQ(ledger_.ProjectedNowMbps(TargetId(0)), 900);
  Advance(1800);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 900 * std::exp(-1), 1);
  EXPECT_NEAR(Commit(1800).pinned_mbps[0], 900 * std::exp(-2), 1);
}

TEST_F(LedgerCorrectTest, AReportThatIsLateDuringARampIsNoErrorOfTheModel) {
  SendTo(0);
  Arrive(100);
  Advance(1);
  Report(0, ledger_.ModelledMbps(TargetId(0)));
  std::vector<double> truth;
  for (int i = 0; i < 120; ++i) {
    Advance(1);
    truth.push_back(ledger_.ModelledMbps(TargetId(0)));
    if (i >= 3) Report(0, truth[i - 3], 3);
  }
  EXPECT_NEAR(ledger_.CorrectionMbps(TargetId(0)), 0, 0.01);
  // Seen from now, the report is 1500 Mbps behind.
  EXPECT_GT(truth[119] - truth[116], 1400);
}

TEST_F(LedgerCorrectTest, ATimeBetweenTwoTicksIsComparedWithTheModelBetweenThem) {
  SendTo(0);
  Arrive(100);
  Advance(1);
  Report(0, ledger_.ModelledMbps(TargetId(0)));
  Advance(10);
  const double before = ledger_.ModelledMbps(TargetId(0));
  Advance(1);
  Report(0, (before + ledger_.ModelledMbps(TargetId(0))) / 2, 0.5);
  EXPECT_NEAR(ledger_.CorrectionMbps(TargetId(0)), 0, 0.01);
}

TEST_F(LedgerCorrectTest, LoadThatIsNotOursStaysInTheCorrection) {
  Advance(1);
  Report(0, 400);
  for (int i = 0; i < 720; ++i) {
    Advance(5);
    Report(0, 400, 2);
  }
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 400, 8);
  EXPECT_LT(ledger_.InheritedMbps(TargetId(0)), 60);  // what was inherited has ended by now
  EXPECT_NEAR(Commit(120).pinned_mbps[0], 400, 20);
}

TEST_F(LedgerCorrectTest, AnUpwardSurpriseIsBelievedAtOnceADownwardOneSlowly) {
  Advance(1);
  Report(0, 100);
  Advance(5);
  Report(0, 500);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 500, 1);
  Advance(5);
  Report(0, 100);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 380, 2);  // 500 - 0.3 * 400
  for (int i = 0; i < 20; ++i) {
    Advance(5);
    Report(0, 100);
  }
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 100, 2);
}

TEST_F(LedgerCorrectTest, NoiseOfTwoPerCentIsSmoothed) {
  StartSteady();
  double least = 1e9, most = 0;
  for (int i = 0; i < 200; ++i) {
    Advance(5);
    Report(0, i % 2 == 0 ? 1020 : 980);
    least = std::min(least, ledger_.ProjectedNowMbps(TargetId(0)));
    most = std::max(most, ledger_.ProjectedNowMbps(TargetId(0)));
  }
  EXPECT_GT(least, 985);
  EXPECT_LT(most, 1015);
}

// What is planned with: every step of it moves somebody.
TEST_F(LedgerCorrectTest, NoiseChangesNothingThatIsPlannedWith) {
  StartSteady();
  double least = 1e9, most = 0, walked = 0, told = 0, last = 0;
  for (int i = 0; i < 400; ++i) {
    Advance(5);
    const double before = ledger_.ProjectedNowMbps(TargetId(0));
    Report(0, Noisy(1000), 2);
    const double pinned = Commit(0).pinned_mbps[0];
    if (i >= 20) {
      least = std::min(least, pinned), most = std::max(most, pinned);
      walked += std::abs(ledger_.ProjectedNowMbps(TargetId(0)) - before);
      told += std::abs(pinned - last);
    }
    last = pinned;
  }
  EXPECT_LT(most - least, 25);  // of 1000
  EXPECT_LT(told, walked / 10);
}

TEST_F(LedgerCorrectTest, WhatAllTargetsHaveBeyondTheModelMovesWithTheirClients) {
  calibration_.session_s = {1e7};
  for (size_t id = 0; id < 3; ++id) Redirect(id, 200);
  Arrive(1);
  SendTo(0);
  Advance(1);
  for (size_t id = 0; id < 3; ++id) Report(id, 1000);
  const float steerable = Commit(300).steerable_mbps[Row()];
  Advance(5);
  // One alone has background.
  Report(0, 1300);
  Report(1, 1000);
  Report(2, 1000);
  EXPECT_NEAR(Commit(300).steerable_mbps[Row()] / steerable, 1, 0.03);
  Advance(5);
  for (size_t id = 0; id < 3; ++id) Report(id, 1300);
  EXPECT_NEAR(Commit(300).steerable_mbps[Row()] / steerable, 1.3, 0.05);
  // What is there now is what was reported, however it is explained.
  for (size_t id = 0; id < 3; ++id)
    EXPECT_NEAR(Commit(0).pinned_mbps[id], ledger_.ProjectedNowMbps(TargetId(id)), 20) << id;
}

// One report in 160 lies 2.5 deviations off, and each that was believed moved viewers away and back.
TEST_F(LedgerCorrectTest, TheWorstOfManyNoisyReportsIsNoSurprise) {
  StartSteady();
  double most = 0;
  for (int i = 0; i < 1500; ++i) {
    Advance(5);
    const double before = ledger_.ProjectedNowMbps(TargetId(0));
    Report(0, Noisy(1000), 2);
    most = std::max(most, ledger_.ProjectedNowMbps(TargetId(0)) - before);
  }
  EXPECT_LT(most, 10);  // believed whole, the worst of them would be 60 and more
}

TEST_F(LedgerCorrectTest, AShiftThatOneReportDoesNotShowIsSeenInAFew) {
  Advance(1);
  Report(0, 1000);
  for (int i = 0; i < 60; ++i) {
    Advance(5);
    Report(0, i % 2 == 0 ? 1015 : 985, 2);
  }
  for (int i = 0; i < 5; ++i) {
    Advance(5);
    Report(0, 1060, 2);
  }
  EXPECT_GT(ledger_.ProjectedNowMbps(TargetId(0)), 1040);
}

TEST_F(LedgerCorrectTest, GrowthThatWeDoNotExplainIsExpectedToGoOnForHalfAMinute) {
  calibration_.session_s = {1e7};  // what is there stays
  Advance(1);
  Report(0, 1000);
  double load = 1000;
  for (int i = 0; i < 60; ++i) {
    Advance(5);
    Report(0, load += 15);  // 3 Mbps/s
  }
  EXPECT_GT(ledger_.TrendMbpsPerS(TargetId(0)), 2);
  // Half a minute of it, less the 3 % that noise could be.
  EXPECT_NEAR(Commit(120).pinned_mbps[0], load + 90 - 30, 90);
  EXPECT_GT(Commit(120).pinned_mbps[0] - Commit(0).pinned_mbps[0], 0);
  // The feed falls silent: no growth is made up.
  Advance(60);
  const double silent = ledger_.ProjectedNowMbps(TargetId(0));
  EXPECT_LE(Commit(120).pinned_mbps[0], silent);
}

TEST_F(LedgerCorrectTest, OneStepUpIsNotTakenForAnEndlessOne) {
  Advance(1);
  Report(0, 1000);
  for (int i = 0; i < 5; ++i) {
    Advance(5);
    Report(0, 1000);
  }
  Advance(5);
  Report(0, 2000);
  EXPECT_LT(Commit(0).pinned_mbps[0], 2001);
  EXPECT_LT(Commit(30).pinned_mbps[0], 2200);  // at most a tenth of it in half a minute
}

TEST_F(LedgerCorrectTest, AReportCountsOnceAndInOrder) {
  Advance(10);
  Report(0, 100);
  Report(0, 900);  // the same moment again
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 100, 1e-9);
  Report(0, 900, 5);  // and one from before
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 100, 1e-9);
  EXPECT_EQ(ledger_.reports_ignored(), 2u);
}

TEST_F(LedgerCorrectTest, AReportOlderThanTheHistoryIsIgnoredUnlessItIsTheFirst) {
  Advance(300);
  Report(0, 700, 200);
  EXPECT_EQ(ledger_.ProjectedNowMbps(TargetId(0)), 700);
  Advance(30);
  Report(0, 100, 150);
  EXPECT_EQ(ledger_.reports_ignored(), 1u);
}

TEST_F(LedgerCorrectTest, AClockThatRunsAheadIsReadAsNow) {
  Advance(10);
  Report(0, 100, -3600);
  Advance(5);
  Report(0, 300);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 300, 1);
  EXPECT_EQ(ledger_.reports_ignored(), 0u);
}

TEST_F(LedgerCorrectTest, ANewWeightExplainsWhatTheCorrectionHeldAndTheSumDoesNotJump) {
  Redirect(0, 100);
  calibration_.session_s = {1e7};
  Advance(1);
  Report(0, 500);
  Advance(5);
  Report(0, 600);  // they are worth a fifth more than we thought
  EXPECT_NEAR(ledger_.CorrectionMbps(TargetId(0)), 100, 1);
  calibration_.redirect_weight = {1.2f};
  Advance(1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(0)), 600, 1);
  EXPECT_NEAR(ledger_.CorrectionMbps(TargetId(0)), 0, 1);
  Report(0, 600, 3);  // measured when the weight was still the old one
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 600, 1);
}

TEST_F(LedgerCorrectTest, ATargetThatNeverReportedTakesTheNewWeightWhole) {
  Redirect(0, 100);
  Advance(1);
  calibration_.redirect_weight = {1.2f};
  Advance(1);
  EXPECT_EQ(ledger_.CorrectionMbps(TargetId(0)), 0);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 600, 2);
}

// After a restart the load is inherited; as its viewers ask where to go, they become sessions we
// know, and are not counted twice.
TEST_F(LedgerCorrectTest, SessionsSeenAskingComeOutOfWhatWasInherited) {
  calibration_.session_s = {1e7};
  Advance(1);
  Report(0, 5000);  // 1000 sessions
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  for (int i = 0; i < 60; ++i) {
    Advance(5);
    EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 5000, 5) << i;
  }
  EXPECT_GT(ledger_.ModelledMbps(TargetId(0)), 4150);
  EXPECT_LT(ledger_.InheritedMbps(TargetId(0)), 850);
}

TEST_F(LedgerCorrectTest, SessionsFoundLaterComeOutOfTheCorrection) {
  calibration_.session_s = {1e7};
  Advance(1);
  Report(0, 0);
  Advance(5);
  Report(0, 5000);  // came by a way we do not count
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  Advance(300);
  EXPECT_GT(ledger_.ModelledMbps(TargetId(0)), 4000);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 5000, 5);
  Report(0, 5000, 100);  // late, from before they asked: they were there then too
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), 5000, 50);
}

}  // namespace
}  // namespace spillway
