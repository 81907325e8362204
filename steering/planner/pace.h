// steering/planner/pace.h -- from the shares in force to the shares wanted: at once where clients
// must leave, slowly where they only would.
//
//   before ──┐   forced:   its target is dead, drained, fenced or over its headroom ──► now
//            ├─► the rest: optional ──► deadband, pace, slow start, shift guard, freeze ──► part
//   wanted ──┘   receivers gain in proportion to what they are wanted to gain, within their room
//
// Principles: an optional move never makes another move forced: if it would overfill a target whose
// own optional departures are slowed, it waits. A forced move may: then those departures are forced
// as well, only as far as needed.
// units: shares are fractions of a row; demand and headroom in nominal Mbps of steerable demand.
// invariants (pace_test, random instances): (1) each row of `next` sums to its row of `wanted` (1e-4);
//   (2) nothing on an unusable target while its row has a usable one; (3) no target above
//   max(what it had, headroom * 1.01) while what is wanted fits; (4) wanted = before gives next =
//   before; (5) optional moves of a service stay within max_shift_per_minute over any minute, of a
//   row within kPacePerSecond; (6) the same calls give the same bits.
// cost: two passes over the slots when nothing is near its limit, at most six. No heap after Bind.
// references: papers 4.3 step 7 (shed at once, restore slowly, slow start, deadband); 4.5 (no
// onload beyond the last known load without reports).
#ifndef SPILLWAY_STEERING_PLANNER_PACE_H_
#define SPILLWAY_STEERING_PLANNER_PACE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "steering/planner/guards.h"

namespace spillway {

// Part of a row that may move in a second because it is better, not because it must: all of it in
// 20 s, so that a report (age up to 10 s) can object before the load it describes has doubled.
inline constexpr float kPacePerSecond = 0.05f;
// A row is left alone while no share would change by this part of it (papers 4.3 step 7; about one
// cell of 256).
inline constexpr float kDeadbandShare = 0.005f;
// A target that is new or back gets this part of what is wanted for it, twice as much each
// effective TTL (papers 4.3 step 7): caches and connections warm up, and if it fails again few notice.
inline constexpr float kSlowStartShare = 0.02f;

// A target is over its headroom beyond this: half of the 1 % promised, and within what solvers leave
// (solve::Options::tolerance), so that their rounding forces nobody.
inline constexpr double kRoomTolerance = 0.005;

// What kept a slot from its wanted share.
enum class Bit : uint8_t {
  kNone,
  kPaced,       // more than kPacePerSecond of the row
  kDeadband,    // too little to be worth it
  kShiftGuard,  // the service moved max_shift_per_minute already
  kFreeze,      // a freeze window
  kMinTargets,  // raised (or lowered for it) by min_targets_per_group
  kSlowStart,   // its target is new or back
  kRoom         // its target has no room yet, or must leave room to others
};
absl::string_view BitName(Bit bit);

// The fixed part: rows, slots, names. By names state is carried to another shape.
struct PaceShape {
  static constexpr uint16_t kFenced = 0xffff;
  std::vector<std::string> targets, services;
  std::vector<uint32_t> row_begin{0};  // rows + 1
  std::vector<uint16_t> row_service;   // by row, never falls
  std::vector<uint16_t> slot_target;  // by slot, cheapest first; kFenced = clients may not go there
};
PaceShape ShapeOf(const Frame& frame);

struct PaceTarget {
  // Steerable demand that it can take, all services together; infinite = no limit; <= 0 = closed.
  double headroom_mbps = 0;
  bool usable = true;      // false: dead or drained; everyone leaves
  bool may_onload = true;  // false: never more than the shares in force give it
  bool returning = false;  // becoming true starts a slow start, as becoming usable does
  // Most that optional moves may bring it each second; forced ones are not held to it.
  double onload_mbps_per_s = std::numeric_limits<double>::infinity();
};

struct PaceInputs {
  absl::Time now;
  absl::Duration elapsed;  // since the plan in force; at most 5 s are credited
  const Guards& guards;
  absl::Span<const PaceTarget> targets;  // by target
  absl::Span<const float> demand_mbps;   // by row
  absl::Span<const float> ttl_s;         // by service: effective TTL; slow start doubles in it
  absl::Span<const float> before;        // by slot: shares in force; a row of zeros = none yet
  absl::Span<const float> wanted;        // by slot
};

struct PaceOutputs {
  std::vector<float> next;        // by slot
  std::vector<Bit> bit;           // by slot
  std::vector<double> load_mbps;  // by target: steerable demand that `next` gives it
  struct Moves {                  // fractions of the service's demand
    double optional = 0, forced = 0;
    double forced_over_guard = 0;  // the part of `forced` beyond max_shift_per_minute
  };
  std::vector<Moves> services;  // by service
  size_t rows_moved = 0;
  size_t rows_below_min_targets = 0;  // of those that moved: guard unmet, for lack of room
  bool frozen = false;                // a freeze window holds
};

class Pacer {
 public:
  // State (slow starts, what moved in the last minute) is carried by name. A target that the shape
  // before did not have starts slowly, unless there was no shape before.
  void Bind(PaceShape shape);
  void Bind(const Frame& frame) { Bind(ShapeOf(frame)); }

  // Requires Bind() and spans of the shape's sizes. A row without usable targets gets `wanted` as it
  // is (the caller's last resort); one without shares in force gets `wanted` at once.
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
    Bit gain_bit = Bit::kNone;  // what holds its gains back
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
  void MeasureRow(const PaceInputs& in, size_t row, PaceOutputs* out);
  void SetGoal(const PaceInputs& in, size_t row, float total, float usable_total);
  void CountRow(const RowView& v);
  void WakeSmallRows(const PaceInputs& in, PaceOutputs* out);
  void Move(const PaceInputs& in, PaceOutputs* out);
  float Allow(const RowView& v, float optional, Bit* why);
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
