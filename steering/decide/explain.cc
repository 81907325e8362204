#include "steering/decide/explain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/units.h"
#include "steering/decide/overload.h"
#include "steering/plan/heavy_set.h"

namespace spillway {
namespace {

const std::string& NameOf(const Plan& plan, const Slot& slot) {
  return plan.policy().target(slot.target).name;
}

// Why a candidate does not serve everybody it could: "is drained by ana (kernel)".
std::string Obstacle(const Plan& plan, const Trace& trace, const Slot& slot, Verdict verdict) {
  const Watermark& mark =
      plan.policy().service(plan.frame->candidates->RowService(trace.row)).watermark;
  const TargetStatus& target = plan.targets[slot.target.index()];
  switch (verdict) {
    case Verdict::kDown:
      return "is down";
    case Verdict::kDrained:
      return absl::StrCat("is drained by ", target.facts.drain->who, " (", target.facts.drain->why,
                          ")");
    case Verdict::kFenced:
      return "is fenced off from this group";
    case Verdict::kFull:
    case Verdict::kShedding:
    case Verdict::kSpill: {
      const bool sheds = verdict == Verdict::kShedding;
      // Below its mark it is not the load that holds it back, but the pace of coming back.
      const bool loaded =
          sheds ? target.utilisation > mark.shed_from : target.utilisation >= mark.target;
      if (!loaded) return "is taking clients back slowly";
      return absl::StrCat(sheds ? "sheds at " : "is full at ", FormatFraction(target.utilisation),
                          " of its ", ResourceName(target.binding));
    }
    case Verdict::kServing:
    case Verdict::kCostlier:
    case Verdict::kLastResort:
      return "";
  }
  return "";
}

// What stands between this answer and a cheaper one: at most two, the cheapest first.
std::string CheaperObstacles(const Plan& plan, const Trace& trace) {
  absl::Span<const Slot> slots = plan.frame->candidates->Row(trace.row);
  absl::Span<const SlotPlan> plans = plan.RowSlots(trace.row);
  std::string text;
  int named = 0;
  for (size_t i = 0; i < slots.size() && named < 2; ++i) {
    if (slots[i].cost_ms >= slots[trace.chosen].cost_ms || slots[i].fenced) continue;
    std::string obstacle = Obstacle(plan, trace, slots[i], plans[i].verdict);
    if (obstacle.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : " and ", NameOf(plan, slots[i]), " ", obstacle);
    ++named;
  }
  return text;
}

std::string RuleSentence(const Plan& plan, const Decision& decision, const Trace& trace) {
  const Slot& slot = plan.frame->candidates->Row(trace.row)[trace.chosen];
  const SlotPlan& slot_plan = plan.RowSlots(trace.row)[trace.chosen];
  const std::string& name = NameOf(plan, slot);
  if (decision.state == RowState::kAllDown) {
    return "every candidate is down or drained: static weights answer, never nothing";
  }
  std::string head =
      trace.cell >= 0 ? absl::StrFormat("%s holds cell %d (%d of the group's %d cells)", name,
                                        trace.cell, slot_plan.quota, kCellCount)
                      : absl::StrFormat("%s serves the whole group at %.1f ms", name, slot.cost_ms);
  std::string cheaper = CheaperObstacles(plan, trace);
  if (!cheaper.empty()) return absl::StrCat(head, ": ", cheaper);
  if (slot_plan.verdict == Verdict::kSpill) {
    return absl::StrCat(head, ": nobody has room, what is left follows headroom");
  }
  if (trace.cell < 0) return absl::StrCat(head, ": the cheapest candidate, with room for all");
  if (slot_plan.verdict == Verdict::kShedding) {
    return absl::StrCat(head, ": it ", Obstacle(plan, trace, slot, slot_plan.verdict),
                        " and keeps these");
  }
  return absl::StrCat(head, ": by weight among candidates of equal cost");
}

}  // namespace

Explanation Explain(const Plan& plan, ServiceId service, const IpAddress& client, int source_bits) {
  Explanation e;
  e.client = client;
  e.source_bits = std::min(source_bits, client.bits_max());
  e.service = service;
  e.facts = LocateClient(plan, client, source_bits);
  e.decision = Decide(plan, service, e.facts, &e.trace);
  e.rule = RuleSentence(plan, e.decision, e.trace);
  // `client` is taken for a client. Asking as a resolver it would be answered otherwise.
  if (plan.heavy != nullptr && plan.heavy->Contains(ResolverHash(client)) && e.trace.cell >= 0) {
    absl::StrAppend(&e.rule, "; as a resolver without ECS it is heavy and takes turns by share");
  }
  std::string held_back = HeldBackText(plan.policy().service(service), plan.rows[e.trace.row]);
  if (!held_back.empty()) absl::StrAppend(&e.rule, "; ", held_back);
  return e;
}

}  // namespace spillway
