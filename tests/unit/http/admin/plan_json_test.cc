// tests/unit/http/admin/plan_json_test.cc -- the keys scripts rely on, and text that must stay
// text.
#include "http/admin/plan_json.h"

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
  EXPECT_TRUE(targets.at_pointer("/1/headroom_mbps").is_null());
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
  w.EndArray();
  simdjson::dom::element root = Parse(w.text());
  EXPECT_EQ(root.at_pointer("/1").get_array().size(), 0u);
  EXPECT_EQ(root.at_pointer("/2").get_array().size(), 0u);
}

}  // namespace
}  // namespace spillway::http
