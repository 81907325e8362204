#include "steering/plan/match.h"

#include <optional>

namespace spillway {

std::vector<uint32_t> MatchSlots(const Frame& before, const Frame& now) {
  const CandidateTable& table = *now.candidates;
  const CandidateTable& old_table = *before.candidates;
  std::vector<uint32_t> match(table.slot_count(), kNoSlot);
  std::vector<std::optional<TargetId>> old_target;
  for (const Target& target : now.policy->targets)
    old_target.push_back(before.policy->FindTarget(target.name));
  std::vector<std::optional<GroupId>> old_group;
  for (const Group& group : now.groups->groups())
    old_group.push_back(before.groups->FindGroup(group.name));
  std::vector<uint32_t> slot_of(before.policy->targets.size(), kNoSlot);  // within the old row
  for (size_t s = 0; s < now.policy->services.size(); ++s) {
    const auto old_service = before.policy->FindService(now.policy->services[s].name);
    if (!old_service) continue;
    for (size_t g = 0; g < old_group.size(); ++g) {
      if (!old_group[g]) continue;
      const size_t row = table.RowIndex(ServiceId(s), GroupId(g));
      const size_t old_row = old_table.RowIndex(*old_service, *old_group[g]);
      absl::Span<const Slot> old_slots = old_table.Row(old_row);
      for (size_t i = 0; i < old_slots.size(); ++i)
        slot_of[old_slots[i].target.index()] =
            old_table.RowBegin(old_row) + static_cast<uint32_t>(i);
      absl::Span<const Slot> slots = table.Row(row);
      for (size_t i = 0; i < slots.size(); ++i) {
        const auto& old = old_target[slots[i].target.index()];
        if (old) match[table.RowBegin(row) + i] = slot_of[old->index()];
      }
      for (const Slot& slot : old_slots) slot_of[slot.target.index()] = kNoSlot;
    }
  }
  return match;
}

}  // namespace spillway
