// tests/unit/steering/resolvers/resolver_table_test.cc -- bounded memory, the heavy ones stay, rows
// add up.
#include "steering/resolvers/resolver_table.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/plan/heavy_set.h"
#include "tests/support/policy_fixture.h"
#include "tests/unit/steering/resolvers/caches_testing.h"

namespace spillway {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

class ResolverTableTest : public testing::Test {
 protected:
  ResolverTableTest() { table_.Bind(*frame_); }

  size_t Row(absl::string_view group) const {
    return frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup(group));
  }
  AnswerNote Note(uint64_t asker, size_t row, double t_s, uint32_t ttl_s = 30) const {
    AnswerNote note;
    note.asker = asker;
    note.row = static_cast<uint32_t>(row);
    note.table = TableTag(frame_->candidates.get());
    note.at_ms = AtMs(t_s);
    note.ttl_s = ttl_s;
    return note;
  }
  // Several farms side by side, second by second, swept each second.
  struct Farm {
    uint64_t asker;
    size_t row;
    CacheFarm farm;
    bool by_ecs = false;
  };
  void Run(std::vector<Farm>& farms, int from_s, int until_s) {
    for (int s = from_s; s < until_s; ++s) {
      for (Farm& f : farms) {
        f.farm.Run(s, s + 1, random_, [&](double t_s, uint32_t ttl_s) {
          AnswerNote note = Note(f.asker, f.row, t_s, ttl_s);
          note.by_ecs = f.by_ecs;
          table_.Take(note);
        });
      }
      table_.Sweep(AtMs(s + 1));
    }
  }

  std::mt19937_64 random_{42};
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  ResolverTable table_;
};

TEST_F(ResolverTableTest, ARowsArrivalsAreThoseOfItsResolversAndTheRest) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms;
  double truth = 0;
  for (uint64_t i = 0; i < 200; ++i) {
    const double rate = 20.0 / static_cast<double>(1 + i);  // Zipf: 118 sessions/s
    truth += rate;
    farms.push_back({.asker = 2 * i + 1, .row = row, .farm = {.rate = rate}});
  }
  Run(farms, 0, 1200);
  EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(0.8 * truth), Le(1.3 * truth)));
  EXPECT_EQ(table_.arrivals()[Row("??+new-york")], 0);
  EXPECT_EQ(table_.counts().entries, 200u);
}

TEST_F(ResolverTableTest, OnceAskersAreTheRestAndCostNoEntry) {
  const size_t row = Row("??+germany");
  uint64_t asker = 1;
  for (int s = 0; s < 600; ++s) {
    for (int i = 0; i < 50; ++i) table_.Take(Note(asker += 2, row, s + i / 50.0));
    table_.Sweep(AtMs(s + 1));
  }
  EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(45), Le(55)));
  EXPECT_LT(table_.counts().entries, 100u);  // what the doorkeeper mistook for known
}

TEST_F(ResolverTableTest, HeavyIsMoreThanHalfACellOfTheRowWithoutEcs) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms;
  // 2 sessions/s each: 0.2 % of the row, more than 1/512 = 0.195 %; too near to say.
  for (uint64_t i = 0; i < 400; ++i)
    farms.push_back({.asker = 2 * i + 1001, .row = row, .farm = {.rate = 0.5}});
  farms.push_back({.asker = 1, .row = row, .farm = {.rate = 20}});
  farms.push_back({.asker = 3, .row = row, .farm = {.rate = 4}});
  farms.push_back({.asker = 6, .row = row, .farm = {.rate = 20}, .by_ecs = true});
  farms.push_back({.asker = 5, .row = row, .farm = {.rate = 0.01}});
  Run(farms, 0, 700);
  EXPECT_THAT(table_.heavy(), Contains(1u));
  EXPECT_THAT(table_.heavy(), Contains(3u));
  EXPECT_THAT(table_.heavy(), Not(Contains(6u)));
  EXPECT_THAT(table_.heavy(), Not(Contains(5u)));
  EXPECT_EQ(table_.heavy()[0], 1u);  // the most demand first
}

TEST_F(ResolverTableTest, BothFamiliesOfOneAudienceCountOnce) {
  const size_t row = Row("??+germany");
  for (int s = 0; s < 900; ++s) {
    if (s % 30 == 0) {
      AnswerNote note = Note(7, row, s + 0.1 * (s / 30), 30);
      table_.Take(note);
      note.second_family = 1;
      note.at_ms += 3;
      table_.Take(note);
    }
    table_.Sweep(AtMs(s + 1));
  }
  ASSERT_NE(table_.Find(7, row), nullptr);
  EXPECT_EQ(table_.Find(7, row)->caches(), 1);
  EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(7), Le(13)));
}

TEST_F(ResolverTableTest, TenMillionRandomSourcesNeitherGrowItNorPushOutTheHeavyOne) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms = {{.asker = 1, .row = row, .farm = {.rate = 10}},
                             {.asker = 3, .row = row, .farm = {.caches = 4, .rate = 40}}};
  Run(farms, 0, 600);
  const size_t before = table_.memory_bytes();
  const double rate_before = table_.Find(1, row)->SessionsPerS(AtMs(600));
  for (int s = 600; s < 700; ++s) {  // 100,000 a second, most seen once, some a few times
    for (int i = 0; i < 100'000; ++i) {
      const uint64_t asker = (i % 10 == 0 ? random_() % 200'000 : random_()) | 1;
      table_.Take(Note(asker + 2, row, s + i * 1e-5));
    }
    Run(farms, s, s + 1);
  }
  EXPECT_EQ(table_.memory_bytes(), before);
  EXPECT_LE(table_.counts().entries, ResolverTableOptions().entries);
  ASSERT_NE(table_.Find(1, row), nullptr);
  ASSERT_NE(table_.Find(3, row), nullptr);
  EXPECT_THAT(table_.Find(1, row)->SessionsPerS(AtMs(700)),
              AllOf(Ge(rate_before / 2), Le(2 * rate_before)));
}

TEST_F(ResolverTableTest, AFullTableKeepsTheHeaviest) {
  table_ = ResolverTable({.entries = 256, .seed = 3});
  table_.Bind(*frame_);
  const size_t row = Row("??+germany");
  std::vector<Farm> farms;
  for (uint64_t i = 0; i < 2000; ++i)
    farms.push_back({.asker = 2 * i + 1, .row = row, .farm = {.rate = i < 20 ? 5 : 0.02}});
  Run(farms, 0, 3600);
  int kept = 0;
  for (uint64_t i = 0; i < 20; ++i) {
    const CacheEstimate* entry = table_.Find(2 * i + 1, row);
    kept += entry != nullptr && entry->waits() >= ResolverTable::kProvenWaits;
  }
  EXPECT_GE(kept, 18);
  EXPECT_GT(table_.counts().evicted, 0u);
  const double truth = 20 * 5 + 1980 * 0.02;
  EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(0.7 * truth), Le(1.4 * truth)));
}

TEST_F(ResolverTableTest, ANewFrameKeepsWhatItsNamesStillMean) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms = {{.asker = 1, .row = row, .farm = {.rate = 10}},
                             {.asker = 3, .row = Row("??+new-york"), .farm = {.rate = 10}}};
  Run(farms, 0, 600);
  Policy policy = SmallPolicy();
  policy.groups.erase(policy.groups.begin() + 1);  // new-york
  Service first = policy.services[0];
  first.name = "another";
  first.dns_names = {"another.example.com"};
  first.hosts = {};
  policy.services.insert(policy.services.begin(), first);
  const AnswerNote old = Note(1, row, 600);
  frame_ = SmallFrame(policy);
  table_.Bind(*frame_);
  table_.Take(old);
  EXPECT_EQ(table_.counts().foreign, 1u);
  table_.Sweep(AtMs(601));
  const size_t new_row =
      frame_->candidates->RowIndex(ServiceId(1), *frame_->groups->FindGroup("??+germany"));
  ASSERT_NE(new_row, row);
  ASSERT_NE(table_.Find(1, new_row), nullptr);
  EXPECT_THAT(table_.arrivals()[new_row], AllOf(Ge(6), Le(15)));
  EXPECT_EQ(table_.counts().entries, 1u);
}

TEST_F(ResolverTableTest, LossIsNotTakenForSilence) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms = {{.asker = 1, .row = row, .farm = {.rate = 10}}};
  Run(farms, 0, 600);
  const double before = table_.arrivals()[row];
  for (int s = 600; s < 900; ++s) {  // every other answer is lost
    farms[0].farm.Run(s, s + 1, random_, [&](double t_s, uint32_t ttl_s) {
      if (random_() % 2 == 0) return table_.NotesLost(AtMs(t_s));
      table_.Take(Note(1, row, t_s, ttl_s));
    });
    table_.Sweep(AtMs(s + 1));
  }
  Run(farms, 900, 1000);
  EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(before / 2), Le(before * 2)));
}

TEST_F(ResolverTableTest, ARowIsToldOnlyWhenItsResolversAreLearned) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms;
  for (uint64_t i = 0; i < 50; ++i)
    farms.push_back({.asker = 2 * i + 1, .row = row, .farm = {.rate = 2}});
  Run(farms, 0, 400);
  EXPECT_EQ(table_.arrivals()[row], 0);
  for (int s = 400; s < 700; ++s) {
    Run(farms, s, s + 1);
    if (table_.arrivals()[row] > 0) {
      EXPECT_THAT(table_.arrivals()[row], AllOf(Ge(80), Le(130))) << s;
    }
  }
  EXPECT_GT(table_.arrivals()[row], 0);
}

TEST_F(ResolverTableTest, ForgetsThoseWhoFellSilent) {
  const size_t row = Row("??+germany");
  std::vector<Farm> farms = {{.asker = 1, .row = row, .farm = {.rate = 10}}};
  Run(farms, 0, 600);
  EXPECT_THAT(table_.heavy(), ElementsAre(1));
  std::vector<Farm> nobody;
  Run(nobody, 600, 900);
  EXPECT_LT(table_.arrivals()[row], 0.05);
  EXPECT_THAT(table_.heavy(), IsEmpty());
  Run(nobody, 900, 1300);
  EXPECT_EQ(table_.counts().entries, 0u);
  table_.Sweep(AtMs(1300 + 40 * 86400));
  EXPECT_LT(table_.arrivals()[row], 1e-6);
}

}  // namespace
}  // namespace spillway
