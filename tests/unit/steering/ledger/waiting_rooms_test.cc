// tests/unit/steering/ledger/waiting_rooms_test.cc -- who waits, and who of those that ask is new.
#include "steering/ledger/waiting_rooms.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

// Viewers of one row who join, are let in or put off by a share, and come back when told.
class WaitingRoomsTest : public testing::Test {
 protected:
  static Policy WithWaitingRoom() {
    Policy policy = SmallPolicy();
    policy.services[0].waiting_room = true;
    return policy;
  }

  void SetUp() override { Use(WithWaitingRoom()); }
  void Use(const Policy& policy) {
    frame_ = SmallFrame(policy);
    rooms_.Bind(frame_);
    told_.assign(frame_->candidates->row_count(), PlanRow());
  }
  size_t Row() const {
    return frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany"));
  }
  // A second in which `fresh` viewers join and `admit` of all who ask are let in.
  void Second(double fresh, double admit) {
    told_[Row()].admit_permille = static_cast<uint16_t>(1000 * admit);
    told_[Row()].retry_after_s = kRetryAfter_s;
    const double back = waiting_ * -std::expm1(-1.0 / kRetryAfter_s);
    const double asks = fresh + back;
    Activity activity{.elapsed = absl::Seconds(1)};
    activity.redirect.assign(frame_->candidates->slot_count(), 0);
    activity.redirect[frame_->candidates->RowBegin(Row())] = static_cast<float>(asks * admit);
    activity.put_off.assign(frame_->candidates->row_count(), 0);
    activity.put_off[Row()] = static_cast<float>(asks * (1 - admit));
    waiting_ += asks * (1 - admit) - back;
    rooms_.Count(activity, told_);
  }
  double Joins() const { return rooms_.joins()[Row()]; }
  double Waiting() const { return rooms_.waiting()[Row()]; }

  static constexpr uint16_t kRetryAfter_s = 20;
  std::shared_ptr<const Frame> frame_;
  std::vector<PlanRow> told_;
  double waiting_ = 0;
  WaitingRooms rooms_;
};

TEST_F(WaitingRoomsTest, WhoAsksAgainIsNoNewJoin) {
  for (int t = 0; t < 300; ++t) {
    Second(5, t < 200 ? 0.05 : 0.5);
    ASSERT_FALSE(rooms_.joins().empty());
    ASSERT_NEAR(Joins(), 5, 0.01) << t;
    ASSERT_NEAR(Waiting(), waiting_, 0.01 * waiting_ + 0.1) << t;
  }
  EXPECT_GT(waiting_, 50);  // asks are several times the joins
  for (int t = 0; t < 200; ++t) Second(5, 1);
  EXPECT_LT(Waiting(), 1);
}

TEST_F(WaitingRoomsTest, ADrawOfTheAskersIsTakenForNoAudience) {
  std::mt19937 random(7);
  double sum = 0;
  for (int t = 0; t < 600; ++t) {
    Second(std::poisson_distribution<int>(5)(random), 0.05);
    sum += Joins();
  }
  EXPECT_NEAR(sum / 600, 5, 0.3);
}

TEST_F(WaitingRoomsTest, WhoDoesNotComeBackIsGone) {
  for (int t = 0; t < 60; ++t) Second(10, 0);
  EXPECT_GT(Waiting(), 150);
  waiting_ = 0;
  for (int t = 0; t < 120; ++t) Second(0, 1);
  EXPECT_LT(Waiting(), 2);
  Second(10, 1);
  EXPECT_GT(Joins(), 7);  // nobody pays for them long
}

TEST_F(WaitingRoomsTest, NothingIsSaidWhileNobodyIsPutOff) {
  Second(10, 1);
  EXPECT_TRUE(rooms_.joins().empty());
  EXPECT_TRUE(rooms_.waiting().empty());
}

TEST_F(WaitingRoomsTest, AReloadKeepsWhoWaits) {
  for (int t = 0; t < 60; ++t) Second(10, 0);
  const double before = Waiting();
  Policy policy = WithWaitingRoom();
  policy.services.insert(policy.services.begin(), policy.services[0]);
  policy.services[0].name = "first";
  policy.services[0].dns_names = {"first.example.com"};
  policy.services[0].hosts = {"first.example.com"};
  const auto frame = SmallFrame(policy);
  rooms_.Bind(frame);
  const size_t row =
      frame->candidates->RowIndex(ServiceId(1), *frame->groups->FindGroup("??+germany"));
  EXPECT_EQ(rooms_.waiting()[row], before);
  EXPECT_EQ(rooms_.waiting()[Row()], 0);

  policy.services[1].waiting_room = false;  // everybody is let in
  rooms_.Bind(SmallFrame(policy));
  for (const float waiting : rooms_.waiting()) EXPECT_EQ(waiting, 0);
}

}  // namespace
}  // namespace spillway
