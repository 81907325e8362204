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

#include <cstdint>
#include <memory>
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
#include "steering/plan/service_index.h"

namespace spillway {

// What a plan's ids mean. One Frame per policy and geo database; many plans share it.
struct Frame {
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const GroupMap> groups;
  std::shared_ptr<const CandidateTable> candidates;
  std::shared_ptr<const ServiceIndex> services;
  std::shared_ptr<const GrantBoard> grants;
  std::vector<CellOrder> cell_orders;  // by TargetId
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

struct SlotPlan {
  uint16_t quota = 0;  // cells of the row, of kCellCount
  Verdict verdict = Verdict::kCostlier;
};

// A target as the planner saw it for this plan.
struct TargetStatus {
  TargetFacts facts;
  double utilisation = -1;               // of the tightest resource; -1 = unknown
  Resource binding = Resource::kEgress;  // that resource
  double headroom_mbps = -1;             // egress below the watermark; -1 = unknown
  double accept = 1;  // fraction of the clients it would get that it takes, least over services
  bool up = true;
  bool returning = false;  // was down or drained, and does not yet take what its load allows
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
};

struct Plan {
  std::shared_ptr<const Frame> frame;
  uint64_t generation = 0;
  absl::Time made_at;
  std::vector<PlanRow> rows;
  std::vector<SlotPlan> slots;
  std::vector<uint8_t> cells;
  std::vector<TargetStatus> targets;
  std::vector<double>
      accept;  // by service * targets + target: fraction taken, carried to the next plan
  bool telemetry_frozen = false;  // many feeds stale at once: shares are held

  const Policy& policy() const { return *frame->policy; }
  absl::Span<const SlotPlan> RowSlots(size_t row) const {
    return {slots.data() + frame->candidates->RowBegin(row), frame->candidates->Row(row).size()};
  }
};

// The invariants above; the message names the row. Cost: one pass over slots and cells.
absl::Status CheckPlan(const Plan& plan);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_PLAN_H_
