// tests/unit/steering/resolvers/resolver_watch_test.cc -- from workers' logs to what a plan is told.
#include "steering/resolvers/resolver_watch.h"

#include <array>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

class ResolverWatchTest : public testing::Test {
 protected:
  size_t row() const {
    return frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany"));
  }
  void Answer(size_t worker, uint64_t asker, uint32_t ttl_s) {
    AnswerNote note;
    note.asker = asker;
    note.row = static_cast<uint32_t>(row());
    note.table = TableTag(frame_->candidates.get());
    note.ttl_s = ttl_s;
    watch_.log(worker)->Add(note);
    watch_.log(worker)->Commit(now_);
  }
  // A resolver that asks 0.1 s after every expiry, at one worker and the other, for `hours`.
  void RunResolver(double hours) {
    absl::Time next = now_;
    const absl::Time end = now_ + absl::Hours(hours);
    for (int i = 0; now_ < end; now_ += absl::Milliseconds(100)) {
      if (now_ >= next) {
        Answer(static_cast<size_t>(++i) % 2, kAsker, 30);
        next = now_ + absl::Milliseconds(30'100);
      }
      if (absl::ToUnixMillis(now_) % 1000 == 0) watch_.Drain(now_, *frame_);
    }
    watch_.Drain(now_, *frame_);
  }
  std::string Metrics() {
    MetricsWriter writer;
    watch_.WriteMetrics(&writer);
    return writer.text();
  }

  static constexpr uint64_t kAsker = 12345;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  ResolverWatch watch_{2};
};

TEST_F(ResolverWatchTest, LearnsFromAllWorkersInTheOrderOfTime) {
  RunResolver(0.25);
  EXPECT_THAT(watch_.arrivals()[row()], AllOf(Ge(8), Le(12)));
  ASSERT_NE(watch_.heavy(), nullptr);
  EXPECT_TRUE(watch_.heavy()->Contains(kAsker));
  EXPECT_THAT(Metrics(), HasSubstr("spillway_resolvers_heavy 1\n"));
  EXPECT_THAT(Metrics(), HasSubstr("spillway_resolvers_entries 1\n"));
}

TEST_F(ResolverWatchTest, SharesOneSetAsLongAsItsMembersAreTheSame) {
  RunResolver(0.25);
  const auto before = watch_.heavy();
  RunResolver(0.05);
  EXPECT_EQ(watch_.heavy(), before);
}

TEST_F(ResolverWatchTest, IsEmptyBeforeItIsDrainedAndHasNoLogForStrangers) {
  EXPECT_TRUE(watch_.arrivals().empty());
  EXPECT_EQ(watch_.heavy(), nullptr);
  EXPECT_EQ(watch_.log(2), nullptr);
  EXPECT_THAT(Metrics(), HasSubstr("spillway_resolvers_dropped_notes_total 0\n"));
}

TEST_F(ResolverWatchTest, CountsWhatFullLogsDropAndGoesOn) {
  for (size_t i = 0; i < AnswerLog::kSize + 5; ++i) Answer(0, 2 * i + 1, 30);
  watch_.Drain(now_, *frame_);
  EXPECT_THAT(Metrics(), HasSubstr("spillway_resolvers_dropped_notes_total 5\n"));
  now_ += absl::Seconds(5);
  RunResolver(0.25);
  EXPECT_TRUE(std::isfinite(watch_.arrivals()[row()]));
  EXPECT_GE(watch_.arrivals()[row()], 8);
}

TEST_F(ResolverWatchTest, AClockSetBackStopsNothing) {
  RunResolver(0.25);
  now_ -= absl::Hours(1);
  RunResolver(0.25);
  EXPECT_THAT(watch_.arrivals()[row()], AllOf(Ge(8), Le(12)));
}

// What counts in the end: a resolver that asks once a TTL is sent to each target by the shares.
TEST_F(ResolverWatchTest, AskingInStepWithTheTtlStillWalksThroughTheShares) {
  const std::array<double, 3> shares = {128 / 256.0, 77 / 256.0, 51 / 256.0};
  for (uint64_t resolver = 0; resolver < 20; ++resolver) {
    const uint32_t start = static_cast<uint32_t>(Mix64(resolver));
    std::array<double, 3> count{};
    double t_s = 0;
    for (uint64_t i = 0; i < 64; ++i) {
      const uint32_t epoch = ResolverWatch::Epoch(now_ + absl::Seconds(t_s));
      const double at = static_cast<uint32_t>(start + epoch * 0x9e3779b9u) / 4294967296.0;
      ++count[at < shares[0] ? 0 : at < shares[0] + shares[1] ? 1 : 2];
      t_s += 24 + static_cast<double>(Mix64(resolver << 32 | i) % 13) + 0.1;  // as JitterTtl
    }
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(count[i], 64 * shares[i], 12) << resolver;
  }
}

}  // namespace
}  // namespace spillway
