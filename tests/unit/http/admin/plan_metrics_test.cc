// tests/unit/http/admin/plan_metrics_test.cc -- the families alerts are written on.
#include "http/admin/plan_metrics.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/plan_once.h"
#include "tests/support/policy_fixture.h"

namespace spillway::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PlanMetrics, NameTargetsServicesStatesAndGrants) {
  auto frame = SmallFrame();
  Facts facts = QuietFacts(*frame);
  Report(facts, 0, 500);
  for (auto& target : facts.targets) target.probed = Health::kDown;
  facts.targets[1].drain = Drain{.who = "ana", .why = "kernel"};
  facts.telemetry_frozen = true;
  auto plan = PlanOnce(frame, facts);
  const uint32_t slot = frame->candidates->RowBegin(0);
  const std::string granted = frame->policy->target(frame->candidates->Row(0)[0].target).name;
  for (int i = 0; i < 3; ++i) frame->grants->Add(Front::kRedirect, 0, slot);
  frame->grants->Add(Front::kRedirect, 7, slot);  // no such worker: not counted, not a crash

  MetricsWriter out;
  PlanLoop::Stats stats{.published = 5, .rejected = 2};
  WritePlanMetrics(*plan, stats, facts.now + absl::Seconds(7), &out);
  const std::string& text = out.text();
  EXPECT_THAT(text, HasSubstr("spillway_plan_age_seconds 7\n"));
  EXPECT_THAT(text, HasSubstr("spillway_plan_published_total 5\n"));
  EXPECT_THAT(text, HasSubstr("spillway_plan_rejected_total 2\n"));
  EXPECT_THAT(text, HasSubstr("spillway_telemetry_frozen 1\n"));
  EXPECT_THAT(text, HasSubstr("spillway_target_utilisation{target=\"fra1\"} 0.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("spillway_target_utilisation{target=\"nyc1\"}")));  // unknown
  EXPECT_THAT(text, HasSubstr("spillway_target_up{target=\"fra1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("spillway_target_drained{target=\"ams1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr(absl::StrCat("spillway_plan_groups{service=\"live\",state=\"all-down\"} ",
                                     plan->rows.size(), "\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("spillway_answers_granted_total{service=\"live\","
                                           "target=\"",
                                           granted, "\",front=\"redirect\"} 3\n")));
}

}  // namespace
}  // namespace spillway::http
