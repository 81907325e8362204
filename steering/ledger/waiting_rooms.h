// steering/ledger/waiting_rooms.h -- how many wait to be let in, and who of those that ask is new.
//
//   new joins ──┬─► asks ──┬─► let in   (Activity::redirect)
//               │          └─► put off  (Activity::put_off) ──► waits
//               └──────────── asks again, when told to ◄──────────┘
//
// why: who waits asks again and again. Counted as demand they would be an audience that grows with
// the time it is kept out, and the room that there is would never be found.
// limits: who waits is believed to come back when told; who does not is gone from here by then.
// units: sessions in unit weight; by row of the frame's CandidateTable.
// thread safety: none. cost: nothing until somebody is put off, then a pass over rows and the slots
// of those with a waiting room; no heap once sized.
#ifndef SPILLWAY_STEERING_LEDGER_WAITING_ROOMS_H_
#define SPILLWAY_STEERING_LEDGER_WAITING_ROOMS_H_

#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "steering/ledger/activity.h"
#include "steering/plan/plan.h"

namespace spillway {

class WaitingRooms {
 public:
  // Who waits is carried by (service, group) name.
  void Bind(std::shared_ptr<const Frame> frame);

  // `told`: the rows of the plan that answered meanwhile. Requires them and `activity` to be of the
  // bound frame.
  void Count(const Activity& activity, absl::Span<const PlanRow> told);

  // Those who asked for the first time in what was counted last; negative: all redirects of the row
  // did. Empty: of every row.
  absl::Span<const float> joins() const { return joins_; }
  // Those who wait now. Empty: nobody.
  absl::Span<const float> waiting() const { return waiting_; }
  // Seconds until one of them asks again, on average.
  double AgainAfter(size_t row) const { return again_s_.empty() ? 1 : again_s_[row]; }

 private:
  void CountRow(const Activity& activity, double elapsed_s, const PlanRow& told, size_t row);

  std::shared_ptr<const Frame> frame_;
  std::vector<float> joins_, waiting_, again_s_;
  std::vector<float> owed_;  // <= 0: fewer asked than were to come again; new joins pay for it
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_WAITING_ROOMS_H_
