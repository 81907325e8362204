// steering/replay/open_loop.h -- sessions that follow from answers: where an audience would have
// been.
//
//   DNS answers ─► in caches, a TTL ─┐ starts of the row by them
//   redirects ───────────────────────┴─► playing, a session length ─► Mbps by target
//   steering answers ─► move as many of the row's sessions as asked
//
// Twice in a what-if: once by the answers that were given, once by those another policy gives to
// the same clients. It is linear, so what it gets wrong about both cancels in their difference;
// why not the planner's ledger: that learns from reports, and here reports are made from this.
// limits: open loop: viewers neither give up, nor come back, nor take a step of the ladder; DNS
// answers stay as many as they were whatever TTL the other policy has.
// units: sessions of unit weight, nominal Mbps, seconds. thread safety: none.
// cost: one pass over the slots a Step.
#ifndef SPILLWAY_STEERING_REPLAY_OPEN_LOOP_H_
#define SPILLWAY_STEERING_REPLAY_OPEN_LOOP_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "steering/ledger/activity.h"
#include "steering/plan/plan.h"

namespace spillway::replay {

class OpenLoop {
 public:
  // Sessions and answers follow their (service, group, target) into the new frame.
  void Bind(std::shared_ptr<const Frame> frame);

  // `activity` and `arrivals` (by row; empty = as many as DNS answers) are of the bound frame, TTLs
  // those of `plan`, of that frame too.
  void Step(const Activity& activity, absl::Span<const float> arrivals, const Plan& plan);

  const std::vector<double>& mbps() const { return mbps_; }  // by target

 private:
  void StepRow(size_t row, double dt_s, const Activity& activity, std::optional<double> starts,
               double ttl_s);

  std::shared_ptr<const Frame> frame_;
  std::vector<float> cached_;   // by slot: answers
  std::vector<float> playing_;  // by slot: sessions
  std::vector<double> mbps_;
};

}  // namespace spillway::replay

#endif  // SPILLWAY_STEERING_REPLAY_OPEN_LOOP_H_
