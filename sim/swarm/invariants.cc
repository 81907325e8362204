#include "sim/swarm/invariants.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/ip.h"
#include "sim/rivals/allocation.h"
#include "steering/decide/decide.h"
#include "steering/planner/plan_promises.h"

namespace spillway::sim {
namespace {

// Rounding of whole cells, of a world of doubles, and of the pacer's floats.
constexpr double kBooks = 1e-6, kShiftSlack = 0.02;
// A target may hover about its capacity by report noise; beyond this viewers feel it.
constexpr double kFull = 1.02;
// Demand fits when it does below this part of every watermark: what plans keep free on purpose
// (trust of old reports, margins of forecasts) is no place for anybody.
constexpr double kFits = 0.9;
// Of all viewers, repointed in a minute while nothing happens. On top comes what demand swings, to
// and fro within its minute (WorldConfig::demand_tau_s) and once more as an error of the model that
// a report finds, and what the noise of 6 reports a minute makes of targets that stand at their
// mark.
constexpr double kStill = 0.03, kSwings = 3, kReportsAMinute = 6;
// A plan may be late: a report or an estimate that came a moment ago takes a tick to be acted upon.
constexpr int kOverHardFor_s = 3;
// Where a service has no room for so much of its demand, by what is believed, targets are filled
// beyond their mark, and emptied by and by when there is room again. What is refused of less than
// that may still be much of a small target.
constexpr double kNoRoom = 0.005;
// And clients move by whole cells: a target with few rows may get a part of a cell too much.
constexpr double kCellsOfForce = 0.05, kCellsOfClaim = 0.02;
constexpr int kLate_s = 120;
// A failed target is believed again after 10 minutes, by 5 % of its claim a minute.
constexpr int kProof_s = 1800;
constexpr double kProved = 0.98;  // an estimate is no longer what it was

// Someone asks: from every group the terrain knows, in turn.
std::string Asked(const World& world, const Plan& plan) {
  const size_t groups = plan.frame->groups->groups().size();
  const auto number = static_cast<uint32_t>(world.now_s()) % static_cast<uint32_t>(groups);
  const IpAddress address = IpAddress::V4((10u << 24) | (number << 8) | 7);
  for (size_t s = 0; s < plan.policy().services.size(); ++s) {
    const Decision decision = Decide(plan, ServiceId(s), LocateClient(plan, address));
    if (decision.target.index() >= plan.policy().targets.size() || decision.ttl_s == 0)
      return absl::StrCat("safety:empty_answer ", address.ToString());
  }
  return "";
}

}  // namespace

int WorldJudge::SettlingSeconds(const WorldConfig& config, const Policy& policy) {
  double ttl_s = 0;
  for (const Service& service : policy.services)
    ttl_s = std::max(ttl_s, absl::ToDoubleSeconds(service.ttl.calm));
  return static_cast<int>(std::max<double>(kProof_s, 3 * config.players.session_s) + 10 * ttl_s);
}

std::string WorldJudge::Safety(const World& world, const Plan& plan) {
  if (const absl::Status status = CheckPlan(plan); !status.ok())
    return absl::StrCat("safety:plan ", status.message());
  if (const double error = world.WorstStateError(); error > kBooks)
    return absl::StrCat("world:books ", error);
  if (std::string empty = Asked(world, plan); !empty.empty()) return empty;
  over_hard_s_.resize(plan.targets.size(), 0);
  std::vector<uint8_t> over(plan.targets.size(), 0);
  const bool room =
      std::all_of(plan.services.begin(), plan.services.end(),
                  [](const ServiceStatus& service) { return service.refused < kNoRoom; });
  double refused = 0, placed = 0;
  for (const ServiceStatus& service : plan.services) refused = std::max(refused, service.refused);
  for (const TargetStatus& status : plan.targets)
    placed += status.planned_mbps - status.pinned_mbps;
  for (const TargetId t : room ? CheckPromises(plan).over_hard : std::vector<TargetId>()) {
    const TargetStatus& status = plan.targets[t.index()];
    double hard = 1;
    for (const Service& service : plan.policy().services)
      hard = std::min(hard, service.watermark.hard);
    const double excess =
        status.planned_mbps - std::max(hard * status.capacity_mbps, status.pinned_mbps);
    over[t.index()] = excess > std::max(kCellsOfForce * status.capacity_mbps,
                                        kCellsOfClaim * drawn_.terrain.capacity_mbps[t.index()]) +
                                 refused * placed;
  }
  for (size_t t = 0; t < over.size(); ++t) {
    over_hard_s_[t] = over[t] ? over_hard_s_[t] + 1 : 0;
    if (over_hard_s_[t] < kOverHardFor_s) continue;
    const TargetStatus& status = plan.targets[t];
    return absl::StrFormat(
        "safety:over_hard %s is planned to %.0f%% of the %.0f Mbps it counts for%s, %.0f of them "
        "pinned",
        plan.policy().targets[t].name,
        100 * status.planned_mbps / std::max(1.0, status.capacity_mbps), status.capacity_mbps,
        status.capacity_estimated ? " (estimated)" : "", status.pinned_mbps);
  }
  return "";
}

std::string WorldJudge::Savings(const Plan& plan) {
  shifts_.resize(plan.services.size());
  for (size_t s = 0; s < shifts_.size(); ++s) {
    Shift& shift = shifts_[s];
    shift.moved.push_back(plan.services[s].moved);
    shift.sum += plan.services[s].moved;
    shift.excused = plan.services[s].guard_exceeded ? 60 : std::max(0, shift.excused - 1);
    if (shift.moved.size() > 60) {
      shift.sum -= shift.moved.front();
      shift.moved.pop_front();
    }
    const double most = plan.policy().guards.max_shift_per_minute;
    if (shift.excused == 0 && shift.sum > most + kShiftSlack)
      return absl::StrFormat("safety:max_shift service %d moved %.1f%% in a minute, guard %.1f%%",
                             static_cast<int>(s), 100 * shift.sum, 100 * most);
  }
  return "";
}

// A failed target that was asked for more again, and did not give it, loses some of its clients.
void WorldJudge::NoteProofs(const Plan& plan) {
  capacity_.resize(plan.targets.size(), 0);
  for (size_t t = 0; t < capacity_.size(); ++t) {
    const TargetStatus& status = plan.targets[t];
    proved_late_ |= status.capacity_estimated && status.capacity_mbps < kProved * capacity_[t];
    capacity_[t] = status.capacity_mbps;
  }
}

std::string WorldJudge::Second(const World& world, const Facts& facts, const Plan& plan) {
  if (std::string broken = Safety(world, plan); !broken.empty()) return broken;
  if (std::string broken = Savings(plan); !broken.empty()) return broken;
  if (world.now_s() < drawn_.scenario.seconds - kLate_s) {
    repointed_before_ = world.totals().repointed;
    NoteProofs(plan);
    proved_late_ = false;
    return "";
  }
  NoteProofs(plan);
  viewers_late_ += world.totals().playing;
  for (size_t t = 0; t < plan.targets.size(); ++t)
    crowding_late_ = std::max(crowding_late_, world.Crowding(t));
  frozen_late_ = frozen_late_ || facts.telemetry_frozen;
  return "";
}

double WorldJudge::RefusedPart(const World& world) const {
  const Frame& frame = *drawn_.terrain.frame;
  Ledger::Commitment all;
  // By then nothing is pinned: who plays must be placed anew.
  world.Commit(absl::Hours(24), World::Bitrates::kNominal, &all);
  const std::vector<double> demand(all.steerable_mbps.begin(), all.steerable_mbps.end());
  const std::vector<double> mark = TargetWatermarks(*frame.policy);
  std::vector<double> room;
  for (size_t t = 0; t < mark.size(); ++t)
    room.push_back(kFits * mark[t] * drawn_.terrain.capacity_mbps[t] - all.pinned_mbps[t]);
  AddLinkRoom(*frame.policy, drawn_.terrain.link_mbps, kFits * drawn_.scenario.world.watermark,
              all.pinned_mbps, &room);
  Allocation allocation(2000);
  allocation.Solve(frame, demand, room);
  return allocation.Refused(demand);
}

std::string WorldJudge::End(const World& world, const Plan& plan) const {
  if (frozen_late_) return "liveness:telemetry is not believed again";
  for (size_t t = 0; t < plan.targets.size(); ++t) {
    if (!plan.targets[t].up)
      return absl::StrCat("liveness:down ", plan.policy().targets[t].name, " serves again");
  }
  if (RefusedPart(world) > 0.001) return "";  // what follows is promised while demand fits
  if (crowding_late_ > kFull)
    return absl::StrFormat("liveness:over_full %.0f%% though demand fits", 100 * crowding_late_);
  if (proved_late_) return "";  // no calm minutes, and should not be
  const double minutes = kLate_s / 60.0, viewers = viewers_late_ / kLate_s;
  const double moved = (world.totals().repointed - repointed_before_) / minutes;
  const WorldConfig& config = drawn_.scenario.world;
  const double still =
      kStill + kSwings * config.demand_sigma + kReportsAMinute * config.feeds.noise;
  if (moved > still * std::max(1.0, viewers))
    return absl::StrFormat("liveness:restless %.1f%% of the viewers are repointed each minute",
                           100 * moved / std::max(1.0, viewers));
  return "";
}

}  // namespace spillway::sim
