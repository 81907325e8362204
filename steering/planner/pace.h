// steering/planner/pace.h -- from the shares in force to the shares wanted: at once where clients
// must leave, slowly where they only would.
//
//   before ──┐   forced:   its target is dead, drained, fenced or over its headroom ──► now
//            ├─► the rest: optional ──► deadband, pace, slow start, shift guard, freeze ──► part
//   wanted ──┘   receivers gain in proportion to what they are wanted to gain, within their room
//
// Principles: forced moves are only as large as needed, and from where the target is wanted less.
// An optional move never makes another move forced: if it would overfill a target whose own
// departures are slowed, it waits. A forced move may: then those are forced too, as far as needed.
// What a receiver of forced moves has no room for goes to the row's other receivers, then to slots
// with room that nobody is wanted to use; slow start yields before capacity does.
// invariants (pace_property_test, random worlds):
//   (1) each row of `next` sums to its row of `wanted` (1e-4);
//   (2) nothing on an unusable target while its row has a usable one;
//   (3) no target above max(what it had, headroom * 1.01) while what is wanted fits;
//   (4) wanted = before gives next = before;
//   (5) optional moves of a service stay within max_shift_per_minute over any minute, of a row
//       within kPacePerSecond (min_targets_per_group aside);
//   (6) the same calls give the same bits.
// cost: one pass over the slots when nothing moves, one more over the rows that do, up to four when
// targets are full. tests/bench/pace_bench, 100,000 rows of 12 slots, 1,000 targets: 3 ms for a
// steady world, 4 ms with noise, 13 ms when every row moves, 47 ms when also a twentieth of all
// targets is lost and the others are exactly full. No heap once the outputs have their size.
// thread safety: none; belongs to a controller.
// references: papers 4.3 step 7 (shed at once, restore slowly, slow start, deadband); 4.5 (no
// onload beyond the last known load without reports).
#ifndef SPILLWAY_STEERING_PLANNER_PACE_H_
#define SPILLWAY_STEERING_PLANNER_PACE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "steering/plan/plan.h"
#include "steering/planner/guards.h"
#include "steering/planner/pace_io.h"

namespace spillway {

PaceShape ShapeOf(const Frame& frame);

class Pacer {
 public:
  // State (slow starts, what moved in the last minute) is carried by name. A target that the shape
  // before did not have starts slowly, unless there was no shape before.
  void Bind(PaceShape shape);
  void Bind(const Frame& frame) { Bind(ShapeOf(frame)); }

  // Requires Bind() and spans of the shape's sizes. A row without usable targets gets `wanted` as
  // it is (the caller's last resort); one without shares in force gets `wanted` at once.
  void Step(const PaceInputs& in, PaceOutputs* out);

  // Still in its slow start, for any service, as of the last step.
  bool InSlowStart(size_t target) const {
    return targets_[target].slow_since != absl::InfinitePast();
  }

 private:
  struct TargetState {
    bool usable = true, returning = false;         // at the last step
    absl::Time slow_since = absl::InfinitePast();  // infinite past = no slow start
  };
  // What a row needs of a target, by target and one more for fenced slots.
  struct Valve {
    float forced = 0;         // part of what it is wanted to lose that leaves at once
    float take = 1;           // part of its forced gains that it takes
    float take_optional = 1;  // the same of its optional ones
    float slow = 1;           // its share may reach this part of what is wanted
    bool usable = false, joins = false;
    Held gain_bit = Held::kNone;  // what holds its gains back
  };
  // Sums by target, demand units. Apart, because every slot adds to them.
  struct Wish {
    double loses = 0, gains = 0;  // in rows that may move
  };
  struct Passing {
    double in_forced = 0, in_optional = 0, out_optional = 0;  // this round's
  };
  struct Flow {
    double load = 0;    // by the shares in force
    double cap = 0;     // headroom, or the load where it may not grow
    double onload = 0;  // most of in_optional
    Wish wish;
    Passing passing;
    double extra = 0;  // forced gains that were not wanted, and raised least shares
    double spare = 0;  // room that no wanted gain will need
    double Most() const { return cap * (1 + kRoomTolerance) + 1e-6 * load; }
    bool over() const { return load > Most(); }
    bool tight() const { return over() || load - wish.loses + wish.gains > Most(); }
    double After(float forced) const {
      return load - forced * wish.loses - passing.out_optional + passing.in_forced +
             passing.in_optional + extra;
    }
  };
  struct ServiceState {
    ShiftWindow window;
    double left = 0;    // of the guard at the step's start, as a fraction
    double demand = 0;  // of all its rows
    float part = 1;     // of the optional moves asked for that the guard lets pass
    double forced = 0, optional = 0, asked = 0;  // this round's, demand units
    double forced_expected = 0;                  // the round before's
    double budget = 0;                           // what optional moves may still take this round
  };
  // kSmallForced: within the deadband, but one of its targets must shed.
  enum RowState : uint8_t { kStill, kSmall, kMoves, kSmallForced };
  struct RowView;

  void Begin(const PaceInputs& in, PaceOutputs* out);
  void UpdateSlowStarts(const PaceInputs& in);
  void SetSlowValves(const PaceInputs& in, size_t service);
  void SetForced();
  bool Adjust(bool last);
  bool AdjustTarget(size_t target);
  bool MakeSafe();
  void Finish(const PaceInputs& in, PaceOutputs* out);
  // pace_rows.cc
  RowView View(const PaceInputs& in, size_t row, PaceOutputs* out);
  void Measure(const PaceInputs& in, PaceOutputs* out);
  void MeasureSpare(const PaceInputs& in);
  void MeasureRow(const PaceInputs& in, size_t row, PaceOutputs* out);
  void SetGoal(const PaceInputs& in, size_t row, float total, float usable_total);
  void CountRow(const RowView& v);
  void WakeSmallRows(const PaceInputs& in, PaceOutputs* out);
  void Move(const PaceInputs& in, PaceOutputs* out);
  float Allow(const RowView& v, float optional, Held* why);
  void MoveRow(const PaceInputs& in, size_t row, PaceOutputs* out);
  void MoveForced(const RowView& v, float forced, float part);
  void PlaceForced(const RowView& v, float rest);
  void RaiseLeast(const RowView& v, const PaceInputs& in, PaceOutputs* out);

  PaceShape shape_;
  std::vector<TargetState> targets_;
  std::vector<ServiceState> services_;
  std::vector<Valve> valves_;
  std::vector<Flow> flows_;
  std::vector<float> unusable_;  // 1 or 0
  std::vector<double> load_;
  std::vector<Wish> wishes_;
  std::vector<Passing> passing_;
  // By row: what the row sums to, what brings `before` to that, its state.
  std::vector<float> total_, scale_;
  std::vector<uint8_t> state_, own_goal_;
  std::vector<float> goal_;          // by slot, where own_goal_: wanted made usable and wide enough
  std::vector<float> gain_, delta_;  // scratch of one row
  std::vector<uint8_t> joins_;
  float pace_ = 0;
  bool frozen_ = false, slow_any_ = false;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_PACE_H_
