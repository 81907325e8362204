#include "http/admin/answer_metrics.h"

#include <algorithm>
#include <string>

namespace spillway::http {
namespace {

template <typename NameOf>
void WriteFamily(absl::string_view name, absl::string_view help, absl::string_view label,
                 absl::Span<const uint64_t> totals, TopSeries* series, NameOf name_of,
                 MetricsWriter* out) {
  uint64_t other = 0;
  const auto named = series->Update(totals, &other);
  out->Family(name, "counter", help);
  for (const auto& entry : named)
    out->Sample({{label, name_of(entry.first)}}, static_cast<double>(entry.second));
  out->Sample({{label, "other"}}, static_cast<double>(other));
}

}  // namespace

void TopSeries::Reset() {
  base_.clear();
  fresh_ = true;
}

std::vector<std::pair<size_t, uint64_t>> TopSeries::Update(absl::Span<const uint64_t> totals,
                                                           uint64_t* other) {
  std::vector<size_t> waiting;
  *other = 0;
  for (size_t id = 0; id < totals.size(); ++id) {
    *other += totals[id];
    if (totals[id] > 0 && !base_.contains(id)) waiting.push_back(id);
  }
  const size_t places = std::min(series_max_ - base_.size(), waiting.size());
  std::partial_sort(
      waiting.begin(), waiting.begin() + static_cast<ptrdiff_t>(places), waiting.end(),
      [&](size_t a, size_t b) { return totals[a] != totals[b] ? totals[a] > totals[b] : a < b; });
  // Nobody has read "other" yet: what came before may have its name.
  for (size_t i = 0; i < places; ++i) base_.emplace(waiting[i], fresh_ ? 0 : totals[waiting[i]]);
  fresh_ = false;
  std::vector<std::pair<size_t, uint64_t>> named;
  for (const auto& entry : base_) {
    named.emplace_back(entry.first, totals[entry.first] - entry.second);
    *other -= named.back().second;
  }
  std::sort(named.begin(), named.end());
  return named;
}

void AnswerMetrics::Write(const Plan& plan, MetricsWriter* out) {
  MutexLock lock(mu_);
  if (frame_.lock() != plan.frame) {
    frame_ = plan.frame;
    groups_.Reset();
    services_.Reset();
    targets_.Reset();
  }
  const Frame& frame = *plan.frame;
  const CandidateTable& candidates = *frame.candidates;
  const Policy& policy = plan.policy();
  std::vector<uint64_t> by_group(frame.groups->groups().size());
  std::vector<uint64_t> by_service(policy.services.size());
  std::vector<uint64_t> by_target(policy.targets.size());
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    const absl::Span<const Slot> slots = candidates.Row(row);
    uint64_t sum = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      const auto slot = candidates.RowBegin(row) + static_cast<uint32_t>(i);
      uint64_t given = 0;
      for (size_t f = 0; f < kFrontCount; ++f)
        given += frame.grants->Sum(static_cast<Front>(f), slot);
      by_target[slots[i].target.index()] += given;
      sum += given;
    }
    by_group[candidates.RowGroup(row).index()] += sum;
    by_service[candidates.RowService(row).index()] += sum;
  }
  WriteFamily(
      "spillway_answers_by_group_total",
      "Answers of all fronts by client group; the busiest have names.", "group", by_group, &groups_,
      [&](size_t id) -> const std::string& { return frame.groups->groups()[id].name; }, out);
  WriteFamily(
      "spillway_answers_by_service_total",
      "Answers of all fronts by service; the busiest have names.", "service", by_service,
      &services_, [&](size_t id) -> const std::string& { return policy.services[id].name; }, out);
  WriteFamily(
      "spillway_answers_by_target_total",
      "Answers of all fronts by target; the busiest have names.", "target", by_target, &targets_,
      [&](size_t id) -> const std::string& { return policy.targets[id].name; }, out);
}

}  // namespace spillway::http
