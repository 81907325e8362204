// tests/unit/http/admin/plan_json_test.cc -- the keys scripts rely on, and text that must stay
// text.
#include "http/admin/plan_json.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/support/plan_once.h"
#include "tests/support/policy_fixture.h"

namespace spillway::http {
namespace {

class PlanJsonTest : public testing::Test {
 protected:
  simdjson::dom::element Parse(const std::string& json) {
    simdjson::dom::element root;
    EXPECT_EQ(parser_.parse(simdjson::padded_string(json)).get(root), simdjson::SUCCESS) << json;
    return root;
  }
  void Plan() { plan_ = PlanOnce(frame_, facts_); }

  simdjson::dom::parser parser_;
  std::shared_ptr<const Frame> frame_ = SmallFrame();
  Facts facts_ = QuietFacts(*frame_);
  std::shared_ptr<const spillway::Plan> plan_;
};

TEST_F(PlanJsonTest, TargetsShowWhatIsKnownAndNullWhatIsNot) {
  Report(facts_, 0, 800);
  facts_.targets[0].age = absl::Seconds(2);
  facts_.targets[2].drain =
      Drain{.who = "ana \"the\nroot\"", .why = "\x1b[31m</script>", .since = facts_.now};
  Plan();
  frame_->grants->Add(Front::kDns, 0, 0);
  JsonWriter w;
  WriteTargets(*plan_, facts_.now + absl::Seconds(3), &w);
  simdjson::dom::element targets = Parse(w.text());
  ASSERT_EQ(targets.get_array().size(), 3u);
  EXPECT_EQ(double(targets.at_pointer("/0/utilisation")), 0.8);
  EXPECT_EQ(double(targets.at_pointer("/0/capacity/egress")), 1000);
  EXPECT_EQ(double(targets.at_pointer("/0/feed/age_s")), 5);  // now, not when planned
  EXPECT_TRUE(targets.at_pointer("/1/utilisation").is_null());
  EXPECT_NEAR(double(targets.at_pointer("/1/headroom_mbps")), 850, 1);  // by the policy's capacity
  EXPECT_TRUE(targets.at_pointer("/1/feed/age_s").is_null());
  EXPECT_TRUE(targets.at_pointer("/1/health/probe_age_s").is_null());
  EXPECT_TRUE(targets.at_pointer("/1/drain").is_null());
  EXPECT_EQ(std::string_view(targets.at_pointer("/2/drain/who")), "ana \"the\nroot\"");
  EXPECT_EQ(std::string_view(targets.at_pointer("/2/drain/why")), "\x1b[31m</script>");
  EXPECT_TRUE(targets.at_pointer("/2/drain/until").is_null());
  uint64_t granted = 0;
  for (simdjson::dom::element t : targets.get_array())
    granted += uint64_t(t.at_pointer("/grants/dns"));
  EXPECT_EQ(granted, 1u);
}

TEST_F(PlanJsonTest, ServicesCountTheirRowsByState) {
  facts_.targets[2].probed = Health::kDown;
  Plan();
  JsonWriter w;
  WriteServices(*plan_, &w);
  simdjson::dom::element services = Parse(w.text());
  EXPECT_EQ(std::string_view(services.at_pointer("/0/names/0")), "live.example.com");
  uint64_t rows = 0;
  for (const char* state :
       {"/0/rows/calm", "/0/rows/shedding", "/0/rows/draining", "/0/rows/all-down"})
    rows += uint64_t(services.at_pointer(state));
  EXPECT_EQ(rows, plan_->rows.size());
  EXPECT_GT(uint64_t(services.at_pointer("/0/rows/draining")), 0u);
}

TEST_F(PlanJsonTest, ExplainNamesEveryCandidateAndSharesAddUpToOne) {
  Report(facts_, 0, 800);
  Plan();
  const IpAddress client = *IpAddress::Parse("10.1.2.3");
  const Explanation e = Explain(*plan_, ServiceId(0), client, 24);
  simdjson::dom::element root = Parse(ExplainJson(*plan_, e, "https://x/y", facts_.now));
  EXPECT_EQ(std::string_view(root.at_pointer("/client")), "10.1.2.3");
  EXPECT_EQ(int64_t(root.at_pointer("/source_bits")), 24);
  EXPECT_EQ(std::string_view(root.at_pointer("/service")), "live");
  EXPECT_EQ(std::string_view(root.at_pointer("/row_state")), "shedding");
  EXPECT_EQ(int64_t(root.at_pointer("/scope_bits")), 24);
  EXPECT_EQ(std::string_view(root.at_pointer("/answer/location")), "https://x/y");
  EXPECT_FALSE(root.at_pointer("/cell").is_null());
  double sum = 0;
  for (simdjson::dom::element c : root.at_pointer("/candidates").get_array())
    sum += double(c.at_pointer("/share"));
  EXPECT_EQ(sum, 1);
}

TEST_F(PlanJsonTest, ExplainOfAWholeGroupHasNoCellAndByNameNoLocation) {
  Plan();
  const Explanation e = Explain(*plan_, ServiceId(0), *IpAddress::Parse("10.1.2.3"), 32);
  simdjson::dom::element root = Parse(ExplainJson(*plan_, e, "", facts_.now));
  EXPECT_TRUE(root.at_pointer("/cell").is_null());
  EXPECT_TRUE(root.at_pointer("/answer/location").is_null());
  EXPECT_EQ(std::string_view(root.at_pointer("/target")), "fra1");
}

TEST_F(PlanJsonTest, TargetsShowWhatTheControllerMakesOfThem) {
  Policy policy = SmallPolicy();
  policy.targets[2].capacity = ResourceVector();
  policy.limits = {{.name = "transit", .targets = {TargetId(0), TargetId(1)}, .egress_mbps = 900}};
  frame_ = SmallFrame(policy);
  Report(facts_, 0, 840);
  Plan();
  JsonWriter w;
  WriteTargets(*plan_, facts_.now, &w);
  simdjson::dom::element targets = Parse(w.text());
  EXPECT_EQ(double(targets.at_pointer("/0/capacity_mbps")), 1000);
  EXPECT_FALSE(bool(targets.at_pointer("/0/capacity_estimated")));
  EXPECT_EQ(double(targets.at_pointer("/0/trust")), 1);
  for (const char* key : {"/0/modelled_mbps", "/0/correction_mbps", "/0/pinned_mbps",
                          "/0/planned_mbps", "/0/planned_utilisation"})
    EXPECT_TRUE(targets.at_pointer(key).is_number()) << key;
  EXPECT_TRUE(targets.at_pointer("/2/capacity_mbps").is_null());
  EXPECT_TRUE(targets.at_pointer("/2/headroom_mbps").is_null());
  EXPECT_TRUE(targets.at_pointer("/2/planned_utilisation").is_null());
  EXPECT_TRUE(targets.at_pointer("/2/limit").is_null());
}

TEST_F(PlanJsonTest, ATargetThatIsOutIsNotReturningYet) {
  facts_.targets[0].probed = Health::kDown;
  Plan();
  JsonWriter w;
  WriteTargets(*plan_, facts_.now, &w);
  simdjson::dom::element targets = Parse(w.text());
  EXPECT_FALSE(bool(targets.at_pointer("/0/returning")));
}

TEST_F(PlanJsonTest, ATargetBehindAClosedSharedLimitNamesItAndHasNoPrice) {
  Policy policy = SmallPolicy();
  policy.limits = {{.name = "transit", .targets = {TargetId(0), TargetId(1)}, .egress_mbps = 500}};
  frame_ = SmallFrame(policy);
  Report(facts_, 0, 600);
  Plan();
  JsonWriter w;
  w.BeginArray();
  WriteTargets(*plan_, facts_.now, &w);
  WriteLimits(*plan_, &w);
  w.EndArray();
  simdjson::dom::element root = Parse(w.text());
  EXPECT_EQ(std::string_view(root.at_pointer("/0/0/limit")), "transit");
  EXPECT_TRUE(root.at_pointer("/0/0/price_ms").is_null());
  simdjson::dom::element shared;
  for (simdjson::dom::element limit : root.at_pointer("/1").get_array())
    if (bool(limit.at_pointer("/shared"))) shared = limit;
  EXPECT_EQ(std::string_view(shared.at_pointer("/name")), "transit");
  EXPECT_EQ(double(shared.at_pointer("/capacity_mbps")), 500);
  EXPECT_EQ(double(shared.at_pointer("/load_mbps")), 600);
  EXPECT_EQ(double(shared.at_pointer("/headroom")), 0);
  EXPECT_EQ(shared.at_pointer("/targets").get_array().size(), 2u);
}

TEST_F(PlanJsonTest, ServicesShowForecastAndWhatIsHeldBack) {
  Policy policy = SmallPolicy();
  policy.services[0].waiting_room = true;
  policy.services[0].bitrate_mbps = 5;
  frame_ = SmallFrame(policy);
  Plan();
  auto changed = std::make_shared<spillway::Plan>(*plan_);
  changed->services[0] = {.arrivals_now = 10,
                          .arrivals_expected = 12,
                          .arrivals_q10 = 9,
                          .arrivals_q90 = 15,
                          .sessions = 4000,
                          .waiting = 1234,
                          .refused = 0.25,
                          .moved = 0.1,
                          .ladder_step = 1,
                          .guard_exceeded = true};
  changed->rows[0].admit_permille = 300;
  JsonWriter w;
  WriteServices(*changed, &w);
  simdjson::dom::element s = Parse(w.text()).at(0);
  EXPECT_EQ(double(s.at_pointer("/forecast/arrivals_q90")), 15);
  EXPECT_TRUE(s.at_pointer("/forecast/error").is_null());  // not scored yet
  EXPECT_EQ(double(s.at_pointer("/refused")), 0.25);
  EXPECT_EQ(int64_t(s.at_pointer("/cap_kbps")), 3750);
  EXPECT_EQ(int64_t(s.at_pointer("/waiting/groups")), 1);
  EXPECT_EQ(double(s.at_pointer("/waiting/viewers")), 1234);
  EXPECT_EQ(double(s.at_pointer("/waiting/admitted_min")), 0.3);
  EXPECT_EQ(double(s.at_pointer("/waiting/retries_admitted_min")), 1);
  EXPECT_TRUE(bool(s.at_pointer("/guard_exceeded")));
}

TEST_F(PlanJsonTest, TheSummarySaysHowThePlanWasMade) {
  Plan();
  auto changed = std::make_shared<spillway::Plan>(*plan_);
  changed->fail_static = true;
  changed->solver_converged = false;
  JsonWriter w;
  WritePlanSummary(*changed, facts_.now, &w);
  simdjson::dom::element summary = Parse(w.text());
  EXPECT_TRUE(bool(summary.at_pointer("/fail_static")));
  EXPECT_EQ(double(summary.at_pointer("/horizon_s")), absl::ToDoubleSeconds(plan_->horizon));
  EXPECT_FALSE(bool(summary.at_pointer("/solver/converged")));
  EXPECT_EQ(int64_t(summary.at_pointer("/solver/sweeps")), plan_->solver_sweeps);
}

TEST_F(PlanJsonTest, CandidatesAddTheirPriceToTheirCost) {
  Plan();
  auto changed = std::make_shared<spillway::Plan>(*plan_);
  const Slot cheapest = frame_->candidates->Row(0)[0], dearest = frame_->candidates->Row(0)[2];
  changed->price_ms.assign(frame_->policy->targets.size(), 0);
  changed->price_ms[cheapest.target.index()] = 7.5;
  changed->price_ms[dearest.target.index()] = std::numeric_limits<double>::infinity();
  for (SlotPlan& slot : changed->slots) slot.held = Held::kPace;
  const Explanation e = Explain(*changed, ServiceId(0), *IpAddress::Parse("203.0.113.9"), 32);
  ASSERT_EQ(frame_->candidates->RowGroup(e.trace.row), e.facts.group);
  simdjson::dom::element root = Parse(ExplainJson(*changed, e, "", facts_.now));
  for (simdjson::dom::element c : root.at_pointer("/candidates").get_array()) {
    const std::string name{std::string_view(c.at_pointer("/target"))};
    EXPECT_EQ(std::string_view(c.at_pointer("/held")), "pace");
    if (name == frame_->policy->target(cheapest.target).name) {
      EXPECT_EQ(double(c.at_pointer("/service_price_ms")), 7.5);
      EXPECT_NEAR(double(c.at_pointer("/total_ms")), double(c.at_pointer("/cost_ms")) + 7.5, 1e-6);
    }
    if (name == frame_->policy->target(dearest.target).name) {
      EXPECT_TRUE(c.at_pointer("/service_price_ms").is_null());
      EXPECT_TRUE(c.at_pointer("/total_ms").is_null());
    }
  }
}

// Nothing to serve, nothing to serve from: empty lists, not a crash.
TEST_F(PlanJsonTest, AnEmptyPolicyIsEmptyLists) {
  frame_ = SmallFrame(Policy{});
  facts_ = QuietFacts(*frame_);
  plan_ = nullptr;
  Plan();
  ASSERT_TRUE(CheckPlan(*plan_).ok());
  JsonWriter w;
  w.BeginArray();
  WritePlanSummary(*plan_, facts_.now, &w);
  WriteTargets(*plan_, facts_.now, &w);
  WriteServices(*plan_, &w);
  WriteLimits(*plan_, &w);
  w.EndArray();
  simdjson::dom::element root = Parse(w.text());
  EXPECT_EQ(root.at_pointer("/3").get_array().size(), 0u);
  EXPECT_EQ(root.at_pointer("/1").get_array().size(), 0u);
  EXPECT_EQ(root.at_pointer("/2").get_array().size(), 0u);
}

}  // namespace
}  // namespace spillway::http
