// tests/unit/steering/planner/controller_test.cc -- facts in, plan out: whole plans, step by step.
#include "steering/planner/controller.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/decide/decide.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

class PlannerTest : public testing::Test {
 protected:
  // Plans `seconds` after the previous plan; every plan must keep its invariants.
  const Plan& Step(double seconds = 1) {
    facts_.now += absl::Seconds(seconds);
    activity_.elapsed = absl::Seconds(seconds);
    for (auto* counts : {&activity_.dns, &activity_.redirect, &activity_.steering})
      counts->resize(frame_->candidates->slot_count());
    plan_ = controller_.Tick(frame_, {.facts = facts_, .activity = activity_});
    EXPECT_TRUE(CheckPlan(*plan_).ok()) << CheckPlan(*plan_);
    return *plan_;
  }
  size_t Row(absl::string_view group) {
    return frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup(group));
  }
  // Share of `group` at target `id`.
  double Share(absl::string_view group, size_t id) {
    size_t row = Row(group);
    double cells = 0;
    for (size_t i = 0; i < plan_->RowSlots(row).size(); ++i) {
      if (frame_->candidates->Row(row)[i].target == TargetId(id))
        cells += plan_->RowSlots(row)[i].quota;
    }
    return cells / kCellCount;
  }

  static constexpr const char* kGermany = "??+germany";
  static constexpr const char* kNewYork = "??+new-york";
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  Facts facts_ = QuietFacts(*frame_);
  Activity activity_;
  Controller controller_;
  std::shared_ptr<const Plan> plan_;
};

TEST_F(PlannerTest, WithoutAnyReportEveryoneGoesToTheNearest) {
  Step();
  EXPECT_EQ(Share(kGermany, 0), 1);
  EXPECT_EQ(Share(kNewYork, 2), 1);
  EXPECT_EQ(plan_->rows[Row(kGermany)].ttl_s, 30);
}

// Room for 85 starts a second was once taken for room for 85 Mbps.
TEST_F(PlannerTest, ALimitOfSessionStartsIsNotALimitOfAsManyMbps) {
  Policy policy = SmallPolicy();
  policy.targets[0].capacity.Set(Resource::kSessionsStart, 100);
  frame_ = SmallFrame(policy);
  Step();
  EXPECT_NEAR(plan_->targets[0].headroom_mbps, 850, 1);
}

TEST_F(PlannerTest, NearTheWatermarkPartMovesBeforeItIsReached) {
  Report(facts_, 0, 800);  // 80 %: between shed_from 70 % and target 85 %
  Step();
  EXPECT_GT(Share(kGermany, 0), 0.3);
  EXPECT_LT(Share(kGermany, 0), 0.6);
  EXPECT_NEAR(Share(kGermany, 0) + Share(kGermany, 1), 1, 1e-9);  // the next nearest takes it
  EXPECT_EQ(Share(kNewYork, 2), 1);                               // nobody else is touched
  EXPECT_EQ(plan_->rows[Row(kGermany)].state, RowState::kShedding);
  EXPECT_EQ(plan_->rows[Row(kGermany)].ttl_s, 20);
}

TEST_F(PlannerTest, AFullTargetGetsNoNewClientAndComesBackSlowly) {
  Report(facts_, 0, 870);
  Step();
  EXPECT_EQ(Share(kGermany, 0), 0);
  double first = 0;
  for (int load = 860; load > 100; load -= 20) {
    Report(facts_, 0, load);
    const double before = Share(kGermany, 0);
    Step();
    EXPECT_LE(Share(kGermany, 0) - before, 0.06);  // 5 % a second
    if (first == 0 && Share(kGermany, 0) > 0) first = load;
  }
  EXPECT_LT(first, 870);  // not before there is room
  EXPECT_EQ(Share(kGermany, 0), 1);
}

TEST_F(PlannerTest, AProbeThatFailsMovesEveryoneAtOnce) {
  Step();
  facts_.targets[0].probed = Health::kDown;
  Step(0.01);
  EXPECT_EQ(Share(kGermany, 0), 0);
  EXPECT_EQ(Share(kGermany, 1), 1);
  EXPECT_EQ(plan_->rows[Row(kGermany)].state, RowState::kDraining);
}

TEST_F(PlannerTest, AllDownStillAnswersAndSaysSo) {
  for (auto& target : facts_.targets) target.probed = Health::kDown;
  Step();
  for (const PlanRow& row : plan_->rows) EXPECT_EQ(row.state, RowState::kAllDown);
  EXPECT_NEAR(Share(kGermany, 0) + Share(kGermany, 1) + Share(kGermany, 2), 1, 1e-9);
}

TEST_F(PlannerTest, ADrainTakesATargetToZeroAndUndrainBringsItBack) {
  facts_.targets[2].drain = Drain{.who = "ana", .why = "kernel"};
  Step();
  EXPECT_EQ(Share(kNewYork, 2), 0);
  facts_.targets[2].drain.reset();
  Step();
  EXPECT_GT(Share(kNewYork, 2), 0);
  EXPECT_LT(Share(kNewYork, 2), 0.05);  // a slow start: 2 %, twice as much every TTL
  for (int i = 0; i < 200; ++i) Step();
  EXPECT_EQ(Share(kNewYork, 2), 1);
}

TEST_F(PlannerTest, AFrozenFeedHoldsItsShares) {
  Report(facts_, 0, 800);
  Step();
  const double before = Share(kGermany, 0);
  Report(facts_, 0, 800, FeedState::kFrozen);
  facts_.targets[0].age = absl::Seconds(60);
  for (int i = 0; i < 30; ++i) {
    facts_.targets[0].age += absl::Seconds(1);
    Step();
  }
  EXPECT_NEAR(Share(kGermany, 0), before, 0.02);
}

// A target whose reporter died while it was out once stayed at 0 for ever.
TEST_F(PlannerTest, ATargetComesBackThoughItsFeedIsFrozen) {
  for (FeedState state : {FeedState::kFrozen, FeedState::kAgeing}) {
    Report(facts_, 0, 100);
    Step();
    Report(facts_, 0, 100, state);
    facts_.targets[0].drain = Drain{.who = "ana", .why = "kernel"};
    Step();
    EXPECT_EQ(Share(kGermany, 0), 0);
    facts_.targets[0].drain.reset();
    Step();
    EXPECT_GT(Share(kGermany, 0), 0);
    EXPECT_LT(Share(kGermany, 0), 0.2);  // at the usual pace
    for (int i = 0; i < 200; ++i) Step();
    EXPECT_EQ(Share(kGermany, 0), 1);
    EXPECT_FALSE(plan_->targets[0].returning);
  }
}

// Our own telemetry breaks, then probes flap from target to target: none may be lost for good.
TEST_F(PlannerTest, AFlapWhileTelemetryIsFrozenDoesNotKeepATargetOut) {
  Report(facts_, 0, 800);
  Step();
  const double before = Share(kGermany, 0);
  facts_.telemetry_frozen = true;
  facts_.targets[0].probed = Health::kDown;
  Step();
  facts_.targets[0].probed = Health::kUp;
  for (int i = 0; i < 200; ++i) Step();
  EXPECT_GE(Share(kGermany, 0), before - 0.01);
}

TEST_F(PlannerTest, ReportNoiseMovesNobody) {
  std::mt19937_64 rng(3);
  std::uniform_real_distribution<double> noise(-10, 10);
  Report(facts_, 0, 600);
  Step();
  const std::vector<uint8_t> before = plan_->cells;
  for (int i = 0; i < 50; ++i) {
    Report(facts_, 0, 600 + noise(rng));
    Step();
    EXPECT_TRUE(plan_->cells == before);
  }
}

TEST_F(PlannerTest, TheSameInputsGiveTheSamePlanBitForBit) {
  Report(facts_, 0, 770);
  Report(facts_, 1, 830);
  Facts facts = facts_;
  Controller one, other;
  auto a = one.Tick(frame_, {.facts = facts, .activity = activity_});
  auto b = other.Tick(frame_, {.facts = facts, .activity = activity_});
  EXPECT_EQ(a->cells, b->cells);
}

TEST_F(PlannerTest, ANewPolicyCarriesWhatTargetsAccepted) {
  Report(facts_, 0, 870);
  Step();
  Policy edited = SmallPolicy();
  std::swap(edited.targets[0], edited.targets[1]);  // fra1 is now target 1
  frame_ = SmallFrame(edited);
  facts_ = QuietFacts(*frame_);
  Report(facts_, 1, 100);
  Step(0.1);
  EXPECT_LT(Share(kGermany, 1), 0.1);  // still restoring, not back at once
}

TEST_F(PlannerTest, OneStepOfLoadMovesOnlyCellsThatMust) {
  Report(facts_, 0, 790);
  Step();
  size_t row = Row(kGermany);
  std::vector<uint8_t> before(plan_->cells.begin() + plan_->rows[row].cells,
                              plan_->cells.begin() + plan_->rows[row].cells + kCellCount);
  const double share = Share(kGermany, 0);
  Report(facts_, 0, 820);
  Step();
  int moved = 0;
  for (size_t c = 0; c < kCellCount; ++c)
    moved += before[c] != plan_->cells[plan_->rows[row].cells + c];
  EXPECT_EQ(moved, std::lround((share - Share(kGermany, 0)) * kCellCount));
}

// Random worlds: whatever the facts, a plan keeps its invariants (Step checks them).
TEST(Planner, KeepsItsInvariantsInRandomWorlds) {
  std::mt19937_64 rng(42);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int world = 0; world < 50; ++world) {
    Policy policy = SmallPolicy();
    for (Target& target : policy.targets)
      target.capacity.Set(Resource::kEgress, uniform(rng) < 0.1 ? 0 : 500 * uniform(rng));
    for (Candidate& c : policy.services[0].candidates)
      c.weight = uniform(rng) < 0.2 ? 0 : uniform(rng);
    if (uniform(rng) < 0.5) policy.services[0].distance_factor = 0;
    if (uniform(rng) < 0.5)
      policy.services[0].fences = {Fence{LabelId(0), {TargetId(1), TargetId(2)}}};
    auto frame = SmallFrame(policy);
    Facts facts = QuietFacts(*frame);
    std::shared_ptr<const Plan> plan;
    Controller controller;
    for (int step = 0; step < 40; ++step) {
      facts.now += absl::Seconds(uniform(rng) * 3);
      facts.telemetry_frozen = uniform(rng) < 0.05;
      for (size_t t = 0; t < facts.targets.size(); ++t) {
        Report(facts, t, 600 * uniform(rng), static_cast<FeedState>(rng() % 4));
        facts.targets[t].probed = static_cast<Health>(rng() % 3);
        facts.targets[t].reported = static_cast<Health>(rng() % 3);
        facts.targets[t].drain.reset();
        if (uniform(rng) < 0.2) facts.targets[t].drain = Drain{};
      }
      plan = controller.Tick(frame, {.facts = facts, .activity = Activity{}});
      ASSERT_TRUE(CheckPlan(*plan).ok())
          << CheckPlan(*plan) << " world " << world << " step " << step;
    }
  }
}

}  // namespace
}  // namespace spillway
