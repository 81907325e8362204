#include "steering/planner/planner.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/check.h"
#include "base/strings.h"
#include "steering/planner/accept.h"
#include "steering/planner/shares.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

// A quota stays as it was while the share is within this many cells of it: report noise of 0.5 %
// must not move a single client.
constexpr double kQuotaDeadbandCells = 1.25;

// Longest gap between plans that is credited to restoring: after a pause nothing may jump.
constexpr absl::Duration kElapsedMax = absl::Seconds(5);

double LowestWatermark(const Policy& policy) {
  double lowest = 1;
  for (const Service& service : policy.services)
    lowest = std::min(lowest, service.watermark.target);
  return lowest;
}

constexpr size_t kNew = SIZE_MAX;

// Index in the previous plan of each target of `policy`; kNew for those it did not have.
std::vector<size_t> PreviousTargets(const Frame& frame, const Plan* previous) {
  const Policy& policy = *frame.policy;
  std::vector<size_t> indices(policy.targets.size(), kNew);
  if (previous == nullptr) return indices;
  if (previous->frame.get() == &frame) {
    std::iota(indices.begin(), indices.end(), size_t{0});
    return indices;
  }
  const Policy& before = previous->policy();
  StringMap<size_t> by_name;
  for (size_t t = 0; t < before.targets.size(); ++t) by_name.emplace(before.targets[t].name, t);
  for (size_t t = 0; t < policy.targets.size(); ++t) {
    auto it = by_name.find(policy.targets[t].name);
    if (it != by_name.end()) indices[t] = it->second;
  }
  return indices;
}

// accept of the previous plan for this frame's (service, target); 1 for what is new.
std::vector<double> CarryAccept(const Frame& frame, const Plan* previous,
                                absl::Span<const size_t> previous_targets) {
  const Policy& policy = *frame.policy;
  if (previous != nullptr && previous->frame.get() == &frame) return previous->accept;
  std::vector<double> accept(policy.services.size() * policy.targets.size(), 1.0);
  if (previous == nullptr) return accept;
  const Policy& before = previous->policy();
  for (size_t s = 0; s < policy.services.size(); ++s) {
    auto old_service = before.FindService(policy.services[s].name);
    if (!old_service) continue;
    for (size_t t = 0; t < policy.targets.size(); ++t) {
      if (previous_targets[t] == kNew) continue;
      accept[s * policy.targets.size() + t] =
          previous->accept[old_service->index() * before.targets.size() + previous_targets[t]];
    }
  }
  return accept;
}

void FillTargets(const Facts& facts, const Plan* previous, Plan* plan) {
  const Policy& policy = plan->policy();
  const size_t target_count = policy.targets.size();
  const double watermark = LowestWatermark(policy);
  const std::vector<size_t> before = PreviousTargets(*plan->frame, previous);
  for (size_t t = 0; t < target_count; ++t) {
    plan->targets.push_back(ReadStatus(policy.targets[t], facts.targets[t], watermark));
    TargetStatus& status = plan->targets.back();
    status.returning = !status.up || status.facts.drain.has_value() ||
                       (before[t] != kNew && previous->targets[before[t]].returning);
  }
  plan->accept = CarryAccept(*plan->frame, previous, before);
  absl::Duration elapsed = previous == nullptr ? kElapsedMax : facts.now - previous->made_at;
  elapsed = std::clamp(elapsed, absl::ZeroDuration(), kElapsedMax);
  for (size_t t = 0; t < target_count; ++t) {
    TargetStatus& status = plan->targets[t];
    bool back = status.up && !status.facts.drain;
    for (size_t s = 0; s < policy.services.size(); ++s) {
      const Watermark& mark = policy.services[s].watermark;
      double& accept = plan->accept[s * target_count + t];
      accept = NextAccept(status, mark, accept, elapsed, facts.telemetry_frozen);
      status.accept = std::min(status.accept, accept);
      back = back && accept >= AcceptAt(status.utilisation, mark);
    }
    if (back) status.returning = false;
  }
}

// The previous quotas, when every one is still within the deadband of its share.
bool KeepQuotas(const Plan* previous, const Plan& plan, size_t row, const RowShares& shares,
                absl::Span<uint16_t> quotas) {
  if (previous == nullptr || previous->frame != plan.frame) return false;
  if ((previous->rows[row].state == RowState::kAllDown) != (shares.state == RowState::kAllDown))
    return false;
  absl::Span<const SlotPlan> old = previous->RowSlots(row);
  double sum = 0;
  for (double share : shares.shares) sum += share;
  for (size_t i = 0; i < quotas.size(); ++i) {
    const double cells = shares.shares[i] / sum * kCellCount;
    if (std::abs(cells - old[i].quota) >= kQuotaDeadbandCells) return false;
    // Nothing at once for who must get nothing; nothing yet for who would not fill a cell.
    if (cells <= 0 ? old[i].quota != 0 : old[i].quota == 0 && cells >= 1) return false;
    quotas[i] = old[i].quota;
  }
  return true;
}

void FillCells(const Frame& frame, absl::Span<const Slot> slots, absl::Span<const uint16_t> quotas,
               Plan* plan, PlanRow* row) {
  auto whole = std::find(quotas.begin(), quotas.end(), kCellCount);
  if (whole != quotas.end()) {
    row->only_slot = static_cast<uint8_t>(whole - quotas.begin());
    return;
  }
  absl::InlinedVector<uint8_t, 16> turn;
  absl::InlinedVector<const CellOrder*, 16> orders;
  for (size_t i = 0; i < slots.size(); ++i) {
    orders.push_back(&frame.cell_orders[slots[i].target.index()]);
    if (quotas[i] > 0) turn.push_back(static_cast<uint8_t>(i));
  }
  std::sort(turn.begin(), turn.end(),
            [&](uint8_t a, uint8_t b) { return slots[a].target < slots[b].target; });
  row->cells = static_cast<uint32_t>(plan->cells.size());
  plan->cells.resize(plan->cells.size() + kCellCount);
  AssignCells(quotas, orders, turn, absl::MakeSpan(plan->cells).subspan(row->cells));
}

// Longest TTL we give. RFC 8767 4: caches should not keep anything longer than 7 days.
constexpr int64_t kTtlSecondsMax = 7 * 86400;

uint32_t TtlSeconds(const TtlLadder& ttl, RowState state) {
  absl::Duration d = state == RowState::kCalm       ? ttl.calm
                     : state == RowState::kShedding ? ttl.shedding
                                                    : ttl.draining;
  return static_cast<uint32_t>(std::clamp<int64_t>(absl::ToInt64Seconds(d), 1, kTtlSecondsMax));
}

void FillRow(size_t row, const Plan* previous, RowShares* scratch, Plan* plan) {
  const Frame& frame = *plan->frame;
  const CandidateTable& candidates = *frame.candidates;
  const Service& service = plan->policy().service(candidates.RowService(row));
  absl::Span<const Slot> slots = candidates.Row(row);
  const size_t target_count = plan->targets.size();
  absl::Span<const double> accept =
      absl::MakeConstSpan(plan->accept)
          .subspan(candidates.RowService(row).index() * target_count, target_count);
  FillShares(slots, accept, plan->targets, plan->policy(), service.watermark, scratch);

  absl::InlinedVector<uint16_t, 16> quotas(slots.size());
  if (!KeepQuotas(previous, *plan, row, *scratch, absl::MakeSpan(quotas))) {
    RoundToCells(scratch->shares, absl::MakeSpan(quotas));
  }
  PlanRow& out = plan->rows[row];
  out.state = scratch->state;
  out.ttl_s = TtlSeconds(service.ttl, out.state);
  FillCells(frame, slots, quotas, plan, &out);
  for (size_t i = 0; i < slots.size(); ++i) {
    plan->slots[candidates.RowBegin(row) + i] = {quotas[i], scratch->verdicts[i]};
  }
}

}  // namespace

std::shared_ptr<const Plan> BuildPlan(std::shared_ptr<const Frame> frame, const Facts& facts,
                                      const Plan* previous) {
  CHECK(facts.targets.size() == frame->policy->targets.size());
  auto plan = std::make_shared<Plan>();
  plan->frame = std::move(frame);
  plan->generation = previous == nullptr ? 1 : previous->generation + 1;
  plan->made_at = facts.now;
  plan->telemetry_frozen = facts.telemetry_frozen;
  FillTargets(facts, previous, plan.get());
  plan->rows.resize(plan->frame->candidates->row_count());
  plan->slots.resize(plan->frame->candidates->slot_count());
  RowShares scratch;
  for (size_t row = 0; row < plan->rows.size(); ++row) FillRow(row, previous, &scratch, plan.get());
  return plan;
}

}  // namespace spillway
