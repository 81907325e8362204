// tests/unit/steering/planner/accept_test.cc -- shed at once, restore slowly, believe the right
// voice.
#include "steering/planner/accept.h"

#include "gtest/gtest.h"
#include "steering/planner/planner.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

const Watermark kMark{.shed_from = 0.70, .target = 0.85, .hard = 0.90};

TargetStatus At(double utilisation, FeedState feed = FeedState::kFresh) {
  TargetStatus status;
  status.utilisation = utilisation;
  status.facts.feed = feed;
  return status;
}

TEST(Accept, FallsLinearlyBetweenShedFromAndTheWatermark) {
  EXPECT_EQ(AcceptAt(-1, kMark), 1);
  EXPECT_EQ(AcceptAt(0.70, kMark), 1);
  EXPECT_NEAR(AcceptAt(0.775, kMark), 0.5, 1e-9);
  EXPECT_EQ(AcceptAt(0.85, kMark), 0);
  EXPECT_EQ(AcceptAt(2.0, kMark), 0);
}

TEST(Accept, ShedsAtOnceAndRestoresSlowly) {
  EXPECT_NEAR(NextAccept(At(0.80), kMark, 1.0, absl::Seconds(1), false), 1.0 / 3, 1e-9);
  EXPECT_NEAR(NextAccept(At(0.10), kMark, 0.2, absl::Seconds(1), false), 0.2 + kRestorePerSecond,
              1e-9);
  EXPECT_NEAR(NextAccept(At(0.10), kMark, 0.99, absl::Seconds(5), false), 1.0, 1e-9);
}

TEST(Accept, AnAgeingFeedNeverGainsAndAFrozenOneNeverMoves) {
  EXPECT_EQ(NextAccept(At(0.10, FeedState::kAgeing), kMark, 0.4, absl::Seconds(5), false), 0.4);
  EXPECT_NEAR(NextAccept(At(0.84, FeedState::kAgeing), kMark, 0.4, absl::Seconds(5), false),
              1.0 / 15, 1e-9);
  EXPECT_EQ(NextAccept(At(0.99, FeedState::kFrozen), kMark, 0.4, absl::Seconds(5), false), 0.4);
  EXPECT_EQ(NextAccept(At(0.99), kMark, 0.4, absl::Seconds(5), /*hold=*/true), 0.4);
}

TEST(Accept, ADownOrDrainedTargetTakesNobody) {
  TargetStatus down = At(0.1);
  down.up = false;
  EXPECT_EQ(NextAccept(down, kMark, 1, absl::Seconds(1), /*hold=*/true), 0);
  TargetStatus drained = At(0.1);
  drained.facts.drain = Drain{.who = "ana", .why = "kernel"};
  EXPECT_EQ(NextAccept(drained, kMark, 1, absl::Seconds(1), false), 0);
}

TEST(ReadStatus, TheTightestResourceBinds) {
  Target target{.name = "fra1"};
  target.capacity.Set(Resource::kEgress, 1000);
  target.capacity.Set(Resource::kSessions, 100);
  TargetFacts facts;
  facts.load.Set(Resource::kEgress, 500);
  facts.load.Set(Resource::kSessions, 80);
  TargetStatus status = ReadStatus(target, facts, 0.85);
  EXPECT_NEAR(status.utilisation, 0.8, 1e-9);
  EXPECT_EQ(status.binding, Resource::kSessions);
  EXPECT_NEAR(status.headroom_mbps, 350, 1e-9);
}

TEST(ReadStatus, AReportedCapacityReplacesThePolicys) {
  Target target{.name = "fra1"};
  target.capacity.Set(Resource::kEgress, 1000);
  TargetFacts facts;
  facts.load.Set(Resource::kEgress, 300);
  facts.capacity.Set(Resource::kEgress, 400);
  EXPECT_NEAR(ReadStatus(target, facts, 0.85).utilisation, 0.75, 1e-9);
}

TEST(ReadStatus, ProbesOutrankReportsAndSilenceIsNotDeath) {
  Target target{.name = "fra1"};
  TargetFacts facts;
  EXPECT_TRUE(ReadStatus(target, facts, 0.85).up);
  facts.feed = FeedState::kFresh;
  facts.reported = Health::kDown;
  EXPECT_FALSE(ReadStatus(target, facts, 0.85).up);
  facts.feed = FeedState::kFrozen;  // an old "down" is no longer evidence
  EXPECT_TRUE(ReadStatus(target, facts, 0.85).up);
  facts.probed = Health::kDown;
  facts.reported = Health::kUp;
  facts.feed = FeedState::kFresh;
  EXPECT_FALSE(ReadStatus(target, facts, 0.85).up);
}

}  // namespace
}  // namespace spillway
