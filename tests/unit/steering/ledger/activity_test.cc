// tests/unit/steering/ledger/activity_test.cc -- counters of a board become answers of an interval.
#include "steering/ledger/activity.h"

#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(ActivityReader, ReturnsWhatIsNewSinceTheLastLook) {
  const auto frame = SmallFrame();
  ActivityReader reader;
  reader.Bind(frame);
  Activity activity;
  reader.Read(kStart, &activity);
  EXPECT_EQ(activity.elapsed, absl::ZeroDuration());
  frame->grants->Add(Front::kDns, 0, 1);
  frame->grants->Add(Front::kDns, 0, 1);
  frame->grants->Add(Front::kRedirect, 0, 2);
  frame->grants->Add(Front::kSteering, 0, 0);
  reader.Read(kStart + absl::Seconds(2), &activity);
  EXPECT_EQ(activity.elapsed, absl::Seconds(2));
  EXPECT_EQ(activity.dns[1], 2);
  EXPECT_EQ(activity.redirect[2], 1);
  EXPECT_EQ(activity.steering[0], 1);
  EXPECT_EQ(activity.dns[0], 0);
  frame->grants->Add(Front::kDns, 0, 1);
  reader.Read(kStart + absl::Seconds(3), &activity);
  EXPECT_EQ(activity.dns[1], 1);
  EXPECT_EQ(activity.redirect[2], 0);
}

TEST(ActivityReader, StartsANewBoardFromItsPresentValues) {
  const auto one = SmallFrame(), two = SmallFrame();
  two->grants->Add(Front::kDns, 0, 1);
  ActivityReader reader;
  reader.Bind(one);
  Activity activity;
  reader.Read(kStart, &activity);
  reader.Bind(two);
  reader.Read(kStart + absl::Seconds(1), &activity);
  EXPECT_EQ(activity.elapsed, absl::ZeroDuration());
  EXPECT_EQ(activity.dns[1], 0);
}

TEST(ActivityReader, CountsJoinsThatWerePutOffWhereThereIsAWaitingRoom) {
  ActivityReader reader;
  Activity activity;
  reader.Bind(SmallFrame());
  reader.Read(kStart, &activity);
  EXPECT_TRUE(activity.put_off.empty());

  Policy policy = SmallPolicy();
  policy.services[0].waiting_room = true;
  const auto frame = SmallFrame(policy);
  frame->grants->PutOff(0, 1);
  reader.Bind(frame);
  reader.Read(kStart, &activity);
  ASSERT_EQ(activity.put_off.size(), frame->candidates->row_count());
  EXPECT_EQ(activity.put_off[1], 0);  // before it looked
  frame->grants->PutOff(0, 1);
  frame->grants->PutOff(0, 1);
  reader.Read(kStart + absl::Seconds(1), &activity);
  EXPECT_EQ(activity.put_off[1], 2);
  reader.Read(kStart + absl::Seconds(2), &activity);
  EXPECT_EQ(activity.put_off[1], 0);
}

TEST(ActivityReader, AClockThatGoesBackGivesNoNegativeInterval) {
  ActivityReader reader;
  reader.Bind(SmallFrame());
  Activity activity;
  reader.Read(kStart, &activity);
  reader.Read(kStart - absl::Seconds(9), &activity);
  EXPECT_EQ(activity.elapsed, absl::ZeroDuration());
}

}  // namespace
}  // namespace spillway
