// steering/plan/cells.h -- shares become whole cells, and the same cells every time.
//
// A row's clients fall into kCellCount hash buckets. Shares are rounded to whole cells (quotas),
// then
// targets take cells in a fixed order of their own:
//
//   for each slot, by target:  take the first quota cells of the target's order that are still free
//
// so that a shrinking share gives up the cells it took last, a growing one gets the same cells back
// (first moved is last returned), and every node computes the same map from the same quotas.
// One cell moving from one target to another moves one more for each target it passes by at most.
#ifndef SPILLWAY_STEERING_PLAN_CELLS_H_
#define SPILLWAY_STEERING_PLAN_CELLS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway {

// 256: a share is met to 0.2 %, and a cell is the top byte of a hash.
inline constexpr size_t kCellCount = 256;

// By cell: its place in the order in which a target takes them.
using CellRanks = std::array<uint8_t, kCellCount>;

// Depends on the target's name only.
CellRanks MakeCellRanks(absl::string_view target_name);

// Rounds shares (any non-negative weights, sum > 0) to quotas that sum to kCellCount, by largest
// remainder; ties go to the earlier slot. quotas.size() == shares.size().
void RoundToCells(absl::Span<const double> shares, absl::Span<uint16_t> quotas);

// Fills `cells` with slot indices. `ranks[i]` belongs to slot i; `turn` lists slot indices in the
// order they take cells (the same for every plan of a policy). Requires quotas to sum to
// kCellCount.
void AssignCells(absl::Span<const uint16_t> quotas, absl::Span<const CellRanks* const> ranks,
                 absl::Span<const uint8_t> turn, absl::Span<uint8_t> cells);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_CELLS_H_
