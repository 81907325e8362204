// steering/replay/rebuild.h -- what a recording names, as the production types a controller takes.
//
// untrusted: a recording may be anybody's file; sizes and ids are checked against the frame before
// anything is indexed by them.
// thread safety: free functions without state.
#ifndef SPILLWAY_STEERING_REPLAY_REBUILD_H_
#define SPILLWAY_STEERING_REPLAY_REBUILD_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "steering/ledger/activity.h"
#include "steering/plan/plan.h"
#include "steering/record/format.h"

namespace spillway::replay {

// The same as the server had, but that clients cannot be located in it: groups come from the
// recording and not from a geo database.
absl::StatusOr<std::shared_ptr<const Frame>> RebuildFrame(const record::RecordedFrame& recorded);
// Of any policy and groups: a frame that nobody counts grants in.
absl::StatusOr<std::shared_ptr<const Frame>> FrameOf(std::shared_ptr<const Policy> policy,
                                                     std::vector<Group> groups);

// Only what a planner reads of a plan in force.
absl::StatusOr<std::shared_ptr<const Plan>> RebuildPlan(const record::RecordedPlan& recorded,
                                                        std::shared_ptr<const Frame> frame);

// `tick` is of `frame`: every id and size is in range.
absl::Status CheckTick(const record::RecordedTick& tick, const Frame& frame);
// Requires CheckTick. Keeps the memory of `out`.
void RebuildActivity(const record::RecordedTick& tick, Activity* out);

}  // namespace spillway::replay

#endif  // SPILLWAY_STEERING_REPLAY_REBUILD_H_
