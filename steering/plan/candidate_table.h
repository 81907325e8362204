// steering/plan/candidate_table.h -- who may serve whom, and what it would cost: fixed between
// reloads.
//
//   row (service, group):  [ slot | slot | ... ]      cheapest first; fenced-out slots last
//                             └ target, cost parts, weight, fenced
//
// why: shares change every second, this does not; a slot's number is what grants are counted by and
//      what a plan gives cells to.
// units: *_ms are cost in milliseconds of round trip. thread safety: immutable after Build.
// cost model: cost = distance_factor * rtt + price_ms * target.cost + penalty; rtt is estimated as
//      kRttBaseMs + km * kRttMsPerKm until measured round trips arrive.
#ifndef SPILLWAY_STEERING_PLAN_CANDIDATE_TABLE_H_
#define SPILLWAY_STEERING_PLAN_CANDIDATE_TABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "steering/model/group.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"

namespace spillway {

// Last mile and first hop: nobody is nearer than this.
inline constexpr double kRttBaseMs = 5;
// Light in fibre needs 1 ms per 100 km and back; real paths are about 1.5 times the great circle.
inline constexpr double kRttMsPerKm = 1.5 / 100;
// When either place is unknown: the middle of an ocean crossing, the same for every target.
inline constexpr double kRttUnknownMs = 80;
// Targets whose cost differs by less are the same to a client and share by weight.
inline constexpr double kTieMs = 1.0;
// A row holds at most this many slots: a cell names its slot in one byte.
inline constexpr size_t kRowSlotsMax = 250;
// And all rows together about this many (24 bytes each, and as much again in the ledger and a
// plan): with many rows each holds fewer, but not less than the published experiments' 16.
inline constexpr size_t kTableSlots = 2'000'000;
inline constexpr size_t kRowSlotsMin = 16;

struct Slot {
  TargetId target;
  bool fenced = false;  // the group may not go there
  float rtt_ms = 0;
  float price_ms = 0;
  float penalty_ms = 0;
  float cost_ms = 0;  // distance_factor * rtt_ms + price_ms + penalty_ms
  float weight = 1;
};

class CandidateTable {
 public:
  // Rows that may go to more targets than they can hold keep the cheapest and some of all
  // distances. Fails when fences that hold together leave a group without any candidate, naming
  // them.
  static absl::StatusOr<std::shared_ptr<const CandidateTable>> Build(
      const Policy& policy, absl::Span<const Group> groups);

  size_t row_count() const { return row_begin_.size() - 1; }
  size_t slot_count() const { return slots_.size(); }
  size_t RowIndex(ServiceId service, GroupId group) const {
    return service.index() * group_count_ + group.index();
  }
  ServiceId RowService(size_t row) const { return ServiceId(row / group_count_); }
  GroupId RowGroup(size_t row) const { return GroupId(row % group_count_); }
  uint32_t RowBegin(size_t row) const { return row_begin_[row]; }
  absl::Span<const Slot> Row(size_t row) const {
    return {slots_.data() + row_begin_[row], row_begin_[row + 1] - row_begin_[row]};
  }

 private:
  CandidateTable() = default;
  size_t group_count_ = 0;
  std::vector<uint32_t> row_begin_;  // row_count + 1 entries
  std::vector<Slot> slots_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_CANDIDATE_TABLE_H_
