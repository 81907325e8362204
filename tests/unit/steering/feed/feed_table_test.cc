#include "steering/feed/feed_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"

namespace spillway {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Policy> MakePolicy(const std::vector<std::string>& names) {
  auto policy = std::make_shared<Policy>();
  for (const std::string& name : names) {
    Target target;
    target.name = name;
    target.capacity.Set(Resource::kEgress, 400'000);
    ProbeSpec probe;
    probe.url = absl::StrCat("http://127.0.0.1/", name);
    target.probes.push_back(probe);
    policy->targets.push_back(target);
  }
  return policy;
}

class FeedTableTest : public ::testing::Test {
 protected:
  FeedTableTest() : table_(MakePolicy({"fra1", "ams1", "lon1"})) {}

  Sample MakeSample(absl::string_view target, uint64_t sequence, double egress) {
    Sample sample;
    sample.target = std::string(target);
    sample.sequence = sequence;
    sample.measured_at = clock_.Now();
    sample.current.Set(Resource::kEgress, egress);
    return sample;
  }
  BatchResult Accept(absl::string_view source, std::vector<Sample> samples) {
    SampleBatch batch;
    for (size_t i = 0; i < samples.size(); ++i) samples[i].row = static_cast<uint32_t>(i);
    batch.samples = std::move(samples);
    return table_.Accept(source, batch, clock_.Now());
  }
  TargetFacts Fra1() { return table_.Snapshot(clock_.Now()).targets[0]; }
  double Fra1Load() { return Fra1().load[Resource::kEgress]; }

  ManualClock clock_;
  FeedTable table_;
};

TEST_F(FeedTableTest, TakesASampleAndMovesTheGeneration) {
  uint64_t before = table_.generation();
  BatchResult result = Accept("agent", {MakeSample("fra1", 1, 100'000)});
  EXPECT_EQ(result.accepted, 1u);
  EXPECT_GT(table_.generation(), before);
  TargetFacts fra1 = Fra1();
  EXPECT_EQ(fra1.load[Resource::kEgress], 100'000);
  EXPECT_EQ(fra1.capacity[Resource::kEgress], 400'000) << "the policy's, since none was reported";
  EXPECT_EQ(fra1.feed, FeedState::kFresh);
  EXPECT_EQ(fra1.sequence, 1u);
  EXPECT_EQ(fra1.source, "agent");
}

TEST_F(FeedTableTest, RefusesABadRowAndTakesTheRest) {
  BatchResult result = Accept(
      "agent", {MakeSample("fra1", 1, 1), MakeSample("fra9", 1, 1), MakeSample("ams1", 1, 1)});
  EXPECT_EQ(result.accepted, 2u);
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].row, 1u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kUnknownTarget);
  EXPECT_THAT(result.refused[0].message, HasSubstr("did you mean \"fra1\"?"));
}

TEST_F(FeedTableTest, KeepsOrderPerSourceAndTarget) {
  Accept("agent", {MakeSample("fra1", 10, 100'000)});
  clock_.Advance(absl::Seconds(1));
  Sample late = MakeSample("fra1", 9, 1);
  late.measured_at -= absl::Seconds(2);
  BatchResult result = Accept("agent", {late});
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kOldSequence);
  EXPECT_EQ(result.refused[0].message, "sequence: want more than 10, got 9");

  EXPECT_EQ(Accept("other", {MakeSample("fra1", 1, 1)}).accepted, 1u)
      << "another source counts for itself";
  EXPECT_EQ(Accept("agent", {MakeSample("ams1", 1, 1)}).accepted, 1u)
      << "and so does another target";
}

TEST_F(FeedTableTest, CallsTheSameSampleAgainUnchanged) {
  Sample sample = MakeSample("fra1", 10, 100'000);
  Accept("agent", {sample});
  uint64_t generation = table_.generation();
  BatchResult result = Accept("agent", {sample});
  EXPECT_EQ(result.unchanged, 1u);
  EXPECT_TRUE(result.refused.empty());
  EXPECT_EQ(table_.generation(), generation);
}

TEST_F(FeedTableTest, LetsARestartedSourceCountFromTheBeginning) {
  Accept("agent", {MakeSample("fra1", 5'000, 100'000)});
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(Accept("agent", {MakeSample("fra1", 1, 120'000)}).accepted, 1u);
  EXPECT_EQ(Fra1Load(), 120'000);
}

TEST_F(FeedTableTest, RefusesAClockThatWentBack) {
  Accept("agent", {MakeSample("fra1", 1, 100'000)});
  Sample back = MakeSample("fra1", 2, 1);
  back.measured_at -= absl::Seconds(1);
  BatchResult result = Accept("agent", {back});
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kOldTime);
}

TEST_F(FeedTableTest, RefusesTheFutureAndTheFarPast) {
  Sample future = MakeSample("fra1", 1, 1);
  future.measured_at += kFutureMax + absl::Milliseconds(1);
  Sample past = MakeSample("ams1", 1, 1);
  past.measured_at -= kFrozenAfterTtls * past.ttl + absl::Milliseconds(1);
  BatchResult result = Accept("agent", {future, past});
  ASSERT_EQ(result.refused.size(), 2u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kFromFuture);
  EXPECT_EQ(result.refused[1].code, RowErrorCode::kExpired);
}

TEST_F(FeedTableTest, HoldsACapacityThatJumpsUntilASecondSampleSaysTheSame) {
  auto with_hard = [&](uint64_t sequence, double hard) {
    Sample sample = MakeSample("fra1", sequence, 100'000);
    sample.hard.Set(Resource::kEgress, hard);
    return sample;
  };
  Accept("agent", {with_hard(1, 400'000)});
  clock_.Advance(absl::Seconds(1));
  BatchResult first = Accept("agent", {with_hard(2, 200'000)});
  EXPECT_EQ(first.accepted, 1u);
  ASSERT_EQ(first.held.size(), 1u);
  EXPECT_EQ(first.held[0].message, "egress hard from 400 Gbps to 200 Gbps");
  EXPECT_EQ(Fra1().capacity[Resource::kEgress], 400'000);

  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Accept("agent", {with_hard(3, 210'000)}).held.empty());
  EXPECT_EQ(Fra1().capacity[Resource::kEgress], 210'000);
}

TEST_F(FeedTableTest, ForgetsASuspicionThatTheNextSampleDoesNotRepeat) {
  Accept("agent", {MakeSample("fra1", 1, 300'000)});
  for (uint64_t sequence = 2; sequence < 10; sequence += 2) {
    clock_.Advance(absl::Seconds(1));
    EXPECT_EQ(Accept("agent", {MakeSample("fra1", sequence, 0)}).held.size(), 1u);
    EXPECT_EQ(Fra1Load(), 300'000);
    clock_.Advance(absl::Seconds(1));
    EXPECT_TRUE(Accept("agent", {MakeSample("fra1", sequence + 1, 300'000)}).held.empty());
  }
}

TEST_F(FeedTableTest, HoldsASuddenZeroLoadUntilASecondSample) {
  Accept("agent", {MakeSample("fra1", 1, 300'000)});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Accept("agent", {MakeSample("fra1", 2, 0)}).held.size(), 1u);
  EXPECT_EQ(Fra1Load(), 300'000);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Accept("agent", {MakeSample("fra1", 3, 0)}).held.empty());
  EXPECT_EQ(Fra1Load(), 0);
}

TEST_F(FeedTableTest, BelievesZeroLoadOfATargetThatSaysItIsDown) {
  Accept("agent", {MakeSample("fra1", 1, 300'000)});
  clock_.Advance(absl::Seconds(1));
  Sample down = MakeSample("fra1", 2, 0);
  down.health = Health::kDown;
  EXPECT_TRUE(Accept("agent", {down}).held.empty());
  EXPECT_EQ(Fra1Load(), 0);
  EXPECT_EQ(Fra1().reported, Health::kDown);
}

TEST_F(FeedTableTest, TakesTheWorstOfSeveralSources) {
  Sample a = MakeSample("fra1", 1, 100'000), b = MakeSample("fra1", 1, 150'000);
  a.hard.Set(Resource::kEgress, 300'000);
  b.hard.Set(Resource::kEgress, 350'000);
  a.health = Health::kDown;
  b.health = Health::kUp;
  Accept("a", {a});
  Accept("b", {b});
  EXPECT_EQ(Fra1Load(), 150'000);
  EXPECT_EQ(Fra1().capacity[Resource::kEgress], 300'000);
  EXPECT_EQ(Fra1().reported, Health::kUp) << "one source alone cannot take a target out";
}

TEST_F(FeedTableTest, OneFloodingSourceIsLimitedAndStarvesNoOther) {
  std::vector<Sample> flood;
  for (uint64_t i = 1; i <= 25'000; ++i) flood.push_back(MakeSample("fra1", i, 100'000));
  BatchResult result = Accept("flood", flood);
  EXPECT_EQ(result.accepted, 20'000u);
  EXPECT_EQ(result.refused.size(), 5'000u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kRateLimited);
  EXPECT_TRUE(table_.OverRate("flood", clock_.Now()));
  EXPECT_FALSE(table_.OverRate("quiet", clock_.Now()));
  EXPECT_EQ(Accept("quiet", {MakeSample("ams1", 1, 1)}).accepted, 1u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(table_.OverRate("flood", clock_.Now()));
}

TEST_F(FeedTableTest, EveryRowEndsInExactlyOneOutcome) {
  SampleBatch batch;
  batch.samples = {MakeSample("fra1", 1, 1), MakeSample("fra1", 1, 1), MakeSample("nowhere", 1, 1)};
  for (uint32_t i = 0; i < 3; ++i) batch.samples[i].row = i;
  batch.refused.push_back({3, "lon1", RowErrorCode::kBadUnit, "unit"});
  BatchResult result = table_.Accept("agent", batch, clock_.Now());
  EXPECT_EQ(result.accepted + result.unchanged + result.refused.size(), batch.row_count());
  MetricsWriter writer;
  table_.WriteMetrics(clock_.Now(), &writer);
  for (absl::string_view line :
       {"spillway_feed_rows_total{source=\"agent\",outcome=\"accepted\"} 1\n",
        "spillway_feed_rows_total{source=\"agent\",outcome=\"unchanged\"} 1\n",
        "spillway_feed_rows_total{source=\"agent\",outcome=\"refused\"} 2\n",
        "spillway_feed_rows_refused_total{reason=\"bad_unit\"} 1\n",
        "spillway_feed_rows_refused_total{reason=\"unknown_target\"} 1\n"}) {
    EXPECT_THAT(writer.text(), HasSubstr(std::string(line)));
  }
}

TEST_F(FeedTableTest, LimitsTheSourcesOfOneTargetButForgetsFrozenOnes) {
  for (size_t i = 0; i < kSourcesMax; ++i) {
    EXPECT_EQ(Accept(absl::StrCat("s", i), {MakeSample("fra1", 1, 1)}).accepted, 1u);
  }
  BatchResult result = Accept("one-more", {MakeSample("fra1", 1, 1)});
  ASSERT_EQ(result.refused.size(), 1u);
  EXPECT_EQ(result.refused[0].code, RowErrorCode::kTooManySources);
  clock_.Advance(kFrozenAfterTtls * kTtlDefault + absl::Seconds(1));
  EXPECT_EQ(Accept("one-more", {MakeSample("fra1", 1, 1)}).accepted, 1u);
}

TEST_F(FeedTableTest, DrainsAreKeptByNameAndEndByThemselves) {
  Drain drain = {"ann", "disk", clock_.Now(), clock_.Now() + absl::Minutes(10)};
  ASSERT_TRUE(table_.SetDrain("fra1", drain).ok());
  absl::Status unknown = table_.SetDrain("fra2", drain);
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(unknown.message(), "no target \"fra2\"; did you mean \"fra1\"?");

  table_.Rebind(MakePolicy({"ams1"}), clock_.Now());  // fra1 is edited away and back
  table_.Rebind(MakePolicy({"lon1", "fra1"}), clock_.Now());
  Facts facts = table_.Snapshot(clock_.Now());
  ASSERT_EQ(facts.targets.size(), 2u);
  ASSERT_TRUE(facts.targets[1].drain.has_value());
  EXPECT_EQ(facts.targets[1].drain->who, "ann");

  clock_.Advance(absl::Minutes(10));
  EXPECT_FALSE(table_.Snapshot(clock_.Now()).targets[1].drain.has_value());
}

TEST_F(FeedTableTest, ClearsADrainOnceAndSaysSoWhenThereIsNone) {
  ASSERT_TRUE(table_.SetDrain("fra1", {"ann", "disk", clock_.Now()}).ok());
  EXPECT_TRUE(table_.ClearDrain("fra1").ok());
  EXPECT_EQ(table_.ClearDrain("fra1").message(), "target \"fra1\" is not drained");
  EXPECT_FALSE(Fra1().drain.has_value());
}

TEST_F(FeedTableTest, SnapshotsFollowTheIdsOfThePolicyTheyAreAskedFor) {
  Accept("agent", {MakeSample("fra1", 1, 77)});
  auto other = MakePolicy({"lon1", "ams1", "fra1"});
  EXPECT_EQ(table_.Snapshot(*other, clock_.Now()).targets[2].load[Resource::kEgress], 77);
  table_.Rebind(other, clock_.Now());
  EXPECT_EQ(table_.Snapshot(clock_.Now()).targets[2].load[Resource::kEgress], 77);
}

TEST_F(FeedTableTest, ProbesRiseAndFall) {
  auto probe = [&](bool ok) {
    clock_.Advance(absl::Seconds(2));
    table_.ProbeResult("fra1", 0, "local", ok, clock_.Now());
    return Fra1().probed;
  };
  EXPECT_EQ(Fra1().probed, Health::kUnknown);
  EXPECT_EQ(probe(true), Health::kUp) << "the first answer is proof of life";
  EXPECT_EQ(probe(false), Health::kUp);
  EXPECT_EQ(probe(false), Health::kUp);
  EXPECT_EQ(probe(true), Health::kUp) << "the streak is broken";
  EXPECT_EQ(probe(false), Health::kUp);
  EXPECT_EQ(probe(false), Health::kUp);
  EXPECT_EQ(probe(false), Health::kDown);
  EXPECT_EQ(probe(true), Health::kDown);
  EXPECT_EQ(probe(false), Health::kDown);
  EXPECT_EQ(probe(true), Health::kDown);
  EXPECT_EQ(probe(true), Health::kUp);
}

TEST_F(FeedTableTest, AProbeThatOneVantageReachesIsUp) {
  for (int i = 0; i < 3; ++i) table_.ProbeResult("fra1", 0, "local", false, clock_.Now());
  EXPECT_EQ(Fra1().probed, Health::kDown);
  table_.ProbeResult("fra1", 0, "ams", true, clock_.Now());
  EXPECT_EQ(Fra1().probed, Health::kUp);
}

TEST_F(FeedTableTest, ADeadProberIsNoReasonToTakeATargetOut) {
  for (int i = 0; i < 3; ++i) table_.ProbeResult("fra1", 0, "local", false, clock_.Now());
  EXPECT_EQ(Fra1().probed, Health::kDown);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Fra1().probed, Health::kUnknown);
}

TEST_F(FeedTableTest, WakesWhoWaitsForAChange) {
  uint64_t seen = table_.generation();
  std::thread waker([&] { table_.Wake(); });
  while (table_.WaitForChange(seen, absl::Seconds(10)) == seen) {
  }
  waker.join();
  EXPECT_EQ(table_.WaitForChange(table_.generation(), absl::Milliseconds(1)), table_.generation());
}

TEST_F(FeedTableTest, WritersAndReadersMayBeManyThreads) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([this, w] {
      for (uint64_t i = 1; i <= 300; ++i) {
        Sample sample;
        sample.target = "fra1";
        sample.sequence = i;
        sample.measured_at = clock_.Now();
        sample.current.Set(Resource::kEgress, static_cast<double>(i));
        SampleBatch batch;
        batch.samples = {sample};
        table_.Accept(absl::StrCat("w", w), batch, clock_.Now());
        table_.ProbeResult("fra1", 0, "local", true, clock_.Now());
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(table_.Snapshot(clock_.Now()).targets.size(), 3u);
    MetricsWriter writer;
    table_.WriteMetrics(clock_.Now(), &writer);
  }
  for (std::thread& t : writers) t.join();
  EXPECT_EQ(Fra1Load(), 300);
}

}  // namespace
}  // namespace spillway
