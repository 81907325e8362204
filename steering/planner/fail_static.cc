// steering/planner/fail_static.cc -- see fail_static.h.
#include "steering/planner/fail_static.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/check.h"
#include "steering/planner/allocate.h"
#include "steering/planner/plan_rows.h"
#include "steering/planner/target_status.h"

namespace spillway {
namespace {

// A detour this long leaves a target a third of its clients: neighbours share, oceans do not.
constexpr double kDecayMs = 20;

// A full target keeps this part of its room: its report may be old, its sessions end, and a row all
// of whose targets are full is still answered, by capacity.
constexpr double kRoomMin = 0.05;

// What is known of every target, and the room that counts.
class StaticRooms {
 public:
  StaticRooms(const Frame& frame, absl::Span<const TargetStatus> targets)
      : room_(targets.size(), 0), full_(targets.size(), 0) {
    const std::vector<double> watermark = TargetWatermarks(*frame.policy);
    double known = 0, count = 0;
    for (const TargetStatus& status : targets) {
      if (status.capacity_mbps < 0) continue;
      known += status.capacity_mbps;
      ++count;
    }
    // Who does not say how large it is counts as one like the others.
    const double usual = known > 0 ? known / count : 1;
    for (size_t t = 0; t < targets.size(); ++t) {
      const bool says = targets[t].capacity_mbps >= 0;
      const double whole = watermark[t] * (says ? targets[t].capacity_mbps : usual);
      // Of the tightest resource, when loads are known; an estimate replaces the claim behind it.
      double used = std::max(0.0, targets[t].utilisation) / watermark[t];
      const ResourceVector& load = targets[t].facts.load;
      if (says && load.has(Resource::kEgress) && whole > 0)
        used = std::max(used, load[Resource::kEgress] / whole);
      full_[t] = used >= 1 - kRoomMin;
      room_[t] = whole * std::max(kRoomMin, 1 - used);
    }
  }
  double room(TargetId t) const { return room_[t.index()]; }
  bool full(size_t t) const { return full_[t] != 0; }

 private:
  std::vector<double> room_;
  std::vector<uint8_t> full_;
};

void FillTargets(const Frame& frame, const Facts& facts, const Plan* previous, Plan* plan) {
  const std::vector<Target>& targets = frame.policy->targets;
  for (size_t t = 0; t < targets.size(); ++t) {
    plan->targets.push_back(ReadStatus(targets[t], facts.targets[t]));
    TargetStatus& status = plan->targets.back();
    const ResourceVector& capacity = facts.targets[t].capacity.has(Resource::kEgress)
                                         ? facts.targets[t].capacity
                                         : targets[t].capacity;
    if (capacity.has(Resource::kEgress)) status.capacity_mbps = capacity[Resource::kEgress];
    if (previous == nullptr || !previous->targets[t].capacity_estimated) continue;
    const double estimated = previous->targets[t].capacity_mbps;
    if (status.capacity_mbps >= 0 && estimated >= status.capacity_mbps) continue;
    status.capacity_mbps = estimated;
    status.capacity_estimated = true;
  }
}

// False when nobody of the row may serve.
bool FillShares(absl::Span<const Slot> row, absl::Span<const TargetStatus> targets,
                const StaticRooms& rooms, absl::Span<float> shares) {
  const auto serves = [&](const Slot& slot) {
    return !slot.fenced && MayServe(targets[slot.target.index()]);
  };
  const auto cheapest = std::find_if(row.begin(), row.end(), serves);  // slots are in order of cost
  if (cheapest == row.end()) return false;
  double sum = 0, equal = 0;
  std::vector<double> weights(row.size(), 0);
  for (size_t i = 0; i < row.size(); ++i) {
    if (!serves(row[i])) continue;
    const double detour_ms = row[i].cost_ms - cheapest->cost_ms;
    weights[i] = std::max(row[i].weight, 1e-6f) * rooms.room(row[i].target) *
                 std::exp(-std::max(0.0, detour_ms) / kDecayMs);
    sum += weights[i];
    ++equal;
  }
  // Nobody has any capacity at all: equally.
  for (size_t i = 0; i < row.size(); ++i) {
    const double part = sum > 0 ? weights[i] / sum : serves(row[i]) ? 1 / equal : 0;
    shares[i] = static_cast<float>(part);
  }
  return true;
}

}  // namespace

std::shared_ptr<const Plan> BuildFailStaticPlan(std::shared_ptr<const Frame> frame,
                                                const Facts& facts, const Plan* previous) {
  const CandidateTable& table = *frame->candidates;
  const size_t targets = frame->policy->targets.size(), services = frame->policy->services.size();
  CHECK(facts.targets.size() == targets);
  auto plan = std::make_shared<Plan>();
  plan->frame = frame;
  plan->generation = previous == nullptr ? 1 : previous->generation + 1;
  plan->made_at = facts.now;
  plan->telemetry_frozen = facts.telemetry_frozen;
  plan->fail_static = true;
  plan->services.resize(services);
  if (previous != nullptr) {
    plan->heavy = previous->heavy;
    plan->epoch = previous->epoch;
  }
  if (previous != nullptr && previous->frame != frame) previous = nullptr;
  FillTargets(*frame, facts, previous, plan.get());

  const StaticRooms rooms(*frame, plan->targets);
  std::vector<float> shares(table.slot_count(), 0), refused(table.row_count(), 0);
  std::vector<uint8_t> last_resort(table.row_count(), 0);
  for (size_t row = 0; row < table.row_count(); ++row) {
    absl::Span<float> x =
        absl::MakeSpan(shares).subspan(table.RowBegin(row), table.Row(row).size());
    if (FillShares(table.Row(row), plan->targets, rooms, x)) continue;
    last_resort[row] = 1;
    LastResort(table.Row(row), plan->targets, x);
  }
  // A price stands for "full" in what explain and the TTL show.
  std::vector<double> price_ms(services * targets, 0);
  for (size_t i = 0; i < price_ms.size(); ++i) price_ms[i] = rooms.full(i % targets) ? 1 : 0;
  const std::vector<Held> held(table.slot_count(), Held::kNone);
  FillRows({.shares = shares,
            .held = held,
            .refused = refused,
            .last_resort = last_resort,
            .price_ms = price_ms},
           previous, plan.get());
  return plan;
}

}  // namespace spillway
