// What silence does, and what it must never do.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "steering/feed/feed_table.h"

namespace spillway {
namespace {

class FeedAgeing : public ::testing::Test {
 protected:
  FeedAgeing() : table_(MakePolicy()) {}

  static std::shared_ptr<const Policy> MakePolicy() {
    auto policy = std::make_shared<Policy>();
    for (const char* name : {"a", "b", "c", "d"}) {
      Target target;
      target.name = name;
      target.capacity.Set(Resource::kEgress, 1000);
      policy->targets.push_back(target);
    }
    return policy;
  }
  Sample Report(const std::string& target, Resource r, double load) {
    Sample sample;
    sample.target = target;
    sample.sequence = ++sequence_;
    sample.measured_at = clock_.Now();
    sample.current.Set(r, load);
    return sample;
  }
  void Send(const std::string& source, const Sample& sample) {
    SampleBatch batch;
    batch.samples = {sample};
    ASSERT_EQ(table_.Accept(source, batch, clock_.Now()).accepted, 1u);
  }
  Facts Now() { return table_.Snapshot(clock_.Now()); }

  ManualClock clock_;
  FeedTable table_;
  uint64_t sequence_ = 0;
};

TEST_F(FeedAgeing, GoesFromFreshToAgeingToFrozenAndNeverToDown) {
  Sample sample = Report("a", Resource::kEgress, 500);
  sample.health = Health::kUp;
  Send("agent", sample);
  EXPECT_EQ(Now().targets[0].feed, FeedState::kFresh);
  clock_.Advance(kTtlDefault);
  EXPECT_EQ(Now().targets[0].feed, FeedState::kFresh);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Now().targets[0].feed, FeedState::kAgeing);
  clock_.Advance((kFrozenAfterTtls - 1) * kTtlDefault);
  EXPECT_EQ(Now().targets[0].feed, FeedState::kFrozen);
  clock_.Advance(absl::Hours(48));
  TargetFacts late = Now().targets[0];
  EXPECT_EQ(late.feed, FeedState::kFrozen);
  EXPECT_EQ(late.reported, Health::kUp);
  EXPECT_EQ(late.load[Resource::kEgress], 500);
  EXPECT_FALSE(late.drain.has_value());
}

TEST_F(FeedAgeing, IsJudgedByTheSamplesOwnTtlAndClock) {
  Sample sample = Report("a", Resource::kEgress, 500);
  sample.ttl = absl::Seconds(1);
  sample.measured_at -= absl::Seconds(2);
  Send("agent", sample);
  EXPECT_EQ(Now().targets[0].feed, FeedState::kAgeing);
  EXPECT_EQ(Now().targets[0].age, absl::Seconds(2));
}

TEST_F(FeedAgeing, AFreshSourceOutranksAnOldOne) {
  Send("old", Report("a", Resource::kEgress, 900));
  clock_.Advance(absl::Seconds(11));
  EXPECT_EQ(Now().targets[0].load[Resource::kEgress], 900);
  Send("new", Report("a", Resource::kEgress, 100));
  EXPECT_EQ(Now().targets[0].load[Resource::kEgress], 100);
  EXPECT_EQ(Now().targets[0].source, "new");
}

TEST_F(FeedAgeing, FreshSessionsDoNotHideThatEgressHasGoneQuiet) {
  Send("snmp", Report("a", Resource::kEgress, 900));
  clock_.Advance(absl::Seconds(11));
  Send("player-api", Report("a", Resource::kSessions, 5));
  TargetFacts a = Now().targets[0];
  EXPECT_EQ(a.feed, FeedState::kAgeing);
  EXPECT_EQ(a.load[Resource::kEgress], 900);
  EXPECT_EQ(a.load[Resource::kSessions], 5);
  EXPECT_EQ(a.source, "snmp") << "the report that explains the state";
}

TEST_F(FeedAgeing, ASourceSilentForAnHourIsForgottenWhenAnotherReports) {
  Send("snmp", Report("a", Resource::kEgress, 900));
  clock_.Advance(kForgetAfter + absl::Seconds(1));
  EXPECT_EQ(Now().targets[0].load[Resource::kEgress], 900);
  Send("player-api", Report("a", Resource::kSessions, 5));
  EXPECT_EQ(Now().targets[0].feed, FeedState::kFresh);
  EXPECT_FALSE(Now().targets[0].load.has(Resource::kEgress));
}

TEST_F(FeedAgeing, AFrozenDownYieldsToOurOwnProbes) {
  auto policy = std::make_shared<Policy>(*MakePolicy());
  policy->targets[0].probes.resize(1);
  table_.Rebind(policy, clock_.Now());
  Sample down = Report("a", Resource::kEgress, 0);
  down.health = Health::kDown;
  Send("agent", down);
  table_.ProbeResult("a", 0, "local", true, clock_.Now());
  EXPECT_EQ(Now().targets[0].reported, Health::kDown);
  clock_.Advance(absl::Seconds(61));
  EXPECT_EQ(Now().targets[0].reported, Health::kDown) << "the probe is as old as the report";
  table_.ProbeResult("a", 0, "local", true, clock_.Now());
  EXPECT_EQ(Now().targets[0].reported, Health::kUnknown);
}

TEST_F(FeedAgeing, ManyStaleAtOnceMeansOurTelemetryBroke) {
  EXPECT_FALSE(Now().telemetry_frozen) << "nothing ever reported";
  for (const char* name : {"a", "b", "c"}) Send("agent", Report(name, Resource::kEgress, 1));
  clock_.Advance(absl::Seconds(11));
  Send("agent", Report("a", Resource::kEgress, 1));
  EXPECT_TRUE(Now().telemetry_frozen) << "two of the three that ever reported";
  Send("agent", Report("b", Resource::kEgress, 1));
  EXPECT_FALSE(Now().telemetry_frozen);
}

TEST_F(FeedAgeing, OneSilentTargetAloneIsItsOwnTrouble) {
  Send("agent", Report("a", Resource::kEgress, 1));
  clock_.Advance(absl::Seconds(11));
  EXPECT_FALSE(Now().telemetry_frozen);
}

}  // namespace
}  // namespace spillway
