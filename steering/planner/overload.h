// steering/planner/overload.h -- demand that fits nowhere: who gives way, in which order.
//
//   refused for seconds         ──► ladder step down: players told to take less (CMSD mb)
//   last step, still refused    ──► waiting room: new joins by HTTP come back later
//   nothing refused for kLeave  ──► one step up, when that fits with kLeaveMargin to spare
//
// Classes come first: the solver's sinks refuse prefetch before premium-live. Playing sessions are
// never refused. Services without a waiting room, and DNS, are answered whatever happens.
// State is by row and starts anew with a frame; deterministic, virtual time.
// references: papers 4.7 of the design's evidence: Netflix PlayAPI's order of sacrifice; CTA-5006.
#ifndef SPILLWAY_STEERING_PLANNER_OVERLOAD_H_
#define SPILLWAY_STEERING_PLANNER_OVERLOAD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/plan/plan.h"

namespace spillway {

class Overload {
 public:
  // What a row is refused is smoothed over so long: a passing tick is not a crowd (papers 4.7 wait
  // two ticks; one row is noisier than a region).
  static constexpr absl::Duration kSmoothOver = absl::Seconds(10);
  // And a step must have been taken up by players before the next: two or three segments of 2 to 6
  // s.
  static constexpr absl::Duration kStepEvery = absl::Seconds(15);
  // Steps back up wait for so long without a refusal (papers 4.7), twice as long each time one was
  // followed by a refusal within twice that; and for this much room beyond the step.
  static constexpr absl::Duration kLeaveAfter = absl::Seconds(120);
  static constexpr absl::Duration kLeaveAfterMax = absl::Minutes(30);
  static constexpr double kLeaveMargin = 1.02;
  // Below this part of a row's demand nothing is done: the solver's tolerance is 1 % of a target,
  // of a row it may be more.
  static constexpr double kRefusedMin = 0.03;
  // A target that dies interrupts its viewers at once; they are let back in over this long, so that
  // their restarts (ten times ordinary traffic after 30 s of interruption, Netflix) do not follow
  // each other to the next.
  static constexpr absl::Duration kRestartsOver = absl::Seconds(30);

  void Bind(std::shared_ptr<const Frame> frame);

  // Part of the nominal bitrate that the row's sessions take at its present step, when `told` of
  // them (0..1) are told of it.
  double BitratePart(size_t row, double told) const;

  // `refused`: part of each row's demand at its present step that found no room. `mbps`: that
  // demand; needed while active. `joins`: part of the row's demand that are new joins,
  // those who wait among them; `turns`: how often each of them asks within the horizon.
  // `interrupted`: part of the row's clients whose target died since the last update.
  struct RowInput {
    float refused = 0, mbps = 0, joins = 0, interrupted = 0, turns = 1;
  };
  // `room_mbps` by target: what it has left. Half of it may be used by steps up, each of them from
  // where its clients may go; what is used is taken off.
  void Update(absl::Time now, absl::Duration elapsed, absl::Span<const RowInput> rows,
              absl::Span<double> room_mbps);

  // Writes what the fronts hold back.
  void Fill(size_t row, PlanRow* out) const;
  // Anything is held back in the row, or was about to be.
  bool active(size_t row) const { return !Quiet(states_[row]); }

 private:
  struct State {
    uint8_t step = 0, last_step = 0;
    bool waiting_room = false;
    float admit = 1;
    float refused = 0;   // smoothed
    absl::Time stepped_at = absl::InfinitePast();
    absl::Time clear_since = absl::InfinitePast();
    absl::Duration leave_after = kLeaveAfter;
    absl::Time stepped_up_at = absl::InfinitePast();
    absl::Time restarts_until = absl::InfinitePast();
  };
  static bool Quiet(const State& state) {
    return state.step == 0 && state.admit >= 1 &&
           state.restarts_until == absl::InfinitePast() && state.refused <= kRefusedMin / 10;
  }
  void UpdateRow(absl::Time now, double elapsed_s, size_t row, const RowInput& in,
                 absl::Span<double> room_mbps);
  const std::vector<double>& Ladder(size_t row) const;
  void StepDown(absl::Time now, size_t row);
  void StepUp(absl::Time now, size_t row, double mbps, absl::Span<double> room_mbps);
  bool TakeRoom(size_t row, double mbps, absl::Span<double> room_mbps) const;

  std::shared_ptr<const Frame> frame_;
  std::vector<State> states_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_OVERLOAD_H_
