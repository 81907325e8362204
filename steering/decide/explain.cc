#include "steering/decide/explain.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/units.h"
#include "steering/decide/overload.h"
#include "steering/plan/heavy_set.h"

namespace spillway {
namespace {

// A sentence names this many obstacles, the cheapest candidates first: more is a table's work.
constexpr int kObstaclesMax = 2;

const std::string& NameOf(const Plan& plan, const Slot& slot) {
  return plan.policy().target(slot.target).name;
}

// What the target is out of: "at 87.0% of its egress", "by the shared limit transit", "as 85 Gbps
// of its 100 Gbps are expected".
std::string OutOf(const Plan& plan, const TargetStatus& target, double shed_from) {
  if (target.limit >= 0 && plan.limits[target.limit].shared >= 0)
    return absl::StrCat("by the shared limit ", LimitName(plan, plan.limits[target.limit]));
  if (target.utilisation > shed_from) {
    return absl::StrCat("at ", FormatFraction(target.utilisation), " of its ",
                        ResourceName(target.binding));
  }
  // Not full yet, but of what is on its way or bound to stay.
  const Resource r = target.limit >= 0 ? plan.limits[target.limit].resource : Resource::kEgress;
  if (r != Resource::kEgress) return absl::StrCat("of what is expected of its ", ResourceName(r));
  if (target.capacity_mbps < 0) return "of what is expected";
  return absl::StrCat("as ", FormatBitrate(target.planned_mbps), " of its ",
                      FormatBitrate(target.capacity_mbps), " are expected");
}

// " (price 25.0 ms, 60 Gbps of 100 Gbps pinned)", or nothing.
std::string PriceNote(const TargetStatus& target, double price_ms) {
  std::string note;
  const auto add = [&note](const auto&... parts) {
    absl::StrAppend(&note, note.empty() ? " (" : ", ", parts...);
  };
  if (std::isfinite(price_ms) && price_ms >= 0.05)  // what rounds to 0.1
    add("price ", absl::StrFormat("%.1f ms", price_ms));
  if (target.capacity_mbps > 0 && target.pinned_mbps > 0) {
    add(FormatBitrate(target.pinned_mbps), " of ", FormatBitrate(target.capacity_mbps), " pinned");
  }
  return note.empty() ? "" : note + ")";
}

// A target with a price on it: full, or nearly.
std::string PricedObstacle(const Plan& plan, const Trace& trace, const Slot& slot,
                           Verdict verdict) {
  const ServiceId service = plan.frame->candidates->RowService(trace.row);
  const Watermark& mark = plan.policy().service(service).watermark;
  const TargetStatus& target = plan.targets[slot.target.index()];
  const double price_ms = plan.PriceMs(service, slot.target);
  const absl::string_view verb = verdict == Verdict::kFull ? "is full " : "sheds ";
  const FeedState feed = target.facts.feed;
  if (target.capacity_estimated) {
    return absl::StrCat(verb, "because it delivers no more than ",
                        FormatBitrate(target.capacity_mbps), ", whatever it reports",
                        PriceNote(target, price_ms));
  }
  if ((feed == FeedState::kAgeing || feed == FeedState::kFrozen) &&
      target.utilisation <= mark.shed_from) {
    return absl::StrCat("gets no more than it had because its feed is silent",
                        PriceNote(target, price_ms));
  }
  return absl::StrCat(verb, OutOf(plan, target, mark.shed_from), PriceNote(target, price_ms));
}

std::string HeldObstacle(Held held) {
  switch (held) {
    case Held::kPace:
      return "takes clients back slowly, 5 % of a group each second at most";
    case Held::kSlowStart:
      return "is back or new and takes clients slowly, twice as many each TTL";
    case Held::kShiftGuard:
      return "waits: guards.max_shift_per_minute is used up";
    case Held::kFreeze:
      return "waits: a freeze window (guards.freeze) holds what need not move";
    case Held::kMinTargets:
      return "leaves a part to others by guards.min_targets_per_group";
    case Held::kRoom:
      return "has no room for all of it yet";
    case Held::kDeadband:
      return "would gain too little to move anyone";
    case Held::kNone:
      return "";
  }
  return "";
}

// Why a candidate does not serve everybody it could: "is drained by ana (kernel)".
std::string Obstacle(const Plan& plan, const Trace& trace, size_t i) {
  const Slot& slot = plan.frame->candidates->Row(trace.row)[i];
  const SlotPlan& slot_plan = plan.RowSlots(trace.row)[i];
  const TargetStatus& target = plan.targets[slot.target.index()];
  switch (slot_plan.verdict) {
    case Verdict::kDown:
      return "is down";
    case Verdict::kDrained:
      return absl::StrCat("is drained by ", target.facts.drain->who, " (", target.facts.drain->why,
                          ")");
    case Verdict::kFenced:
      return "is fenced off from this group";
    case Verdict::kFull:
    case Verdict::kShedding:
    case Verdict::kSpill:
      return PricedObstacle(plan, trace, slot, slot_plan.verdict);
    case Verdict::kServing:
    case Verdict::kCostlier:
      if (slot_plan.quota == kCellCount) return "";
      if (slot.weight <= 0) return "has weight 0";
      return HeldObstacle(slot_plan.held);
    case Verdict::kLastResort:
      return "";
  }
  return "";
}

// What stands between this answer and a cheaper one.
std::string CheaperObstacles(const Plan& plan, const Trace& trace) {
  absl::Span<const Slot> slots = plan.frame->candidates->Row(trace.row);
  std::string text;
  int named = 0;
  for (size_t i = 0; i < slots.size() && named < kObstaclesMax; ++i) {
    if (slots[i].cost_ms >= slots[trace.chosen].cost_ms || slots[i].fenced) continue;
    const std::string obstacle = Obstacle(plan, trace, i);
    if (obstacle.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : " and ", NameOf(plan, slots[i]), " ", obstacle);
    ++named;
  }
  return text;
}

// When nothing is in the way of anything cheaper.
std::string OwnReason(const Plan& plan, const Trace& trace) {
  absl::Span<const Slot> slots = plan.frame->candidates->Row(trace.row);
  const double detour_ms = slots[trace.chosen].cost_ms - slots[0].cost_ms;
  const bool whole = plan.RowSlots(trace.row)[trace.chosen].quota == kCellCount;
  const std::string obstacle = Obstacle(plan, trace, trace.chosen);
  if (!obstacle.empty()) return absl::StrCat("it ", obstacle, " and keeps these");
  if (detour_ms <= 0 && whole) return "the cheapest candidate, with room for all";
  if (detour_ms < kTieMs) return "by weight among candidates of equal cost";
  if (whole) return "the cheapest that takes clients now";
  return absl::StrFormat("its part, %.1f ms above the cheapest", detour_ms);
}

std::string RuleSentence(const Plan& plan, const Decision& decision, const Trace& trace) {
  const Slot& slot = plan.frame->candidates->Row(trace.row)[trace.chosen];
  const SlotPlan& slot_plan = plan.RowSlots(trace.row)[trace.chosen];
  const PlanRow& row = plan.rows[trace.row];
  const std::string& name = NameOf(plan, slot);
  if (decision.state == RowState::kAllDown) {
    return "every candidate is down or drained: static weights answer, never nothing";
  }
  const std::string head =
      trace.cell >= 0 ? absl::StrFormat("%s holds cell %d (%d of the group's %d cells)", name,
                                        trace.cell, slot_plan.quota, kCellCount)
                      : absl::StrFormat("%s serves the whole group at %.1f ms", name, slot.cost_ms);
  if (plan.fail_static) {
    return absl::StrCat(head,
                        ": the planner is silent, so near targets share by the room that was "
                        "last known");
  }
  if (row.refused > 0) {
    const std::string part = row.refused < 0.001f ? "less than 0.1%" : FormatFraction(row.refused);
    return absl::StrCat(head, ": nobody has room for ", part,
                        " of the group, what is left follows headroom");
  }
  const std::string cheaper = CheaperObstacles(plan, trace);
  return absl::StrCat(head, ": ", cheaper.empty() ? OwnReason(plan, trace) : cheaper);
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
