// steering/planner/allocate.h -- the solver's smooth answer made what operators expect.
//
//   solution ──► NearestFirst ──► SpillRefused ──► wanted shares, rows sum to 1
//               while a target is    what fits nowhere is still
//               below shed_from      answered: below `hard`, then evenly above
//
// why: the entropic split sends part of every row to costlier targets even when the cheapest is
// idle.
//      Below `shed_from` a row goes to its cheapest target whole; between there and the watermark
//      the split becomes smooth by degrees. A continuous function of the loads: nothing flips.
// cost: O(slots). thread safety: free functions.
#ifndef SPILLWAY_STEERING_PLANNER_ALLOCATE_H_
#define SPILLWAY_STEERING_PLANNER_ALLOCATE_H_

#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/planner/problem_builder.h"
#include "steering/solve/solve.h"

namespace spillway {

struct Allocation {
  const Frame& frame;
  ProblemBuilder& builder;
  const solve::Solution& solution;
  absl::Span<const double> price_ms;  // by ProblemBuilder::PairIndex
  absl::Span<const float> demand;     // by row, Mbps
  absl::Span<const uint8_t> open;  // by target: may get clients
  absl::Span<const double>
      hard_room;  // by target: Mbps below `hard` after what is pinned; infinite = no limit
  absl::Span<const double> limit_room;  // by shared limit, as hard_room
  absl::Span<const double> capacity;    // by target: egress Mbps in force; 0 = unknown
};

// Gives the cheapest open targets of each row the shares of costlier ones, as far as their limits
// stay below `soft`. Rows keep their sum.
void NearestFirst(const Allocation& a, absl::Span<float> shares);

// Fills each row up to 1 from what the solver refused: by the room that this plan leaves below
// `hard` and on shared limits, then by levels above that, else by capacity, else equally; among
// open targets only. Rows without any open target stay empty. `refused` by row: the part that did
// not fit.
void SpillRefused(const Allocation& a, absl::Span<float> shares, absl::Span<float> refused);

// Static weights for a row whose every target is down or drained: over those not drained, else over
// all.
void LastResort(absl::Span<const Slot> row, absl::Span<const TargetStatus> targets,
                absl::Span<float> shares);

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_ALLOCATE_H_
