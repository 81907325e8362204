// tests/unit/steering/planner/plan_promises_test.cc -- broken promises are seen, excuses are accepted.
#include "steering/planner/plan_promises.h"

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

TEST(CheckPromises, APlanOfTheControllerKeepsThem) {
  auto frame = SmallFrame();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    Facts facts = QuietFacts(*frame);
    Controller controller;
    Activity activity;
    activity.elapsed = absl::Seconds(1);
    for (auto* counts : {&activity.dns, &activity.redirect, &activity.steering})
      counts->assign(frame->candidates->slot_count(), 0);
    std::vector<double> load = {500, 300, 200};
    for (int s = 0; s < 200; ++s) {
      facts.now += absl::Seconds(1);
      for (size_t t = 0; t < 3; ++t) {
        load[t] = std::max(0.0, load[t] + static_cast<double>(random() % 61) - 29);
        if (s % 5 == 0) Report(facts, t, load[t]);
        facts.targets[t].age = absl::Seconds(s % 5);
        facts.targets[t].probed = random() % 97 == 0 ? Health::kDown : Health::kUp;
      }
      const auto plan = controller.Tick(frame, {.facts = facts, .activity = activity});
      const PlanPromises promises = CheckPromises(*plan);
      ASSERT_THAT(promises.over_hard, IsEmpty())
          << "seed " << seed << " second " << s << ": planned "
          << plan->targets[promises.over_hard[0].index()].planned_mbps;
      ASSERT_EQ(promises.rows_below_min_targets, 0u);
    }
  }
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
