// tests/unit/steering/planner/plan_promises_test.cc -- broken promises are seen, excuses are accepted.
#include "steering/planner/plan_promises.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/planner/controller.h"
#include "steering/planner/fail_static.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FindOverHard, NamesWhoIsPlannedAboveWhatIsThere) {
  const std::vector<double> planned = {900, 930, 930, 930, 5000}, pinned = {0, 0, 925, 0, 0},
                            hard = {900, 900, 900, 900, -1};
  const std::vector<uint8_t> over_full = {0, 0, 0, 1, 0};
  EXPECT_THAT(FindOverHard({planned, pinned, hard, over_full}), ElementsAre(TargetId(1)))
      << "not who was so before, whose clients fit nowhere, or whose limit nobody knows";
}

// A small world: every start is a redirect, sessions last two minutes, loads are reported every 5 s,
// demand wanders between a third and nearly all of what there is, targets die and come back.
TEST(CheckPromises, PlansOfTheControllerKeepThem) {
  Policy policy = SmallPolicy();
  policy.services[0].session = absl::Minutes(2);
  const auto frame = SmallFrame(policy);
  const CandidateTable& table = *frame->candidates;
  size_t near_full = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](uint64_t n) { return static_cast<double>(random() % n); };
    Facts facts = QuietFacts(*frame);
    Controller controller;
    Activity activity{.elapsed = absl::Seconds(1)};
    for (auto* counts : {&activity.dns, &activity.redirect, &activity.steering})
      counts->assign(table.slot_count(), 0);
    std::vector<double> sessions(3, 0);
    std::shared_ptr<const Plan> plan;
    double starts = 1.6;  // per second: 200 sessions, 1,000 Mbps
    for (int s = 0; s < 600; ++s) {
      facts.now += absl::Seconds(1);
      starts = std::clamp(starts + (below(101) - 50) / 1000, 1.6, 3.8);
      for (size_t t = 0; t < 3; ++t) {
        facts.targets[t].age += absl::Seconds(1);
        sessions[t] -= sessions[t] / 120;
        if (s % 5 == 0) Report(facts, t, sessions[t] * 5);
        if (s % 5 == 0) facts.targets[t].age = absl::ZeroDuration();
        if (random() % 300 == 0) facts.targets[t].probed = Health::kDown;
        if (random() % 30 == 0) facts.targets[t].probed = Health::kUp;
      }
      for (size_t row = 0; plan != nullptr && row < table.row_count(); ++row) {
        for (size_t i = 0; i < table.Row(row).size(); ++i) {
          const double part = plan->RowSlots(row)[i].quota / static_cast<double>(kCellCount);
          const double n = starts / static_cast<double>(table.row_count()) * part;
          activity.redirect[table.RowBegin(row) + i] = static_cast<float>(n);
          sessions[table.Row(row)[i].target.index()] += n;
        }
      }
      plan = controller.Tick(frame, {.facts = facts, .activity = activity});
      ASSERT_TRUE(CheckPlan(*plan).ok());
      const PlanPromises promises = CheckPromises(*plan);
      ASSERT_THAT(promises.over_hard, IsEmpty()) << "seed " << seed << " second " << s;
      ASSERT_EQ(promises.rows_below_min_targets, 0u);
      for (const TargetStatus& status : plan->targets) near_full += status.planned_mbps > 800;
    }
  }
  EXPECT_GT(near_full, 1000u) << "the world is too easy";
}

TEST(CheckPromises, RowsAtFewerTargetsThanAskedAreCounted) {
  Policy policy = SmallPolicy();
  policy.guards.min_targets_per_group = 3;
  const auto frame = SmallFrame(policy);
  Facts facts = QuietFacts(*frame);
  Plan plan = *BuildFailStaticPlan(frame, facts, nullptr);
  // Whole rows to one target, and one target down: two are asked, one has clients.
  facts.targets[2].probed = Health::kDown;
  plan.targets[2].up = false;
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    for (size_t i = 0; i < plan.RowSlots(row).size(); ++i)
      plan.slots[frame->candidates->RowBegin(row) + i].quota = i == 0 ? kCellCount : 0;
  }
  EXPECT_EQ(CheckPromises(plan).rows_below_min_targets, plan.rows.size());
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    for (size_t i = 0; i < plan.RowSlots(row).size(); ++i)
      plan.slots[frame->candidates->RowBegin(row) + i].quota = i < 2 ? kCellCount / 2 : 0;
  }
  EXPECT_EQ(CheckPromises(plan).rows_below_min_targets, 0u);
}

}  // namespace
}  // namespace spillway
