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

TEST(PlanMetrics, ShowPricesLimitsForecastsAndWhatIsHeldBack) {
  Policy policy = SmallPolicy();
  policy.limits = {{.name = "transit", .targets = {TargetId(0), TargetId(1)}, .egress_mbps = 900}};
  auto frame = SmallFrame(policy);
  Facts facts = QuietFacts(*frame);
  Report(facts, 0, 500);
  Plan plan = *PlanOnce(frame, facts);
  TargetStatus& fra1 = plan.targets[0];
  fra1.price_ms = 12.5;
  fra1.capacity_mbps = 700;
  fra1.capacity_estimated = true;
  fra1.correction_mbps = -30;
  fra1.pinned_mbps = 400;
  plan.targets[1].capacity_mbps = -1;  // unknown
  plan.services[0] = {.arrivals_expected = 12,
                      .arrivals_q90 = 15,
                      .forecast_error = 0.1,
                      .refused = 0.25,
                      .ladder_step = 2,
                      .guard_exceeded = true};
  plan.fail_static = true;
  plan.solver_converged = false;
  for (LimitStatus& limit : plan.limits)
    if (limit.shared >= 0) limit.price_ms = 3;
  MetricsWriter out;
  WritePlanMetrics(plan, {}, facts.now, &out);
  for (const char* line : {"spillway_target_price_ms{target=\"fra1\"} 12.5\n",
                           "spillway_target_capacity_mbps{target=\"fra1\"} 700\n",
                           "spillway_target_capacity_estimated{target=\"fra1\"} 1\n",
                           "spillway_target_correction_mbps{target=\"fra1\"} -30\n",
                           "spillway_target_pinned_mbps{target=\"fra1\"} 400\n",
                           "spillway_target_trust{target=\"fra1\"} 1\n",
                           "spillway_limit_price_ms{limit=\"transit\",resource=\"egress\"} 3\n",
                           "spillway_forecast_arrivals_q90{service=\"live\"} 15\n",
                           "spillway_forecast_error_ratio{service=\"live\"} 0.1\n",
                           "spillway_service_refused_ratio{service=\"live\"} 0.25\n",
                           "spillway_service_ladder_step{service=\"live\"} 2\n",
                           "spillway_service_guard_exceeded{service=\"live\"} 1\n",
                           "spillway_plan_solver_converged 0\n"})
    EXPECT_THAT(out.text(), HasSubstr(line));
  EXPECT_THAT(out.text(), Not(HasSubstr("spillway_target_capacity_mbps{target=\"ams1\"}")));
}

}  // namespace
}  // namespace spillway::http
