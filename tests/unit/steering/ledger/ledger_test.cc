// tests/unit/steering/ledger/ledger_test.cc -- answers and time in, sessions and commitments out.
#include "steering/ledger/ledger.h"

#include <cmath>

#include "tests/unit/steering/ledger/ledger_testing.h"

namespace spillway {
namespace {

using LedgerTest = LedgerWorld;

TEST_F(LedgerTest, ARedirectAddsOneSessionAtOnce) {
  Redirect(1, 1);
  EXPECT_FLOAT_EQ(Sessions(1), 1);
  EXPECT_FLOAT_EQ(ledger_.ModelledMbps(TargetId(1)), 5);
  EXPECT_EQ(ledger_.ModelledMbps(TargetId(0)), 0);
}

TEST_F(LedgerTest, SessionsEndWithTheSessionLength) {
  Redirect(0, 1000);
  Advance(1800);
  EXPECT_NEAR(Sessions(0), 1000 * std::exp(-1), 0.2);
  calibration_.session_s = {600};  // learned: they are shorter
  Advance(600);
  EXPECT_NEAR(Sessions(0), 1000 * std::exp(-2), 0.2);
}

TEST_F(LedgerTest, SessionsOfDnsAnswersFollowTheCachedMixTheSlowTenthLagging) {
  SendTo(0);
  Arrive(10);
  Advance(60);
  EXPECT_NEAR(Sessions(0), 590, 3);  // 10/s, hardly any of them ended
  const double before = Sessions(0);
  SendTo(1);
  Advance(30);
  // Of 300 new ones: fast caches (90 %) turn with 30 s: on average 63 % of this first period still
  // point at the old target; slow ones (10 %) nearly all.
  const double to_old = Sessions(0) - before * std::exp(-30.0 / 1800);
  EXPECT_NEAR(to_old, 10 * (0.9 * 30 * (1 - std::exp(-1)) + 0.1 * 600 * (1 - std::exp(-0.05))), 4);
  Advance(150);
  const double later = Sessions(0);
  Advance(60);
  // Three minutes on only the slow tenth goes on arriving there: 10/s * 10 % * exp(-3.5 min / 10 min).
  EXPECT_NEAR(Sessions(0) - later * std::exp(-60.0 / 1800), 60 * 10 * 0.1 * std::exp(-0.35), 3);
}

TEST_F(LedgerTest, CountedAnswersTellTheMixBeforeThePlanDoes) {
  SendTo(0);
  Arrive(10);
  activity_.dns[SlotOf(2)] = 7;  // that is where the answers really went
  Advance(60);
  EXPECT_NEAR(Sessions(2), 590, 3);
  EXPECT_EQ(Sessions(0), 0);
}

TEST_F(LedgerTest, TheLengthOfATickDoesNotMatter) {
  SendTo(0);
  Arrive(10);
  Redirect(1, 500);
  Ledger other = ledger_;
  Advance(5, 5);
  const double one_step = Sessions(0), redirected = Sessions(1);
  std::swap(other, ledger_);
  Advance(5, 0.25);
  EXPECT_NEAR(Sessions(0), one_step, 1e-3);
  EXPECT_NEAR(Sessions(1), redirected, 1e-2);
}

TEST_F(LedgerTest, AnHourAsleepIsCaughtUpWithAtOnce) {
  SendTo(0);
  Arrive(1);
  Advance(1);
  Advance(3600, 3600);
  EXPECT_NEAR(Sessions(0), 1800 * (1 - std::exp(-2)), 2);
}

TEST_F(LedgerTest, WeightsActAtOnceOnTheSessionsTheyConcern) {
  Redirect(0, 100);
  SendTo(1);
  Arrive(100);
  Advance(1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(0)), 500, 1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(1)), 500, 1);
  calibration_.dns_weight = {2};
  calibration_.redirect_weight = {1};
  Arrive(0);
  Advance(1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(0)), 500, 1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(1)), 1000, 2);
  calibration_.bitrate_mbps = {2.5};
  Advance(1);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(1)), 500, 2);
}

// 1000 players ask every 30 s; from now on they are told to go to target 1.
TEST_F(LedgerTest, MidSessionSteeringMovesSessionsWithinTwoPeriods) {
  calibration_.session_s = {1e7};  // nobody leaves
  Redirect(0, 1000);
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  Advance(10);
  EXPECT_NEAR(ledger_.ObeyFraction(Row()), 1, 0.02);
  EXPECT_NEAR(Sessions(0), 1000, 1);
  activity_.steering[SlotOf(0)] = 0;
  activity_.steering[SlotOf(1)] = 1000.0f / 30;
  Advance(60);
  EXPECT_LT(Sessions(0), 160);
  EXPECT_NEAR(ledger_.RowSessions(Row()), 1000, 1);  // nobody got lost
}

// An answer by DNS stands for 20 sessions here, half of which ask: each request is of one of them.
TEST_F(LedgerTest, ARequestMovesOneSessionWhateverACountedAnswerStandsFor) {
  calibration_.session_s = {1e7};
  calibration_.dns_weight = {20};
  SendTo(0);
  Arrive(10);
  Advance(100);
  Arrive(0);
  const double asking = 20 * Sessions(0) / 2;
  activity_.steering[SlotOf(0)] = static_cast<float>(asking / 30);
  Advance(120);
  const double before = Sessions(0);
  activity_.steering[SlotOf(0)] = 0;
  activity_.steering[SlotOf(1)] = static_cast<float>(asking / 30);
  Advance(3);
  // A tenth of a period: a tenth of the half that asks.
  EXPECT_NEAR((before - Sessions(0)) / before, 0.05, 0.01);
}

TEST_F(LedgerTest, SessionsOfATargetThatDiedAreNotThereWhenItComesBack) {
  Redirect(0, 1000);
  Redirect(1, 1000);
  ledger_.SetDown(std::vector<uint8_t>{1, 0, 0});
  Advance(30);
  EXPECT_LT(ledger_.ModelledMbps(TargetId(0)), 50);
  EXPECT_GT(ledger_.ModelledMbps(TargetId(1)), 4800);
  ledger_.SetDown(std::vector<uint8_t>{0, 0, 0});
  Redirect(0, 100);
  Advance(5);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(0)), 500 + 30, 40);
}

TEST_F(LedgerTest, PlayersThatNeverAskStayHoweverLongTheOthersAsk) {
  calibration_.session_s = {1e7};
  Redirect(0, 1000);
  activity_.steering[SlotOf(1)] =
      300.0f / 30;  // 30 % of them, told to go to target 1 from the first
  Advance(3600);
  EXPECT_NEAR(ledger_.ObeyFraction(Row()), 0.3, 0.01);
  EXPECT_NEAR(Sessions(1), 300, 3);
  EXPECT_NEAR(Sessions(0), 700, 3);
  activity_.steering[SlotOf(1)] = 0;
  activity_.steering[SlotOf(2)] = 300.0f / 30;
  Advance(3600);
  EXPECT_NEAR(Sessions(0), 700, 3);
  EXPECT_NEAR(Sessions(1), 0, 3);
  EXPECT_NEAR(Sessions(2), 300, 3);
}

TEST_F(LedgerTest, ThoseWhoBeginToAskAreWhereTheyWereTold) {
  calibration_.session_s = {1e7};
  Redirect(0, 1000);
  activity_.steering[SlotOf(1)] = 300.0f / 30;
  Advance(900);
  activity_.steering[SlotOf(1)] = 600.0f / 30;
  Advance(900);
  EXPECT_NEAR(Sessions(1), 600, 3);
}

TEST_F(LedgerTest, SessionsSeenAskingAreThereEvenIfNobodyCountedTheirBeginning) {
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  Advance(100);
  EXPECT_EQ(ledger_.RowSessions(Row()), 0);  // not watched for long enough to tell a burst
  Advance(900);
  EXPECT_NEAR(ledger_.RowSessions(Row()), 840, 20);  // less what a burst or chance could explain
  EXPECT_EQ(Sessions(1), 0);
}

// 1000 players and a TTL that rises from 10 s to 60 s: for 10 s they go on asking as before.
TEST_F(LedgerTest, ALongerTtlDoesNotLookLikeMorePlayers) {
  calibration_.session_s = {1e7};
  Redirect(0, 1000);
  ttl_s_.assign(frame_->candidates->row_count(), 10);
  activity_.steering[SlotOf(0)] = 100;
  Advance(60);
  ttl_s_.assign(frame_->candidates->row_count(), 60);
  // Those told at the same moment ask again at the same moment, ever after.
  for (int i = 0; i < 600; ++i) {
    activity_.steering[SlotOf(0)] = i % 60 < 10 ? 100 : 0;
    Advance(1);
    ASSERT_NEAR(ledger_.RowSessions(Row()), 1000, 1) << i;
  }
  EXPECT_NEAR(ledger_.ObeyFraction(Row()), 1, 0.13);
}

TEST_F(LedgerTest, AShorterTtlDoesNotShortenTheAnswersGivenBeforeIt) {
  SendTo(0);
  Arrive(100);
  Advance(60);
  ttl_s_.assign(frame_->candidates->row_count(), 5);
  const Ledger::Commitment before = Commit(120);
  Advance(1);
  const double one = Commit(120).pinned_mbps[0];
  EXPECT_NEAR(one, before.pinned_mbps[0], 0.06 * before.pinned_mbps[0]);
  Advance(60);
  const Ledger::Commitment later = Commit(120);
  EXPECT_LT(later.steerable_mbps[Row()] - before.steerable_mbps[Row()], 100 * 5 * 25 + 1);
  EXPECT_GT(later.steerable_mbps[Row()] - before.steerable_mbps[Row()], 100 * 5 * 20);
}

TEST_F(LedgerTest, ChanceInTheirNumberDoesNotRaiseTheModel) {
  Redirect(0, 900);
  calibration_.session_s = {1e7};  // nobody leaves
  // 30 a second on average, in bursts.
  for (int i = 0; i < 300; ++i) {
    activity_.steering[SlotOf(0)] = i % 3 == 0 ? 50 : 20;
    Advance(1);
  }
  EXPECT_NEAR(ledger_.RowSessions(Row()), 900, 1);
}

TEST_F(LedgerTest, ACommitmentOfASteadyStateIsItsLoad) {
  SendTo(0);
  Arrive(2);
  for (double horizon : {1.0, 30.0, 120.0, 300.0, 3600.0}) {
    for (double asking : {0.0, 0.5}) {
      ledger_ = Ledger();
      ledger_.Bind(frame_);
      calibration_.session_s = {120};  // short: as long as the horizon
      activity_.steering[SlotOf(0)] = static_cast<float>(2 * 120 * asking / 30);
      Advance(1800);
      const double load = ledger_.ModelledMbps(TargetId(0));
      EXPECT_NEAR(load, 2 * 120 * 5, 15);
      const Ledger::Commitment out = Commit(horizon);
      EXPECT_NEAR(out.pinned_mbps[0] + out.steerable_mbps[Row()], 1200, 12)
          << horizon << " " << asking;
      EXPECT_EQ(out.steerable_mbps[Row()], out.steerable_mbps_median[Row()]);
    }
  }
}

TEST_F(LedgerTest, OnALongHorizonNearlyEverythingCanBeSteeredOnAShortOneNothing) {
  SendTo(0);
  Arrive(2);
  Advance(7200);
  EXPECT_LT(Commit(1).steerable_mbps[Row()], 1);
  EXPECT_LT(Commit(7200).pinned_mbps[0], 0.2 * ledger_.ModelledMbps(TargetId(0)));
}

// The forecast of the ledger is what then happens: shares change now, 120 s later the old target
// holds what was pinned there.
TEST_F(LedgerTest, WhatIsPinnedIsWhatIsThereAtTheHorizon) {
  SendTo(0);
  Arrive(10);
  Redirect(0, 3000);
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  Advance(300);
  const Ledger::Commitment out = Commit(120);
  const double modelled = ledger_.RowSessions(Row());
  SendTo(1);
  activity_.steering[SlotOf(0)] = 0;
  activity_.steering[SlotOf(1)] = 1000.0f / 30;
  Advance(120);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(0)), out.pinned_mbps[0], 0.02 * modelled * 5);
  EXPECT_NEAR(ledger_.ModelledMbps(TargetId(1)), out.steerable_mbps_median[Row()],
              0.02 * modelled * 5);
}

TEST_F(LedgerTest, TheMarginIsHeldForArrivalsNotForSessionsThatAreThere) {
  SendTo(0);
  Redirect(0, 1000);
  activity_.steering[SlotOf(0)] = 1000.0f / 30;
  Advance(60);
  demand_.margin.assign(demand_.dns_expected.size(), 1.5f);
  EXPECT_EQ(Commit(60).steerable_mbps[Row()], Commit(60).steerable_mbps_median[Row()]);
  demand_.redirect_expected[Row()] = 10;
  const Ledger::Commitment out = Commit(60);
  // 10/s * 60 s * 5 Mbps, hardly any of which end; half of that again in reserve.
  EXPECT_NEAR(out.steerable_mbps[Row()] - out.steerable_mbps_median[Row()], 1500, 30);
}

TEST_F(LedgerTest, StartsAreCountedWhereTheyLand) {
  SendTo(0);
  Arrive(20);
  activity_.redirect[SlotOf(1)] = 7;
  Advance(60);
  const Ledger::Commitment out = Commit(60);
  EXPECT_NEAR(out.starts_per_s[0], 20, 0.1);
  EXPECT_NEAR(out.starts_per_s[1], 7, 0.1);
  EXPECT_EQ(out.starts_per_s[2], 0);
}

TEST_F(LedgerTest, TotalsByServiceAndTargetAddUp) {
  SendTo(0);
  SendTo(2, "??+new-york");
  Arrive(20);
  Arrive(5, "??+new-york");
  Redirect(0, 100);
  Advance(30);
  double rows = 0;
  for (size_t row = 0; row < frame_->candidates->row_count(); ++row)
    rows += ledger_.RowSessions(row);
  double cells = 0, mbps = 0;
  for (size_t t = 0; t < 3; ++t) {
    const Ledger::Sessions at = ledger_.At(ServiceId(0), TargetId(t));
    cells += at.dns + at.redirect;
    mbps += ledger_.ModelledMbps(TargetId(t));
  }
  EXPECT_NEAR(cells, rows, 1e-3);
  EXPECT_NEAR(mbps, rows * 5, 1e-2);
  EXPECT_NEAR(rows, 100 + 25 * 30, 10);
}

}  // namespace
}  // namespace spillway
