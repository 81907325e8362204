#include "http/admin/plan_metrics.h"

#include <array>
#include <vector>

#include "base/check.h"

namespace spillway::http {
namespace {

constexpr absl::string_view kFrontNames[kFrontCount] = {"dns", "redirect", "steering"};

void WriteGauge(const Plan& plan, absl::string_view name, absl::string_view help,
                MetricsWriter* out, double (*value)(const TargetStatus&)) {
  out->Family(name, "gauge", help);
  for (size_t i = 0; i < plan.targets.size(); ++i) {
    const double v = value(plan.targets[i]);
    if (v >= 0) out->Sample({{"target", plan.policy().targets[i].name}}, v);
  }
}

void WriteTargetMetrics(const Plan& plan, MetricsWriter* out) {
  WriteGauge(plan, "spillway_target_utilisation", "Load over capacity of the tightest resource.",
             out, [](const TargetStatus& t) { return t.utilisation; });
  WriteGauge(plan, "spillway_target_headroom_mbps", "Egress left below the watermark.", out,
             [](const TargetStatus& t) { return t.headroom_mbps; });
  WriteGauge(plan, "spillway_target_accept",
             "Part of the clients it would get that the target takes, 0 to 1.", out,
             [](const TargetStatus& t) { return t.accept; });
  WriteGauge(plan, "spillway_target_up", "1 when health allows clients, else 0.", out,
             [](const TargetStatus& t) { return t.up ? 1.0 : 0.0; });
  WriteGauge(plan, "spillway_target_drained", "1 when an operator took the target out.", out,
             [](const TargetStatus& t) { return t.facts.drain ? 1.0 : 0.0; });
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
                     {"front", kFrontNames[f]}},
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
              "1 while many feeds are stale at once and shares are held.");
  out->Sample(plan.telemetry_frozen ? 1 : 0);
  out->Family("spillway_bugs_total", "counter",
              "Survived violations of our own expectations; alert above 0.");
  out->Sample(static_cast<double>(BugCount()));
  WriteTargetMetrics(plan, out);
  WriteRowStates(plan, out);
  WriteGrants(plan, out);
}

}  // namespace spillway::http
