// tests/unit/steering/ledger/ledger_bind_test.cc -- a reload keeps what was promised.
#include <algorithm>

#include "tests/unit/steering/ledger/ledger_testing.h"

namespace spillway {
namespace {

class LedgerBindTest : public LedgerWorld {
 protected:
  LedgerBindTest() {
    SendTo(0);
    Arrive(10);
    Redirect(1, 300);
    activity_.steering[SlotOf(1)] = 5;
    Advance(60);
    Report(0, ledger_.ModelledMbps(TargetId(0)));
    Report(1, ledger_.ModelledMbps(TargetId(1)) + 200);
    Advance(5);
    Report(1, ledger_.ModelledMbps(TargetId(1)) + 250);
  }
};

TEST_F(LedgerBindTest, AReloadKeepsTheSessions) {
  const double mbps = ledger_.ModelledMbps(TargetId(0)),
               projected = ledger_.ProjectedNowMbps(TargetId(1));
  const double sessions = ledger_.RowSessions(Row()), obey = ledger_.ObeyFraction(Row());
  const Ledger::Commitment before = Commit(120);
  Use(SmallFrame());
  Arrive(10);
  EXPECT_EQ(ledger_.ModelledMbps(TargetId(0)), mbps);
  EXPECT_EQ(ledger_.ProjectedNowMbps(TargetId(1)), projected);
  EXPECT_EQ(ledger_.RowSessions(Row()), sessions);
  EXPECT_EQ(ledger_.ObeyFraction(Row()), obey);
  const Ledger::Commitment after = Commit(120);
  for (size_t t = 0; t < 3; ++t) EXPECT_NEAR(after.pinned_mbps[t], before.pinned_mbps[t], 1e-3);
  EXPECT_NEAR(after.steerable_mbps[Row()], before.steerable_mbps[Row()], 1e-2);
}

TEST_F(LedgerBindTest, TheSameFrameAgainChangesNothing) {
  const double mbps = ledger_.ModelledMbps(TargetId(0));
  ledger_.Bind(frame_);
  EXPECT_EQ(ledger_.ModelledMbps(TargetId(0)), mbps);
}

TEST_F(LedgerBindTest, NamesCountNotNumbers) {
  const double fra = ledger_.ProjectedNowMbps(TargetId(0)),
               ams = ledger_.ProjectedNowMbps(TargetId(1));
  const double in_fra = Sessions(0);
  Policy policy = SmallPolicy();
  std::swap(policy.targets[0], policy.targets[2]);  // nyc1, ams1, fra1
  policy.groups.insert(policy.groups.begin(),
                       {.name = "austria", .prefixes = {*IpPrefix::Parse("10.9.0.0/16")}});
  policy.services.insert(policy.services.begin(),
                         {.name = "another", .candidates = {{TargetId(0)}}});
  Use(SmallFrame(policy));
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(2)), fra, 1e-6);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(1)), ams, 1e-6);
  EXPECT_EQ(ledger_.ProjectedNowMbps(TargetId(0)), 0);
  const size_t row =
      frame_->candidates->RowIndex(ServiceId(1), *frame_->groups->FindGroup("??+germany"));
  EXPECT_NEAR(ledger_.At(ServiceId(1), TargetId(2)).dns, in_fra, 1e-3);
  EXPECT_GT(ledger_.RowSessions(row), 0);
}

TEST_F(LedgerBindTest, LateReportsAreComparedWithTheHistoryOfBefore) {
  const double then = ledger_.ModelledMbps(TargetId(0));
  const double correction = ledger_.CorrectionMbps(TargetId(0));
  Policy policy = SmallPolicy();
  std::swap(policy.targets[0], policy.targets[2]);
  Use(SmallFrame(policy));
  ledger_.Correct({{TargetId(2), now_, then + correction}});
  EXPECT_NEAR(ledger_.CorrectionMbps(TargetId(2)), correction, 0.01);
}

TEST_F(LedgerBindTest, SessionsOfARemovedCandidateAreStillServedByItsTarget) {
  const double before = ledger_.ProjectedNowMbps(TargetId(1));
  Policy policy = SmallPolicy();
  policy.services[0].candidates = {{TargetId(0)}, {TargetId(2)}};
  Use(SmallFrame(policy));
  EXPECT_EQ(ledger_.ModelledMbps(TargetId(1)), 0);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(1)), before, 1e-6);
  activity_.elapsed = absl::Seconds(1);
  ledger_.Advance(now_ += absl::Seconds(1), activity_, demand_, calibration_, shares_);
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(1)), before, 0.01 * before);
}

TEST_F(LedgerBindTest, CachedAnswersOfACandidateThatWentMoveOnTogetherWithTheRest) {
  Policy policy = SmallPolicy();
  policy.targets.erase(policy.targets.begin());  // fra1, where every cache points
  policy.services[0].candidates = {{TargetId(0)}, {TargetId(1)}};
  Use(SmallFrame(policy));
  shares_.assign(shares_.size(), 0.5f);
  Arrive(10);
  const double before = ledger_.RowSessions(Row());
  activity_.elapsed = absl::Seconds(1);
  ledger_.Advance(now_ += absl::Seconds(1), activity_, demand_, calibration_, shares_);
  EXPECT_NEAR(ledger_.RowSessions(Row()), before + 10, 0.5);  // no arrival is lost
}

TEST_F(LedgerBindTest, AGroupThatIsGoneLeavesItsLoadBehind) {
  const double before = ledger_.ProjectedNowMbps(TargetId(0));
  Policy policy = SmallPolicy();
  policy.groups.erase(policy.groups.begin());
  Use(SmallFrame(policy));
  EXPECT_NEAR(ledger_.ProjectedNowMbps(TargetId(0)), before, 1e-6);
}

}  // namespace
}  // namespace spillway
