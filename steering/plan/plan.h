// steering/plan/plan.h -- the table every answer reads; built once per tick, then never changed.
//
//   rows (service × group):     [ row, row, ... ]             row: state, ttl, a slot or cells
//   cells (split rows only):    [ s0 s0 s2 s0 ... ] × 256     cell -> slot within the row
//   slots (as CandidateTable):  [ quota, verdict ] each       what explain shows
//
// invariants (checked by CheckPlan before a plan is published): (1) every row has an answer; (2)
// the quotas of a row sum to kCellCount and its cells hold exactly them; (3) no cell of a fenced
// slot;
// (4) no cell of a down or drained target unless the whole row is (RowState::kAllDown).
// thread safety: immutable after Build; shared through SnapshotCell<Plan>.
#ifndef SPILLWAY_STEERING_PLAN_PLAN_H_
#define SPILLWAY_STEERING_PLAN_PLAN_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/geo/group_map.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"
#include "steering/plan/candidate_table.h"
#include "steering/plan/cells.h"
#include "steering/plan/grants.h"
#include "steering/plan/heavy_set.h"
#include "steering/plan/service_index.h"

namespace spillway {

// What a plan's ids mean. One Frame per policy and geo database; many plans share it.
struct Frame {
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const GroupMap> groups;
  std::shared_ptr<const CandidateTable> candidates;
  std::shared_ptr<const ServiceIndex> services;
  std::shared_ptr<const GrantBoard> grants;
  std::vector<CellRanks> cell_ranks;   // by TargetId
  std::vector<std::string> aliases;    // by TargetId: its cname in wire form; empty = none
};

// Builds every part; fails with the policy's or the patterns' error.
absl::StatusOr<std::shared_ptr<const Frame>> MakeFrame(std::shared_ptr<const Policy> policy,
                                                       std::shared_ptr<const GroupMap> groups,
                                                       std::array<size_t, kFrontCount> workers);

enum class RowState : uint8_t { kCalm, kShedding, kDraining, kAllDown };

// Why a slot has the share it has.
enum class Verdict : uint8_t {
  kServing,    // has a share, nothing held back
  kCostlier,   // cheaper candidates have room for everyone
  kShedding,   // near its watermark: serves part of those it would
  kFull,       // at its watermark: gets no new client
  kSpill,      // nobody has room: gets what is left, by headroom
  kDown,       // health says dead
  kDrained,    // an operator took it out
  kFenced,     // the policy keeps the group away
  kLastResort  // everyone is down or drained: static weights
};
absl::string_view VerdictName(Verdict v);
absl::string_view RowStateName(RowState s);

// What kept a slot's share from being what the solver wants (steering/planner/pace.h).
enum class Held : uint8_t {
  kNone,
  kPace,        // moved by choice, a little every second
  kDeadband,    // the change is too small to be worth moving anyone
  kShiftGuard,  // guards.max_shift_per_minute
  kFreeze,      // guards.freeze
  kMinTargets,  // guards.min_targets_per_group
  kSlowStart,   // new or back: doubles every TTL
  kRoom         // its target has no room yet, or must leave room to others
};
absl::string_view HeldName(Held h);

struct SlotPlan {
  uint16_t quota = 0;  // cells of the row, of kCellCount
  Verdict verdict = Verdict::kCostlier;
  Held held = Held::kNone;
};

// A target as the planner saw it for this plan. Loads in nominal Mbps; -1 = unknown.
struct TargetStatus {
  TargetFacts facts;
  double utilisation = -1;               // measured, of the tightest resource
  Resource binding = Resource::kEgress;  // that resource
  double headroom_mbps = -1;  // egress below the watermark after what is pinned at the horizon
  double accept = 1;          // part of the clients it is cheapest for that this plan gives it
  bool up = true;
  bool returning = false;  // was down or drained, and does not yet take what its load allows

  double capacity_mbps = -1;        // egress in force: reported or the policy's, or estimated
  double trust = 1;                 // part of it that is counted on (age of the feed)
  bool capacity_estimated = false;  // it delivers less than it says
  double modelled_mbps = 0;         // ledger: sessions we placed
  double correction_mbps = 0;       // what reports say beyond that: background if it persists
  double pinned_mbps = 0;           // still there at the horizon, whatever we answer
  double planned_mbps = 0;          // pinned + what this plan places by then
  double price_ms = 0;              // detour that one Mbps more here is worth
  int32_t limit = -1;               // index in Plan::limits of the dearest limit; -1 = none priced
};

// Something that fills up, as the solver saw it: a target's resource or a shared limit.
struct LimitStatus {
  int32_t target = -1;  // TargetId's value, or
  int32_t shared = -1;  // index in Policy::limits
  Resource resource = Resource::kEgress;
  double headroom = 0;  // in the resource's unit, below the watermark after what is pinned
  double load = 0;      // what this plan places on it
  double price_ms = 0;
};

// A service as the planner sees it.
struct ServiceStatus {
  double arrivals_now = 0, arrivals_expected = 0;  // sessions/s; expected: mean over the horizon
  double arrivals_q10 = 0, arrivals_q90 = 0;
  double forecast_error = -1;   // mean absolute error, as a fraction; -1 = not yet scored
  double sessions = 0;          // playing, by the model
  double waiting = 0;           // viewers who wait to be let in
  double refused = 0;           // part of its demand that fits nowhere
  double moved = 0;             // part of its demand that this plan moves
  uint8_t ladder_step = 0;      // the deepest of its rows
  bool guard_exceeded = false;  // protection moved more than max_shift_per_minute
};

struct PlanRow {
  static constexpr uint32_t kUnsplit = 0xffffffff;
  uint32_t cells = kUnsplit;  // offset into cells(), or kUnsplit
  uint8_t only_slot = 0;      // the slot of every client, when unsplit
  RowState state = RowState::kCalm;
  uint8_t ladder_step = 0;  // index into Service::ladder; 0 = players are told no cap
  uint32_t ttl_s = 0;
  // What the waiting room lets in, of 1000 that ask (only services that have one): new joins, and
  // joins that are retries after an interruption. 1000 = everybody.
  uint16_t admit_permille = 1000;
  uint16_t retry_admit_permille = 1000;
  uint16_t retry_after_s = 0;  // what those who wait are told, before jitter
  float refused = 0;           // part of the row's demand that fits nowhere
};

// How long a draw of the waiting room holds. Longer, and who loses waits longer than there is need;
// shorter, and who asks without pause is drawn more often than who obeys Retry-After.
inline constexpr int64_t kDrawPeriodMs = 10'000;
// How long a client waits on average that is told to come back: to its next draw at least.
inline double MeanWait_s(const PlanRow& row) {
  return std::max<double>(row.retry_after_s, kDrawPeriodMs / 2000.0);
}

struct Plan {
  std::shared_ptr<const Frame> frame;
  uint64_t generation = 0;
  absl::Time made_at;
  std::vector<PlanRow> rows;
  std::vector<SlotPlan> slots;
  std::vector<uint8_t> cells;
  std::vector<TargetStatus> targets;
  // By service * targets + target: ms added to what the target costs the service's clients;
  // infinite = no client more at any price. Empty = made without prices.
  std::vector<double> price_ms;
  std::vector<LimitStatus> limits;      // those that exist, by target then resource, shared last
  std::vector<ServiceStatus> services;  // by ServiceId
  absl::Duration horizon;               // what "by then" means above
  bool telemetry_frozen = false;        // many feeds stale at once: the model steers alone
  bool fail_static = false;             // made without the controller, from static headroom
  int solver_sweeps = 0;
  bool solver_converged = true;
  // Resolvers that get cells in turn when they send no ECS; null = none known.
  std::shared_ptr<const HeavySet> heavy;
  uint32_t epoch = 0;  // their turn: one more every few seconds, whatever the shares do

  const Policy& policy() const { return *frame->policy; }
  // Of price_ms; 0 when it is empty.
  double PriceMs(ServiceId service, TargetId target) const {
    return price_ms.empty() ? 0 : price_ms[service.index() * targets.size() + target.index()];
  }
  absl::Span<const SlotPlan> RowSlots(size_t row) const {
    return {slots.data() + frame->candidates->RowBegin(row), frame->candidates->Row(row).size()};
  }
};

// "ams1 egress" for a target's own, the policy's name for a shared one.
std::string LimitName(const Plan& plan, const LimitStatus& limit);

// The invariants above; the message names the row. Cost: one pass over slots and cells.
absl::Status CheckPlan(const Plan& plan);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_PLAN_H_
