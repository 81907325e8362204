// steering/replay/rebuild.cc -- see rebuild.h.
#include "steering/replay/rebuild.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "policies/loader.h"
#include "steering/geo/group_map.h"

namespace spillway::replay {
namespace {

absl::Status Broken(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the recording makes no sense: ", what));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Frame>> FrameOf(std::shared_ptr<const Policy> policy,
                                                     std::vector<Group> groups) {
  if (groups.empty()) return Broken("no client groups");
  if (policy->services.size() * groups.size() > record::kRowsMax)
    return Broken("more services and groups than it may hold");
  absl::flat_hash_set<std::string> names;
  for (const Group& group : groups) {
    if (!names.insert(group.name).second) return Broken("two client groups of one name");
    for (const LabelId label : group.labels) {
      if (label.index() >= policy->groups.size())
        return Broken("a client group of a name the policy does not have");
    }
  }
  return MakeFrame(std::move(policy), GroupMap::OfGroups(std::move(groups)), {});
}

absl::StatusOr<std::shared_ptr<const Frame>> RebuildFrame(const record::RecordedFrame& recorded) {
  PolicyResult loaded = LoadPolicyText(*recorded.policy);
  if (!loaded.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("this version of spillway refuses the recorded policy:\n",
                     FormatDiagnostics(loaded.diagnostics)));
  }
  return FrameOf(std::move(loaded.policy), *recorded.groups);
}

absl::StatusOr<std::shared_ptr<const Plan>> RebuildPlan(const record::RecordedPlan& recorded,
                                                        std::shared_ptr<const Frame> frame) {
  const CandidateTable& table = *frame->candidates;
  if (recorded.rows.size() != table.row_count() || recorded.quotas.size() != table.slot_count() ||
      recorded.up.size() != frame->policy->targets.size())
    return Broken("a plan of another policy");
  for (size_t row = 0; row < recorded.rows.size(); ++row) {
    const PlanRow& r = recorded.rows[row];
    const size_t slots = table.Row(row).size();
    if (r.cells == PlanRow::kUnsplit ? r.only_slot >= slots
                                     : size_t{r.cells} + kCellCount > recorded.cells.size())
      return Broken("a plan whose cells are out of range");
  }
  auto plan = std::make_shared<Plan>();
  plan->frame = std::move(frame);
  plan->generation = recorded.generation;
  plan->made_at = recorded.made_at;
  plan->fail_static = recorded.fail_static;
  plan->rows = recorded.rows;
  plan->cells = recorded.cells;
  plan->slots.resize(recorded.quotas.size());
  for (size_t s = 0; s < recorded.quotas.size(); ++s) plan->slots[s].quota = recorded.quotas[s];
  plan->targets.resize(recorded.up.size());
  for (size_t t = 0; t < recorded.up.size(); ++t) plan->targets[t].up = recorded.up[t] != 0;
  return std::shared_ptr<const Plan>(std::move(plan));
}

absl::Status CheckTick(const record::RecordedTick& tick, const Frame& frame) {
  if (tick.facts.targets.size() != frame.policy->targets.size())
    return Broken("facts of another policy's targets");
  if (tick.slots != 0 && tick.slots != frame.candidates->slot_count())
    return Broken("answers of another policy");
  if (tick.put_off_rows != 0 && tick.put_off_rows != frame.candidates->row_count())
    return Broken("a waiting room of another policy");
  if (tick.arrivals && tick.arrivals->size() != frame.candidates->row_count())
    return Broken("arrivals of another policy");
  return absl::OkStatus();
}

void RebuildActivity(const record::RecordedTick& tick, Activity* out) {
  out->elapsed = tick.elapsed;
  std::vector<float>* const fronts[] = {&out->dns, &out->redirect, &out->steering};
  static_assert(std::size(fronts) == kFrontCount);
  for (size_t f = 0; f < kFrontCount; ++f) {
    fronts[f]->assign(tick.slots, 0);
    for (const auto& [slot, count] : tick.answers[f]) (*fronts[f])[slot] = count;
  }
  out->put_off.assign(tick.put_off_rows, 0);
  for (const auto& [row, count] : tick.put_off) out->put_off[row] = count;
}

}  // namespace spillway::replay
