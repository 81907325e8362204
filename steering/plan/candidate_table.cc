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

bool IsFenced(const Service& service, const Group& group, TargetId target) {
  for (const Fence& fence : service.fences) {
    bool applies =
        std::find(group.labels.begin(), group.labels.end(), fence.group) != group.labels.end();
    if (applies &&
        std::find(fence.allowed.begin(), fence.allowed.end(), target) == fence.allowed.end()) {
      return true;
    }
  }
  return false;
}

std::vector<Slot> MakeRow(const Policy& policy, const Service& service, const Group& group) {
  std::vector<Slot> row;
  row.reserve(service.candidates.size());
  for (const Candidate& candidate : service.candidates) {
    const Target& target = policy.target(candidate.target);
    Slot slot{.target = candidate.target};
    slot.fenced = IsFenced(service, group, candidate.target);
    slot.rtt_ms = static_cast<float>(EstimateRttMs(group, target));
    slot.price_ms = static_cast<float>(service.price_ms * target.cost);
    slot.penalty_ms = static_cast<float>(candidate.penalty_ms);
    slot.cost_ms =
        static_cast<float>(service.distance_factor) * slot.rtt_ms + slot.price_ms + slot.penalty_ms;
    slot.weight = static_cast<float>(candidate.weight);
    row.push_back(slot);
  }
  std::sort(row.begin(), row.end(), [](const Slot& a, const Slot& b) {
    return std::tie(a.fenced, a.cost_ms, a.target) < std::tie(b.fenced, b.cost_ms, b.target);
  });
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
  for (const Service& service : policy.services) {
    if (service.candidates.size() > kRowSlotsMax) {
      return absl::InvalidArgumentError(absl::StrCat("services.", service.name,
                                                     ".candidates: want at most ", kRowSlotsMax,
                                                     " targets, got ", service.candidates.size()));
    }
    for (const Group& group : groups) {
      std::vector<Slot> row = MakeRow(policy, service, group);
      if (row.empty() || row.front().fenced) return NoCandidateError(policy, service, group);
      table->slots_.insert(table->slots_.end(), row.begin(), row.end());
      table->row_begin_.push_back(static_cast<uint32_t>(table->slots_.size()));
    }
  }
  return std::shared_ptr<const CandidateTable>(std::move(table));
}

}  // namespace spillway
