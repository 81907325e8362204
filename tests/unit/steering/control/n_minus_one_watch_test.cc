// tests/unit/steering/control/n_minus_one_watch_test.cc -- one question at a time, beside the planner.
#include "steering/control/n_minus_one_watch.h"

#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

class NMinusOneWatchTest : public testing::Test {
 protected:
  // Germany's clients and players, who fit at fra1 and not at ams1.
  LossQuestion Question() {
    LossQuestion q;
    const CandidateTable& table = *frame_->candidates;
    q.row_begin = {0};
    for (size_t row = 0; row < table.row_count(); ++row) {
      // The cheapest only: the others are found when needed.
      q.slot_target.push_back(static_cast<uint32_t>(table.Row(row)[0].target.index()));
      q.slot_cost_ms.push_back(0);
      q.slot_prior.push_back(1);
      q.row_begin.push_back(static_cast<uint32_t>(q.slot_target.size()));
      q.demand.push_back(1);
      q.row_class.push_back(0);
    }
    q.demand[germany_] = 600;
    q.sink_cost_ms = {400};
    q.headroom = {800, 100, 100};
    q.use_begin = {0, 1, 2, 3};
    q.use_limit = {0, 1, 2};
    q.use_factor = {1, 1, 1};
    q.pinned_mbps = {150, 0, 0};
    SetFrame(frame_, &q);
    return q;
  }
  std::shared_ptr<const LossReport> AskAndWait(absl::Time now) {
    const auto before = watch_.newest();
    watch_.Ask(frame_, now, Question());
    return watch_.WaitForNewer(before == nullptr ? 0 : before->generation, absl::Seconds(30));
  }

  std::shared_ptr<const Frame> frame_ = SmallFrame();
  size_t germany_ =
      frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany"));
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  NMinusOneWatch watch_{Clock::Real()};
};

TEST_F(NMinusOneWatchTest, NamesTheLossThatDoesNotFit) {
  watch_.Start();
  EXPECT_EQ(watch_.newest(), nullptr);
  const auto report = AskAndWait(now_);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->frame, frame_);
  EXPECT_EQ(report->asked_at, now_);
  ASSERT_FALSE(report->losses.empty());
  const Loss& fra1 = report->losses[0];
  EXPECT_EQ(fra1.target, 0u);
  EXPECT_NEAR(fra1.lost_mbps, 750, 5);
  EXPECT_NEAR(fra1.refused_mbps, 550, 10) << "ams1 and nyc1 take 100 each";
  EXPECT_EQ(fra1.worst_row, germany_);
  EXPECT_EQ(report->refused_mbps(), fra1.refused_mbps);
}

TEST_F(NMinusOneWatchTest, WantsTheNextQuestionTenSecondsLater) {
  watch_.Start();
  EXPECT_TRUE(watch_.Wants(now_));
  ASSERT_NE(AskAndWait(now_), nullptr);
  EXPECT_FALSE(watch_.Wants(now_ + absl::Seconds(9)));
  EXPECT_TRUE(watch_.Wants(now_ + absl::Seconds(1000)));
  ASSERT_NE(AskAndWait(now_ + absl::Seconds(1000)), nullptr);
  EXPECT_EQ(watch_.newest()->generation, 2u);
}

TEST_F(NMinusOneWatchTest, EndsTwiceWithoutABeginningAndInTheMiddle) {
  {
    NMinusOneWatch idle(Clock::Real());
    idle.Ask(frame_, now_, Question());
    idle.Stop();
    idle.Stop();
  }
  watch_.Start();
  for (int i = 0; i < 20; ++i) watch_.Ask(frame_, now_, Question());
  watch_.Stop();
  EXPECT_FALSE(watch_.Wants(now_ + absl::Hours(1)));
}

}  // namespace
}  // namespace spillway
