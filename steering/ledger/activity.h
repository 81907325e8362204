// steering/ledger/activity.h -- answers given since the last look, by slot.
//
//   GrantBoard (cumulative, per worker) ──ActivityReader──► Activity ──► Forecaster, Ledger
//
// limits: a binding starts from the board's present values, so the answers that the old frame gave
// between its last Read and the rebind are lost: those of less than one tick.
// Counters are compared as 32-bit differences: right while a slot answers less than 2^32 times
// between two looks.
// thread safety: ActivityReader none; the workers go on counting meanwhile.
#ifndef SPILLWAY_STEERING_LEDGER_ACTIVITY_H_
#define SPILLWAY_STEERING_LEDGER_ACTIVITY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "steering/plan/plan.h"

namespace spillway {

struct Activity {
  absl::Duration elapsed;                      // the interval they were counted in; 0 = none yet
  std::vector<float> dns, redirect, steering;  // by slot: answers
  // By row: joins told to come back later. Empty: no service has a waiting room.
  std::vector<float> put_off;
};

// Reads the board's cumulative counters and returns what is new since the last call. One for each
// board.
class ActivityReader {
 public:
  void Bind(std::shared_ptr<const Frame> frame);

  // The first call after Bind has elapsed 0 and the few answers since then. Allocates only when the
  // number of slots grew. Cost: one pass over the counters of every worker.
  void Read(absl::Time now, Activity* out);

 private:
  std::shared_ptr<const Frame> frame_;
  absl::Time last_ = absl::InfinitePast();
  std::array<std::vector<uint32_t>, kFrontCount> seen_;  // by slot
  std::vector<uint32_t> seen_put_off_;                   // by row; empty: nobody is put off
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_ACTIVITY_H_
