// tests/unit/steering/decide/decide_test.cc -- one client, one target: pure, scoped truthfully,
// explained.
#include "steering/decide/decide.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/decide/explain.h"
#include "steering/plan/heavy_set.h"
#include "tests/support/plan_once.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::HasSubstr;

class DecideTest : public testing::Test {
 protected:
  void Plan(double fra1_mbps) {
    Facts facts = QuietFacts(*frame_);
    if (fra1_mbps > 0) Report(facts, 0, fra1_mbps);
    plan_ = PlanOnce(frame_, facts);
  }
  Decision Ask(absl::string_view address, int bits = 128) {
    return Decide(*plan_, ServiceId(0), LocateClient(*plan_, *IpAddress::Parse(address), bits));
  }

  std::shared_ptr<const Frame> frame_ = SmallFrame();
  std::shared_ptr<const spillway::Plan> plan_;
};

TEST_F(DecideTest, UnsplitGroupsAreAnsweredWholeWithTheGroupsScope) {
  Plan(0);
  Decision d = Ask("10.1.2.3");
  EXPECT_EQ(d.target, TargetId(0));
  EXPECT_EQ(d.scope_bits, 16);
  EXPECT_EQ(Ask("10.2.2.3").target, TargetId(2));
  EXPECT_EQ(Ask("fd00:1::5").scope_bits, 32);
}

TEST_F(DecideTest, SplitGroupsAreAnsweredByCellWithTheCellsScope) {
  Plan(800);
  std::array<int, 3> count{};
  for (int i = 0; i < 256; ++i) {
    Decision d = Ask(absl::StrCat("10.1.", i, ".9"));
    ++count[d.target.index()];
    EXPECT_EQ(d.scope_bits, kCellBitsV4);
    // Everyone in the /24 gets the same: that is what the scope promises.
    EXPECT_EQ(Ask(absl::StrCat("10.1.", i, ".200")).target, d.target);
    EXPECT_EQ(Ask(absl::StrCat("10.1.", i, ".0"), 24).target, d.target);
  }
  EXPECT_GT(count[0], 64);
  EXPECT_GT(count[1], 64);
  EXPECT_EQ(count[2], 0);
  EXPECT_EQ(Ask("fd00:1::5").scope_bits, kCellBitsV6);
}

TEST_F(DecideTest, BitsBeyondTheSourcePrefixDoNotMatter) {
  Plan(800);
  EXPECT_EQ(Ask("10.1.77.1", 16).target, Ask("10.1.200.9", 16).target);
  EXPECT_EQ(Ask("10.1.0.0", 0).target, Ask("10.2.0.0", 0).target);
}

TEST_F(DecideTest, AskedTwiceItAnswersTheSame) {
  Plan(780);
  for (int i = 0; i < 50; ++i) {
    const std::string address = absl::StrCat("10.1.", i, ".1");
    Decision a = Ask(address), b = Ask(address);
    EXPECT_EQ(a.target, b.target);
    EXPECT_EQ(a.ttl_s, b.ttl_s);
  }
}

TEST_F(DecideTest, TtlsAreSpreadByTwentyPercent) {
  Plan(0);
  int low = 100, high = 0;
  for (int i = 0; i < 256; ++i) {
    int ttl = Ask(absl::StrCat("10.1.", i, ".1")).ttl_s;
    low = std::min(low, ttl);
    high = std::max(high, ttl);
  }
  EXPECT_GE(low, 24);
  EXPECT_LE(low, 26);
  EXPECT_LE(high, 36);
  EXPECT_GE(high, 34);
}

TEST_F(DecideTest, TheSlotCountsForTheTargetDecided) {
  Plan(0);
  Decision d = Ask("10.1.2.3");
  frame_->grants->Add(Front::kDns, 0, d.slot);
  EXPECT_EQ(frame_->grants->Sum(Front::kDns, d.slot), 1u);
  EXPECT_EQ(frame_->grants->Sum(Front::kRedirect, d.slot), 0u);
}

// An idle target that was full a moment ago was once said to "shed at 10.0% of its egress".
TEST_F(DecideTest, ExplainTellsATargetThatComesBackFromOneThatSheds) {
  Controller controller;
  Facts facts = QuietFacts(*frame_);
  facts.targets[0].probed = Health::kDown;
  const Activity quiet;
  controller.Tick(frame_, {.facts = facts, .activity = quiet});
  facts.now += absl::Seconds(3);
  facts.targets[0].probed = Health::kUp;
  Report(facts, 0, 100);
  plan_ = controller.Tick(frame_, {.facts = facts, .activity = quiet});
  EXPECT_TRUE(plan_->targets[0].returning);
  int coming_back = 0;
  for (int i = 0; i < 256; ++i) {
    const Explanation e =
        Explain(*plan_, ServiceId(0), *IpAddress::Parse(absl::StrCat("10.1.", i, ".9")), 32);
    EXPECT_THAT(e.rule, testing::Not(HasSubstr("sheds")));
    EXPECT_THAT(e.rule, testing::Not(HasSubstr("is full")));
    coming_back += e.rule.find("is back or new and takes clients slowly") != std::string::npos;
  }
  EXPECT_EQ(coming_back, 256);
}

// A plan by hand: germany's row is fra1 (cheapest), ams1, nyc1; ams1 serves it whole.
class RuleTest : public DecideTest {
 protected:
  void SetUp() override {
    DecideTest::Plan(0);
    made_ = *plan_;
    const ClientFacts client = LocateClient(made_, client_, 32);
    row_ = frame_->candidates->RowIndex(ServiceId(0), client.group);
    Give(1);
  }
  SlotPlan& slot(size_t i) { return made_.slots[frame_->candidates->RowBegin(row_) + i]; }
  TargetStatus& fra1() { return made_.targets[0]; }
  void Give(uint8_t only) {
    made_.rows[row_].cells = PlanRow::kUnsplit;
    made_.rows[row_].only_slot = only;
    for (size_t i = 0; i < 3; ++i) {
      slot(i) = {.quota = static_cast<uint16_t>(i == only ? kCellCount : 0),
                 .verdict = i == only ? Verdict::kServing : Verdict::kCostlier};
    }
  }
  void Price(double price_ms, Resource r = Resource::kEgress) {
    slot(0).verdict = Verdict::kFull;
    made_.price_ms.assign(3, 0);
    made_.price_ms[0] = price_ms;
    made_.limits = {{.target = 0, .resource = r, .price_ms = price_ms}};
    fra1().limit = 0;
  }
  std::string Rule() const { return Explain(made_, ServiceId(0), client_, 32).rule; }

  const IpAddress client_ = *IpAddress::Parse("10.1.2.3");
  size_t row_ = 0;
  spillway::Plan made_;
};

TEST_F(RuleTest, SaysWhyTheCheapestDoesNotServe) {
  struct Case {
    const char* what;
    std::function<void()> change;
    const char* says;
  };
  const double closed = std::numeric_limits<double>::infinity();
  const Case cases[] = {
      {"measured full", [&] { Price(25), fra1().utilisation = 0.87, fra1().pinned_mbps = 600; },
       ": fra1 is full at 87.0% of its egress (price 25.0 ms, 600 Mbps of 1 Gbps pinned)"},
      {"full of what is coming", [&] { Price(closed), fra1().planned_mbps = 850; },
       ": fra1 is full as 850 Mbps of its 1 Gbps are expected"},
      {"full of sessions that will start", [&] { Price(3, Resource::kSessionsStart); },
       ": fra1 is full of what is expected of its sessions_start (price 3.0 ms)"},
      {"less than it says",
       [&] { Price(9), fra1().capacity_estimated = true, fra1().capacity_mbps = 300; },
       ": fra1 is full because it delivers no more than 300 Mbps, whatever it reports"},
      {"silent", [&] { Price(9), fra1().facts.feed = FeedState::kFrozen; },
       ": fra1 gets no more than it had because its feed is silent (price 9.0 ms)"},
      {"pace", [&] { slot(0).held = Held::kPace; }, ": fra1 takes clients back slowly, 5 %"},
      {"slow start", [&] { slot(0).held = Held::kSlowStart; },
       ": fra1 is back or new and takes clients slowly, twice as many each TTL"},
      {"guard", [&] { slot(0).held = Held::kShiftGuard; },
       ": fra1 waits: guards.max_shift_per_minute is used up"},
      {"freeze", [&] { slot(0).held = Held::kFreeze; }, ": fra1 waits: a freeze window"},
      {"refused", [&] { made_.rows[row_].refused = 0.125f; },
       ": nobody has room for 12.5% of the group, what is left follows headroom"},
      {"hardly refused", [&] { made_.rows[row_].refused = 0.0002f; },
       ": nobody has room for less than 0.1% of the group, what is left follows headroom"},
      {"fail-static", [&] { made_.fail_static = true; }, ": the planner is silent"},
  };
  for (const Case& c : cases) {
    SetUp();
    c.change();
    EXPECT_THAT(Rule(), HasSubstr(std::string("ams1 serves the whole group at "))) << c.what;
    EXPECT_THAT(Rule(), HasSubstr(c.says)) << c.what;
  }
}

TEST_F(RuleTest, ASharedLimitIsNamedByThePolicy) {
  Policy policy = SmallPolicy();
  policy.limits = {{.name = "transit", .targets = {TargetId(0)}, .egress_mbps = 900}};
  frame_ = SmallFrame(policy);
  SetUp();
  Price(4);
  made_.limits[0] = {.shared = 0, .price_ms = 4};
  EXPECT_THAT(Rule(), HasSubstr(": fra1 is full by the shared limit transit (price 4.0 ms)"));
}

// Once said to be "the cheapest candidate, with room for all".
TEST_F(RuleTest, WhoServesForACheaperOneOfWeightZeroIsNotCalledCheapest) {
  Policy policy = SmallPolicy();
  policy.services[0].candidates[0].weight = 0;
  frame_ = SmallFrame(policy);
  SetUp();
  EXPECT_THAT(Rule(), HasSubstr(": fra1 has weight 0"));
  EXPECT_THAT(Rule(), testing::Not(HasSubstr("cheapest")));
}

TEST_F(RuleTest, TheCheapestServesBecauseItIs) {
  Give(0);
  EXPECT_THAT(Rule(), HasSubstr("fra1 serves the whole group"));
  EXPECT_THAT(Rule(), HasSubstr(": the cheapest candidate, with room for all"));
}

// The jitter once wrapped at 65,535 s: a ttl of one day was answered as a few minutes.
TEST_F(DecideTest, ATtlOfADayIsADayGiveOrTakeAFifth) {
  Policy policy = SmallPolicy();
  policy.services[0].ttl = {absl::Hours(24), absl::Hours(24), absl::Hours(24)};
  frame_ = SmallFrame(policy);
  Plan(0);
  for (int i = 0; i < 256; ++i) {
    const int64_t ttl_s = Ask(absl::StrCat("10.1.", i, ".9")).ttl_s;
    EXPECT_GE(ttl_s, 86400 * 0.8);
    EXPECT_LE(ttl_s, 86400 * 1.2 + 1);
  }
}

TEST_F(DecideTest, ExplainNamesWhatDecided) {
  auto rule = [this](absl::string_view address) {
    return Explain(*plan_, ServiceId(0), *IpAddress::Parse(address), 32).rule;
  };
  Plan(0);
  EXPECT_THAT(rule("10.1.2.3"), HasSubstr("fra1 serves the whole group"));
  EXPECT_THAT(rule("10.1.2.3"), HasSubstr("cheapest candidate, with room for all"));
  Plan(870);
  EXPECT_THAT(rule("10.1.2.3"), HasSubstr(": fra1 is full at 87.0% of its egress"));
  Plan(800);
  EXPECT_THAT(rule("10.1.2.3"), testing::ContainsRegex("holds cell [0-9]+ "));
  Facts facts = QuietFacts(*frame_);
  facts.targets[0].drain = Drain{.who = "ana", .why = "kernel"};
  plan_ = PlanOnce(frame_, facts);
  EXPECT_THAT(rule("10.1.2.3"), HasSubstr(": fra1 is drained by ana (kernel)"));
  for (TargetFacts& target : facts.targets) target.probed = Health::kDown;
  plan_ = PlanOnce(frame_, facts);
  EXPECT_THAT(rule("10.1.2.3"), HasSubstr("every candidate is down or drained"));
}

TEST_F(DecideTest, ExplanationAndAnswerCannotDisagree) {
  Plan(800);
  for (int i = 0; i < 100; ++i) {
    const std::string address = absl::StrCat("10.1.", i, ".1");
    Explanation e = Explain(*plan_, ServiceId(0), *IpAddress::Parse(address), 32);
    EXPECT_EQ(e.decision.target, Ask(address, 32).target);
    EXPECT_EQ(frame_->candidates->Row(e.trace.row)[e.trace.chosen].target, e.decision.target);
  }
}

// Rows of any shares: quotas of `plan` overwritten, cells with them.
class HeavyTest : public DecideTest {
 protected:
  static constexpr absl::string_view kResolver = "10.1.77.7";

  void Shares(std::array<uint16_t, 3> quotas) {
    spillway::Plan plan = *PlanOnce(frame_, QuietFacts(*frame_));
    row_ = frame_->candidates->RowIndex(ServiceId(0), *frame_->groups->FindGroup("??+germany"));
    plan.rows[row_].cells = static_cast<uint32_t>(plan.cells.size());
    for (size_t i = 0; i < quotas.size(); ++i) {
      plan.slots[frame_->candidates->RowBegin(row_) + i].quota = quotas[i];
      plan.cells.insert(plan.cells.end(), quotas[i], static_cast<uint8_t>(i));
    }
    ASSERT_TRUE(CheckPlan(plan).ok());
    const uint64_t heavy = ResolverHash(*IpAddress::Parse(kResolver));
    plan.heavy = std::make_shared<const HeavySet>(absl::MakeSpan(&heavy, 1));
    mutable_plan_ = std::make_shared<spillway::Plan>(std::move(plan));
    plan_ = mutable_plan_;
  }
  Decision Resolve(uint32_t epoch, absl::string_view address = kResolver) {
    mutable_plan_->epoch = epoch;
    const IpAddress peer = *IpAddress::Parse(address);
    return Decide(*plan_, ServiceId(0), LocateResolver(*plan_, peer, ResolverHash(peer)));
  }
  // The targets of an answer, the first first.
  std::vector<TargetId> Targets(const Decision& d) {
    std::vector<TargetId> targets = {d.target};
    for (size_t i = 0; i < d.more_count; ++i) targets.push_back(SlotTarget(d.more[i]));
    return targets;
  }
  TargetId SlotTarget(size_t i) const { return frame_->candidates->Row(row_)[i].target; }

  size_t row_ = 0;
  std::shared_ptr<spillway::Plan> mutable_plan_;
};

TEST_F(HeavyTest, AnySixtyFourEpochsInSuccessionMeetEveryShareWithinTwo) {
  for (const std::array<uint16_t, 3> quotas : {std::array<uint16_t, 3>{128, 64, 64},
                                               {230, 13, 13},
                                               {86, 85, 85},
                                               {1, 254, 1},
                                               {0, 200, 56}}) {
    Shares(quotas);
    std::vector<TargetId> given;
    for (uint32_t e = 0; e < 4096; ++e) given.push_back(Resolve(e + 0xfffff800u).target);
    for (size_t from = 0; from + 64 <= given.size(); ++from) {
      for (size_t i = 0; i < 3; ++i) {
        const auto begin = given.begin() + static_cast<ptrdiff_t>(from);
        const double count = static_cast<double>(std::count(begin, begin + 64, SlotTarget(i)));
        ASSERT_NEAR(count, 64.0 * quotas[i] / kCellCount, 2.0) << from;
      }
    }
  }
}

TEST_F(HeavyTest, ClientsWhoPickAmongTheTargetsEvenlyAreSpreadByTheShares) {
  for (const std::array<uint16_t, 3> quotas :
       {std::array<uint16_t, 3>{128, 64, 64}, {230, 13, 13}, {86, 85, 85}, {200, 0, 56}}) {
    Shares(quotas);
    std::array<double, 3> got{};
    constexpr uint32_t kEpochs = 4096;
    for (uint32_t e = 0; e < kEpochs; ++e) {
      const std::vector<TargetId> targets = Targets(Resolve(e));
      for (TargetId t : targets)
        got[t.index()] += 1.0 / static_cast<double>(targets.size()) / kEpochs;
    }
    for (size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(got[SlotTarget(i).index()], quotas[i] / 256.0, 0.002) << i;
  }
}

TEST_F(HeavyTest, AnswersHoldTwoToFourDistinctTargetsUnlessOneHasMoreThanHalf) {
  Shares({128, 64, 64});
  for (uint32_t e = 0; e < 500; ++e) {
    const std::vector<TargetId> targets = Targets(Resolve(e));
    EXPECT_EQ(std::set<TargetId>(targets.begin(), targets.end()).size(), targets.size());
    EXPECT_GE(targets.size(), 2u);
    EXPECT_LE(targets.size(), 4u);
  }
}

TEST_F(HeavyTest, OnlyTheHeavyOneTakesTurns) {
  Shares({100, 100, 56});
  for (uint32_t e = 0; e < 50; ++e) {
    EXPECT_EQ(Resolve(e, "10.1.77.8").target, Resolve(0, "10.1.77.8").target);
    EXPECT_EQ(Resolve(e, "10.1.77.8").more_count, 0);
  }
  // The heavy resolver's own address, as a client or as what ECS disclosed.
  const Decision first = Ask(kResolver);
  for (uint32_t e = 0; e < 50; ++e) {
    mutable_plan_->epoch = e;
    EXPECT_EQ(Ask(kResolver).target, first.target);
    EXPECT_EQ(Ask(kResolver, 24).more_count, 0);
  }
}

TEST_F(HeavyTest, AskedTwiceInATurnItAnswersTheSame) {
  Shares({100, 100, 56});
  for (uint32_t e = 0; e < 50; ++e) {
    const Decision a = Resolve(e), b = Resolve(e);
    EXPECT_EQ(Targets(a), Targets(b));
    EXPECT_EQ(a.ttl_s, b.ttl_s);
  }
}

TEST_F(HeavyTest, ExplainSaysWhoIsAnsweredOtherwiseAsAResolver) {
  Shares({100, 100, 56});
  auto rule = [this](absl::string_view address) {
    return Explain(*plan_, ServiceId(0), *IpAddress::Parse(address), 32).rule;
  };
  EXPECT_THAT(rule(kResolver), HasSubstr("it is heavy and takes turns"));
  EXPECT_THAT(rule("10.1.77.8"), testing::Not(HasSubstr("heavy")));
}

TEST_F(HeavyTest, AnUnsplitRowHasOneAnswerForEverybody) {
  Shares({256, 0, 0});
  mutable_plan_->rows[row_].cells = PlanRow::kUnsplit;
  for (uint32_t e = 0; e < 50; ++e) {
    EXPECT_EQ(Targets(Resolve(e)), std::vector<TargetId>{SlotTarget(0)});
  }
}

}  // namespace
}  // namespace spillway
