#include "steering/plan/plan.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace spillway {
namespace {

absl::Status RowError(const Plan& plan, size_t row, absl::string_view what) {
  const CandidateTable& candidates = *plan.frame->candidates;
  return absl::InternalError(
      absl::StrCat("plan ", plan.generation, ": service ",
                   plan.policy().service(candidates.RowService(row)).name, ", group ",
                   plan.frame->groups->group(candidates.RowGroup(row)).name, ": ", what));
}

absl::Status CheckRowSlots(const Plan& plan, size_t row) {
  absl::Span<const Slot> candidates = plan.frame->candidates->Row(row);
  absl::Span<const SlotPlan> slots = plan.RowSlots(row);
  size_t sum = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    sum += slots[i].quota;
    if (slots[i].quota == 0) continue;
    if (candidates[i].fenced) return RowError(plan, row, "a fenced target has cells");
    const TargetStatus& target = plan.targets[candidates[i].target.index()];
    if (plan.rows[row].state != RowState::kAllDown && (!target.up || target.facts.drain)) {
      return RowError(plan, row, "a down or drained target has cells");
    }
  }
  if (sum != kCellCount) return RowError(plan, row, absl::StrCat("quotas sum to ", sum));
  return absl::OkStatus();
}

absl::Status CheckRowCells(const Plan& plan, size_t row) {
  const PlanRow& r = plan.rows[row];
  absl::Span<const SlotPlan> slots = plan.RowSlots(row);
  if (r.cells == PlanRow::kUnsplit) {
    if (r.only_slot >= slots.size() || slots[r.only_slot].quota != kCellCount) {
      return RowError(plan, row, "the only slot does not hold every cell");
    }
    return absl::OkStatus();
  }
  if (r.cells + kCellCount > plan.cells.size()) return RowError(plan, row, "cells out of range");
  std::array<uint16_t, kCellCount> held{};
  for (size_t c = 0; c < kCellCount; ++c) ++held[plan.cells[r.cells + c]];
  for (size_t i = 0; i < kCellCount; ++i) {
    if (held[i] != (i < slots.size() ? slots[i].quota : 0))
      return RowError(plan, row, "cells differ from quotas");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Frame>> MakeFrame(std::shared_ptr<const Policy> policy,
                                                       std::shared_ptr<const GroupMap> groups,
                                                       std::array<size_t, kFrontCount> workers) {
  auto frame = std::make_shared<Frame>();
  ASSIGN_OR_RETURN(frame->services, ServiceIndex::Create(*policy));
  ASSIGN_OR_RETURN(frame->candidates, CandidateTable::Build(*policy, groups->groups()));
  frame->grants = std::make_shared<GrantBoard>(frame->candidates->slot_count(),
                                                 frame->candidates->row_count(), workers);
  frame->cell_ranks.reserve(policy->targets.size());
  for (const Target& target : policy->targets) {
    frame->cell_ranks.push_back(MakeCellRanks(target.name));
    frame->aliases.push_back(target.cname.empty() ? "" : WireName(target.cname));
  }
  frame->policy = std::move(policy);
  frame->groups = std::move(groups);
  return std::shared_ptr<const Frame>(std::move(frame));
}

absl::string_view VerdictName(Verdict v) {
  constexpr absl::string_view kNames[] = {"serving", "costlier", "shedding", "full",       "spill",
                                          "down",    "drained",  "fenced",   "last-resort"};
  return kNames[static_cast<size_t>(v)];
}

absl::string_view HeldName(Held h) {
  constexpr absl::string_view kNames[] = {"none",   "pace",        "deadband",   "shift-guard",
                                          "freeze", "min-targets", "slow-start", "room"};
  return kNames[static_cast<size_t>(h)];
}

absl::string_view RowStateName(RowState s) {
  constexpr absl::string_view kNames[] = {"calm", "shedding", "draining", "all-down"};
  return kNames[static_cast<size_t>(s)];
}

std::string LimitName(const Plan& plan, const LimitStatus& limit) {
  if (limit.shared >= 0) return plan.policy().limits[limit.shared].name;
  return absl::StrCat(plan.policy().targets[limit.target].name, " ", ResourceName(limit.resource));
}

absl::Status CheckPlan(const Plan& plan) {
  const CandidateTable& candidates = *plan.frame->candidates;
  if (plan.rows.size() != candidates.row_count() || plan.slots.size() != candidates.slot_count()) {
    return absl::InternalError(
        absl::StrCat("plan ", plan.generation, ": wrong number of rows or slots"));
  }
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    RETURN_IF_ERROR(CheckRowSlots(plan, row));
    RETURN_IF_ERROR(CheckRowCells(plan, row));
  }
  return absl::OkStatus();
}

}  // namespace spillway
