// steering/replay/replayer.h -- the production controller, told again what it was told.
//
//   files in order: Begin ─► { Frame | Tick }* ─► ...        Tick ─► plan(), compared by its hash
//
// A stretch is a sequence of ticks without a hole. One that begins with the server gives the same
// plans, bit for bit, on the machine and with the program that made it. One that begins later (an
// older file was dropped, or ticks were lost) begins with the plan that was in force and nothing
// else: the ledger, the forecasts and the prices come back within a few session lengths, and until
// then its plans differ.
// thread safety: none.
#ifndef SPILLWAY_STEERING_REPLAY_REPLAYER_H_
#define SPILLWAY_STEERING_REPLAY_REPLAYER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "steering/ledger/activity.h"
#include "steering/planner/controller.h"
#include "steering/record/format.h"

namespace spillway::replay {

struct Stretch {
  bool from_start = false;  // of the server: its plans must be identical
  std::string program;      // version that recorded it
  uint64_t first_tick = 0;
  absl::Time begins, ends;  // of its first and its last plan
  uint64_t plans = 0, identical = 0, rejected = 0, fail_static = 0;
  uint64_t frames = 0;  // policies with their groups that were planned by
  // Of those that differ: the first and the last, by number.
  std::optional<uint64_t> differs_first, differs_last;
};

class Replayer {
 public:
  // A file begins. True when a new stretch does.
  bool Begin(const record::Begin& begin);
  absl::Status Frame(const record::RecordedFrame& recorded);
  // Requires Begin before. After an error the rest of the stretch is of no use.
  absl::Status Tick(const record::RecordedTick& tick);

  // Of the last Tick: the plan, and what it was made of.
  const std::shared_ptr<const Plan>& plan() const { return last_; }
  const std::shared_ptr<const spillway::Frame>& frame() const { return frame_; }
  const Activity& activity() const { return activity_; }

  const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  absl::Status FindInForce(const record::RecordedTick& tick, std::shared_ptr<const Plan>* plan);

  std::unique_ptr<Controller> controller_;
  std::map<uint64_t, std::shared_ptr<const spillway::Frame>> frames_;  // by number, of this run
  std::shared_ptr<const spillway::Frame> frame_;
  std::shared_ptr<const Plan> last_, in_force_;
  Activity activity_;
  std::vector<Stretch> stretches_;
  std::set<uint64_t> seen_;  // frames of the last stretch that ticks were planned by
  uint64_t run_ = 0, file_ = 0, next_tick_ = 0;
};

}  // namespace spillway::replay

#endif  // SPILLWAY_STEERING_REPLAY_REPLAYER_H_
