#include "steering/plan/candidate_table.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace spillway {
namespace {

double EstimateRttMs(const Group& group, const Target& target) {
  if (!group.location || !target.location) return kRttUnknownMs;
  return kRttBaseMs + DistanceKm(*group.location, *target.location) * kRttMsPerKm;
}

// Which targets a group of one service may go to.
class Fences {
 public:
  Fences(const Policy& policy, const Service& service)
      : by_label_(policy.groups.size()), allows_(policy.targets.size(), 0) {
    for (const Fence& fence : service.fences) by_label_[fence.group.index()].push_back(&fence);
  }

  void SetGroup(const Group& group) {
    std::fill(allows_.begin(), allows_.end(), 0);
    applying_ = 0;
    for (const LabelId label : group.labels) {
      for (const Fence* fence : by_label_[label.index()]) {
        ++applying_;
        for (const TargetId target : fence->allowed) ++allows_[target.index()];
      }
    }
  }
  bool Open(TargetId target) const { return allows_[target.index()] == applying_; }

 private:
  std::vector<std::vector<const Fence*>> by_label_;
  std::vector<uint16_t> allows_;  // by target: of the group's fences, how many let it through
  uint16_t applying_ = 0;
};

Slot MakeSlot(const Policy& policy, const Service& service, const Group& group,
              const Candidate& candidate) {
  const Target& target = policy.target(candidate.target);
  Slot slot{.target = candidate.target};
  slot.rtt_ms = static_cast<float>(EstimateRttMs(group, target));
  slot.price_ms = static_cast<float>(service.price_ms * target.cost);
  slot.penalty_ms = static_cast<float>(candidate.penalty_ms);
  slot.cost_ms =
      static_cast<float>(service.distance_factor) * slot.rtt_ms + slot.price_ms + slot.penalty_ms;
  slot.weight = static_cast<float>(candidate.weight);
  return slot;
}

// Of `row`, cheapest first, keeps `most`: three quarters the cheapest, the others spread evenly
// over the rest, so that a full neighbourhood has a way out.
void Thin(size_t most, std::vector<Slot>* row) {
  if (row->size() <= most) return;
  const size_t near = most - most / 4, far = most - near, rest = row->size() - near;
  for (size_t i = 0; i < far; ++i) (*row)[near + i] = (*row)[near + i * rest / far];
  row->resize(most);
}

// Up to `most` slots: open ones first, cheapest first; then fenced ones, for explain, while there
// is room.
std::vector<Slot> MakeRow(const Policy& policy, const Service& service, const Group& group,
                          const Fences& fences, size_t most) {
  const auto by_cost = [](const Slot& a, const Slot& b) {
    return std::tie(a.cost_ms, a.target) < std::tie(b.cost_ms, b.target);
  };
  const bool with_fenced = service.candidates.size() <= most;
  std::vector<Slot> row, fenced;
  for (const Candidate& candidate : service.candidates) {
    const bool open = fences.Open(candidate.target);
    if (!open && !with_fenced) continue;
    (open ? row : fenced).push_back(MakeSlot(policy, service, group, candidate));
  }
  std::sort(row.begin(), row.end(), by_cost);
  std::sort(fenced.begin(), fenced.end(), by_cost);
  Thin(most, &row);
  for (Slot& slot : fenced) {
    slot.fenced = true;
    row.push_back(slot);
  }
  return row;
}

absl::Status NoCandidateError(const Policy& policy, const Service& service, const Group& group) {
  std::vector<std::string> names;
  for (LabelId label : group.labels) names.push_back(policy.group(label).name);
  return absl::InvalidArgumentError(absl::StrCat(
      "services.", service.name,
      ".fences: want at least one candidate for every group, got none for ", group.name,
      " clients: the fences of ", absl::StrJoin(names, " and "), " exclude each other"));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CandidateTable>> CandidateTable::Build(
    const Policy& policy, absl::Span<const Group> groups) {
  std::shared_ptr<CandidateTable> table(new CandidateTable);
  table->group_count_ = groups.size();
  table->row_begin_.reserve(policy.services.size() * groups.size() + 1);
  table->row_begin_.push_back(0);
  const size_t rows = std::max<size_t>(1, policy.services.size() * groups.size());
  const size_t most = std::clamp(kTableSlots / rows, kRowSlotsMin, kRowSlotsMax);
  for (const Service& service : policy.services) {
    Fences fences(policy, service);
    for (const Group& group : groups) {
      fences.SetGroup(group);
      std::vector<Slot> row = MakeRow(policy, service, group, fences, most);
      if (row.empty() || row.front().fenced) return NoCandidateError(policy, service, group);
      table->slots_.insert(table->slots_.end(), row.begin(), row.end());
      table->row_begin_.push_back(static_cast<uint32_t>(table->slots_.size()));
    }
  }
  return std::shared_ptr<const CandidateTable>(std::move(table));
}

}  // namespace spillway
