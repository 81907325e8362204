#include "http/redirect/pathways.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "steering/model/policy.h"

namespace spillway::http {
namespace {

bool IsLastResort(Verdict verdict) {
  return verdict == Verdict::kDown || verdict == Verdict::kDrained;
}

}  // namespace

void OrderPathways(const Plan& plan, ServiceId service, const ClientFacts& client,
                   const Decision& decision, Pathways* pathways) {
  const size_t row = plan.frame->candidates->RowIndex(service, client.group);
  const absl::Span<const Slot> slots = plan.frame->candidates->Row(row);
  const absl::Span<const SlotPlan> plans = plan.RowSlots(row);
  std::array<uint8_t, kRowSlotsMax> order;
  size_t count = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].fenced) order[count++] = static_cast<uint8_t>(i);
  }
  // Slots stand cheapest first, so the index settles equal shares by cost, and the order stays the
  // same from one request to the next.
  std::sort(order.begin(), order.begin() + count, [&](uint8_t a, uint8_t b) {
    auto rank = [&](uint8_t i) {
      return std::tuple(slots[i].target != decision.target, IsLastResort(plans[i].verdict),
                        -static_cast<int>(plans[i].quota), i);
    };
    return rank(a) < rank(b);
  });
  for (size_t i = 0; i < count; ++i) {
    pathways->names[i] = plan.policy().target(slots[order[i]].target).name;
  }
  pathways->count = count;
}

}  // namespace spillway::http
