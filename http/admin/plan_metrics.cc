#include "http/admin/plan_metrics.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/check.h"

namespace spillway::http {
namespace {

// Services times targets with a series for each front; Prometheus' own advice is to stay under
// 10,000 series of a family.
constexpr size_t kPairsMax = 3000;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// -1 stands for unknown in many places.
double Known(double value) { return value >= 0 ? value : kUnknown; }

// Targets for which `value` is NaN have no sample.
void WriteGauge(const Plan& plan, absl::string_view name, absl::string_view help,
                MetricsWriter* out, double (*value)(const TargetStatus&)) {
  out->Family(name, "gauge", help);
  for (size_t i = 0; i < plan.targets.size(); ++i) {
    const double v = value(plan.targets[i]);
    if (!std::isnan(v)) out->Sample({{"target", plan.policy().targets[i].name}}, v);
  }
}

void WriteTargetMetrics(const Plan& plan, MetricsWriter* out) {
  WriteGauge(plan, "spillway_target_utilisation", "Load over capacity of the tightest resource.",
             out, [](const TargetStatus& t) { return Known(t.utilisation); });
  WriteGauge(plan, "spillway_target_headroom_mbps",
             "Egress left below the watermark beside what stays there until the horizon.", out,
             [](const TargetStatus& t) { return Known(t.headroom_mbps); });
  WriteGauge(plan, "spillway_target_accept",
             "Part of the clients it is cheapest for that the target gets, 0 to 1.", out,
             [](const TargetStatus& t) { return t.accept; });
  WriteGauge(plan, "spillway_target_up", "1 when health allows clients, else 0.", out,
             [](const TargetStatus& t) { return t.up ? 1.0 : 0.0; });
  WriteGauge(plan, "spillway_target_drained", "1 when an operator took the target out.", out,
             [](const TargetStatus& t) { return t.facts.drain ? 1.0 : 0.0; });
}

void WriteControlMetrics(const Plan& plan, MetricsWriter* out) {
  WriteGauge(plan, "spillway_target_price_ms",
             "Detour that one Mbps more at the target is worth; 0 = it has room.", out,
             [](const TargetStatus& t) { return t.price_ms; });
  WriteGauge(plan, "spillway_target_capacity_mbps", "Egress capacity in force.", out,
             [](const TargetStatus& t) { return Known(t.capacity_mbps); });
  WriteGauge(plan, "spillway_target_capacity_estimated",
             "1 when that is our estimate, because the target delivers less than it says.", out,
             [](const TargetStatus& t) { return t.capacity_estimated ? 1.0 : 0.0; });
  WriteGauge(plan, "spillway_target_trust", "Part of the capacity that is counted on.", out,
             [](const TargetStatus& t) { return t.trust; });
  WriteGauge(
      plan, "spillway_target_returning",
      "1 while a target that is new or back takes its clients slowly.", out,
      [](const TargetStatus& t) { return t.returning && t.up && !t.facts.drain ? 1.0 : 0.0; });
  WriteGauge(plan, "spillway_target_modelled_mbps", "Load that our answers placed, by the ledger.",
             out, [](const TargetStatus& t) { return t.modelled_mbps; });
  WriteGauge(plan, "spillway_target_correction_mbps",
             "What reports say beyond the ledger; below 0 when they say less.", out,
             [](const TargetStatus& t) { return t.correction_mbps; });
  WriteGauge(plan, "spillway_target_pinned_mbps",
             "Load that is still there at the horizon whatever is answered.", out,
             [](const TargetStatus& t) { return t.pinned_mbps; });
  WriteGauge(plan, "spillway_target_planned_mbps",
             "Load at the horizon: pinned, and what this plan places.", out,
             [](const TargetStatus& t) { return t.planned_mbps; });
}

void WriteLimitGauge(const Plan& plan, absl::string_view name, absl::string_view help,
                     MetricsWriter* out, double (*value)(const LimitStatus&)) {
  out->Family(name, "gauge", help);
  for (const LimitStatus& limit : plan.limits) {
    const Policy& policy = plan.policy();
    const std::string& owner =
        limit.shared >= 0 ? policy.limits[limit.shared].name : policy.targets[limit.target].name;
    out->Sample({{limit.shared >= 0 ? "limit" : "target", owner},
                 {"resource", ResourceName(limit.resource)}},
                value(limit));
  }
}

void WriteLimitMetrics(const Plan& plan, MetricsWriter* out) {
  WriteLimitGauge(plan, "spillway_limit_headroom",
                  "Room of a target's resource or a shared limit, in the resource's unit.", out,
                  [](const LimitStatus& l) { return l.headroom; });
  WriteLimitGauge(plan, "spillway_limit_load",
                  "What this plan places into that room, in the resource's unit.", out,
                  [](const LimitStatus& l) { return l.load; });
  WriteLimitGauge(plan, "spillway_limit_price_ms",
                  "Detour that one unit more would be worth; +Inf = closed.", out,
                  [](const LimitStatus& l) { return l.price_ms; });
}

void WriteServiceGauge(const Plan& plan, absl::string_view name, absl::string_view help,
                       MetricsWriter* out, double (*value)(const ServiceStatus&)) {
  out->Family(name, "gauge", help);
  for (size_t s = 0; s < plan.services.size(); ++s) {
    const double v = value(plan.services[s]);
    if (!std::isnan(v)) out->Sample({{"service", plan.policy().services[s].name}}, v);
  }
}

void WriteServiceMetrics(const Plan& plan, MetricsWriter* out) {
  const auto gauge = [&](absl::string_view name, absl::string_view help,
                         double (*value)(const ServiceStatus&)) {
    WriteServiceGauge(plan, name, help, out, value);
  };
  gauge("spillway_forecast_arrivals_now", "Sessions that begin each second, now.",
        [](const ServiceStatus& s) { return s.arrivals_now; });
  gauge("spillway_forecast_arrivals_expected",
        "Sessions that begin each second, mean from now to the horizon.",
        [](const ServiceStatus& s) { return s.arrivals_expected; });
  gauge("spillway_forecast_arrivals_q10", "One time in ten fewer will begin.",
        [](const ServiceStatus& s) { return s.arrivals_q10; });
  gauge("spillway_forecast_arrivals_q90", "One time in ten more will begin; plans are made for it.",
        [](const ServiceStatus& s) { return s.arrivals_q90; });
  gauge("spillway_forecast_error_ratio", "Mean absolute error of past forecasts.",
        [](const ServiceStatus& s) { return Known(s.forecast_error); });
  gauge("spillway_service_sessions", "Sessions playing, by the ledger.",
        [](const ServiceStatus& s) { return s.sessions; });
  gauge("spillway_service_refused_ratio", "Part of the demand that fits nowhere; alert above 0.",
        [](const ServiceStatus& s) { return s.refused; });
  gauge("spillway_service_moved_ratio", "Part of the demand that this plan moves.",
        [](const ServiceStatus& s) { return s.moved; });
  gauge("spillway_service_ladder_step", "Deepest bitrate cap in force; 0 = none.",
        [](const ServiceStatus& s) { return static_cast<double>(s.ladder_step); });
  gauge("spillway_service_guard_exceeded",
        "1 when protection moved more than guards.max_shift_per_minute.",
        [](const ServiceStatus& s) { return s.guard_exceeded ? 1.0 : 0.0; });
}

void WriteRowStates(const Plan& plan, MetricsWriter* out) {
  constexpr size_t kStates = 4;
  std::vector<std::array<double, kStates>> rows(plan.policy().services.size());
  const CandidateTable& candidates = *plan.frame->candidates;
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    ++rows[candidates.RowService(row).index()][static_cast<size_t>(plan.rows[row].state)];
  }
  out->Family("spillway_plan_groups", "gauge",
              "Client groups of a service by state of their plan row.");
  for (size_t s = 0; s < rows.size(); ++s) {
    for (size_t state = 0; state < kStates; ++state) {
      out->Sample({{"service", plan.policy().services[s].name},
                   {"state", RowStateName(static_cast<RowState>(state))}},
                  rows[s][state]);
    }
  }
}

void WriteGrants(const Plan& plan, MetricsWriter* out) {
  const CandidateTable& candidates = *plan.frame->candidates;
  const size_t targets = plan.targets.size();
  // Beyond, answer_metrics.h alone tells.
  if (plan.policy().services.size() * targets > kPairsMax) return;
  std::vector<std::array<double, kFrontCount>> sums(plan.policy().services.size() * targets);
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    absl::Span<const Slot> slots = candidates.Row(row);
    for (size_t i = 0; i < slots.size(); ++i) {
      auto& sum = sums[candidates.RowService(row).index() * targets + slots[i].target.index()];
      for (size_t f = 0; f < kFrontCount; ++f) {
        sum[f] += static_cast<double>(plan.frame->grants->Sum(
            static_cast<Front>(f), candidates.RowBegin(row) + static_cast<uint32_t>(i)));
      }
    }
  }
  out->Family(
      "spillway_answers_granted_total", "counter",
      "Answers that sent a client to a target, since the policy or geo database last changed.");
  for (size_t s = 0; s < plan.policy().services.size(); ++s) {
    for (size_t t = 0; t < targets; ++t) {
      for (size_t f = 0; f < kFrontCount; ++f) {
        if (sums[s * targets + t][f] == 0) continue;
        out->Sample({{"service", plan.policy().services[s].name},
                     {"target", plan.policy().targets[t].name},
                     {"front", FrontName(static_cast<Front>(f))}},
                    sums[s * targets + t][f]);
      }
    }
  }
}

}  // namespace

void WritePlanMetrics(const Plan& plan, const PlanLoop::Stats& stats, absl::Time now,
                      MetricsWriter* out) {
  out->Family("spillway_plan_generation", "gauge", "Number of the plan that answers now.");
  out->Sample(static_cast<double>(plan.generation));
  out->Family("spillway_plan_age_seconds", "gauge",
              "Time since that plan was made; alert above 5.");
  out->Sample(absl::ToDoubleSeconds(now - plan.made_at));
  out->Family("spillway_plan_build_seconds", "gauge",
              "Time the newest plan took to build and check.");
  out->Sample(absl::ToDoubleSeconds(stats.last_build));
  out->Family("spillway_plan_published_total", "counter", "Plans published.");
  out->Sample(static_cast<double>(stats.published));
  out->Family("spillway_plan_rejected_total", "counter",
              "Plans that broke an invariant and were not published.");
  out->Sample(static_cast<double>(stats.rejected));
  out->Family("spillway_telemetry_frozen", "gauge",
              "1 while many feeds are stale at once: the model steers without reports.");
  out->Sample(plan.telemetry_frozen ? 1 : 0);
  out->Family("spillway_bugs_total", "counter",
              "Survived violations of our own expectations; alert above 0.");
  out->Sample(static_cast<double>(BugCount()));
  out->Family("spillway_plan_solver_sweeps", "gauge", "Sweeps that the newest solve took.");
  out->Sample(plan.solver_sweeps);
  out->Family("spillway_plan_solver_converged", "gauge", "1 when it ended before its budget did.");
  out->Sample(plan.solver_converged ? 1 : 0);
  WriteTargetMetrics(plan, out);
  WriteControlMetrics(plan, out);
  WriteLimitMetrics(plan, out);
  WriteServiceMetrics(plan, out);
  WriteRowStates(plan, out);
  WriteGrants(plan, out);
}

}  // namespace spillway::http
