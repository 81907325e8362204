// steering/planner/pace_rows.cc -- the passes over rows and slots of pace.h.
#include <algorithm>
#include <cmath>

#include "steering/planner/pace.h"

namespace spillway {
namespace {

// Row sums that differ by less are the same: what a solver in floats leaves (solve.h: 1e-5).
constexpr float kSumTolerance = 2e-5f;

// Movements below this part of a row are rounding.
constexpr float kNothing = 1e-6f;

// max(x, 0), exactly, and never as a branch: GCC 12 makes one of std::max here, and which shares
// rise is a coin's toss (pace_bench, 1.2 M slots that all move: 26 ms with branches, 13 ms so).
inline float Positive(float x) { return 0.5f * (x + std::abs(x)); }
inline double Positive(double x) { return 0.5 * (x + std::abs(x)); }

}  // namespace

struct Pacer::RowView {
  size_t row, size;
  float total, scale;
  double demand;
  const float* before;
  const float* goal;
  const uint16_t* target;
  float* next;
  Held* bit;
  float base(size_t k) const { return before[k] * scale; }
};

Pacer::RowView Pacer::View(const PaceInputs& in, size_t row, PaceOutputs* out) {
  const uint32_t begin = shape_.row_begin[row];
  return {.row = row,
          .size = shape_.row_begin[row + 1] - begin,
          .total = total_[row],
          .scale = scale_[row],
          .demand = in.demand_mbps[row],
          .before = in.before.data() + begin,
          .goal = (own_goal_[row] ? goal_.data() : in.wanted.data()) + begin,
          .target = shape_.slot_target.data() + begin,
          .next = out->next.data() + begin,
          .bit = out->bit.data() + begin};
}

void Pacer::Measure(const PaceInputs& in, PaceOutputs* out) {
  bool small = false;
  if (in.guards.min_targets_per_group > 1) MeasureSpare(in);
  for (size_t row = 0; row < total_.size(); ++row) {
    services_[shape_.row_service[row]].demand += in.demand_mbps[row];
    MeasureRow(in, row, out);
    small |= state_[row] == kSmall;
  }
  bool tight = false;
  for (size_t t = 0; t < targets_.size(); ++t) {
    const double headroom = std::max(0.0, in.targets[t].headroom_mbps);
    Flow& flow = flows_[t];
    flow.load = load_[t];
    // Where the load may not grow there is no tolerance either: half a percent a second adds up.
    flow.cap =
        in.targets[t].may_onload ? headroom : std::min(headroom, flow.load / (1 + kRoomTolerance));
    flow.onload = pace_ > 0 ? in.targets[t].onload_mbps_per_s * pace_ / kPacePerSecond : 0;
    flow.wish = wishes_[t];
    tight |= flow.tight();
  }
  if (!small || !tight) return;
  WakeSmallRows(in, out);
  for (size_t t = 0; t < targets_.size(); ++t) flows_[t].wish = wishes_[t];
}

// What is left of each target's headroom beside what is wanted there.
void Pacer::MeasureSpare(const PaceInputs& in) {
  for (size_t t = 0; t < targets_.size(); ++t)
    flows_[t].spare = std::max(0.0, in.targets[t].headroom_mbps);
  for (size_t row = 0; row < total_.size(); ++row) {
    for (uint32_t s = shape_.row_begin[row]; s < shape_.row_begin[row + 1]; ++s)
      flows_[shape_.slot_target[s]].spare -= in.demand_mbps[row] * in.wanted[s];
  }
}

void Pacer::MeasureRow(const PaceInputs& in, size_t row, PaceOutputs* out) {
  own_goal_[row] = 0;
  RowView v = View(in, row, out);
  float before_total = 0, total = 0, lost = 0, unusable = 0;
  for (size_t k = 0; k < v.size; ++k) {
    const float is_unusable = unusable_[v.target[k]];
    before_total += v.before[k];
    total += v.goal[k];
    lost += v.goal[k] * is_unusable;
    unusable += is_unusable;
  }
  total_[row] = total;
  state_[row] = kStill;
  const bool as_wanted = unusable == static_cast<float>(v.size) || !(total > 0);
  if (!as_wanted && (lost > kSumTolerance * total || in.guards.min_targets_per_group > 1)) {
    SetGoal(in, row, total, total - lost);
    v = View(in, row, out);
  }
  if (as_wanted || !(before_total > 0)) {
    for (size_t k = 0; k < v.size; ++k) {
      v.next[k] = v.goal[k];
      v.bit[k] = Held::kNone;
      load_[v.target[k]] += v.demand * v.next[k];
    }
    return;
  }
  const bool same = std::abs(before_total - total) <= kSumTolerance * total;
  scale_[row] = v.scale = same ? 1.0f : total / before_total;
  float most = 0, leaving = 0;
  for (size_t k = 0; k < v.size; ++k) {
    const float base = v.base(k);
    most = std::max(most, std::abs(base - v.goal[k]));
    leaving += base * unusable_[v.target[k]];
    load_[v.target[k]] += v.demand * base;
    v.next[k] = base;
    v.bit[k] = Held::kNone;
  }
  if (most >= kDeadbandShare * total || leaving > 0) {
    state_[row] = kMoves;
    CountRow(v);
  } else if (most > kNothing * total) {
    state_[row] = kSmall;
    for (size_t k = 0; k < v.size; ++k)
      v.bit[k] = v.base(k) != v.goal[k] ? Held::kDeadband : Held::kNone;
  }
}

// What is wanted, without what is wanted of unusable targets, and wide enough.
void Pacer::SetGoal(const PaceInputs& in, size_t row, float total, float usable_total) {
  const uint32_t begin = shape_.row_begin[row], size = shape_.row_begin[row + 1] - begin;
  const uint16_t* target = shape_.slot_target.data() + begin;
  const float* wanted = in.wanted.data() + begin;
  const float* from = wanted;
  if (!(usable_total > 0)) {
    // Nothing usable is wanted: those who serve now go on, else the usable share alike.
    from = in.before.data() + begin;
    usable_total = 0;
    for (uint32_t k = 0; k < size; ++k) usable_total += valves_[target[k]].usable ? from[k] : 0;
  }
  float* goal = goal_.data() + begin;
  float usable = 0;
  for (uint32_t k = 0; k < size; ++k) usable += valves_[target[k]].usable;
  for (uint32_t k = 0; k < size; ++k) {
    goal[k] = !valves_[target[k]].usable ? 0
              : usable_total > 0         ? from[k] * (total / usable_total)
                                         : total / usable;
  }
  own_goal_[row] = 1;
  if (in.guards.min_targets_per_group <= 1) return;
  for (uint32_t k = 0; k < size; ++k) {
    // Width is no reason to fill a target beyond its mark.
    const double need = in.demand_mbps[row] * (kMinTargetShare * total - goal[k]);
    joins_[k] = valves_[target[k]].joins && need <= flows_[target[k]].spare;
    // Who has a share already joins before its equals: no move between equals.
    gain_[k] = wanted[k] + 1e-3f * in.before[begin + k];
    delta_[k] = goal[k];
  }
  KeepMinTargets({.rank = {gain_.data(), size},
                  .may_join = {joins_.data(), size},
                  .shares = {goal, size},
                  .total = total,
                  .least = in.guards.min_targets_per_group});
  for (uint32_t k = 0; k < size; ++k)
    flows_[target[k]].spare -= in.demand_mbps[row] * Positive(goal[k] - delta_[k]);
}

void Pacer::CountRow(const RowView& v) {
  for (size_t k = 0; k < v.size; ++k) {
    const double gone = v.demand * (v.base(k) - v.goal[k]);
    const double lost = Positive(gone);
    Wish& wish = wishes_[v.target[k]];
    wish.loses += lost;
    wish.gains += lost - gone;
  }
}

// A target with a little of many rows sheds though no row alone is worth a move, and one that will
// be full needs what the small rows are wanted to give.
void Pacer::WakeSmallRows(const PaceInputs& in, PaceOutputs* out) {
  for (size_t row = 0; row < total_.size(); ++row) {
    if (state_[row] != kSmall) continue;
    const RowView v = View(in, row, out);
    for (size_t k = 0; k < v.size; ++k) {
      const Flow& flow = flows_[v.target[k]];
      if (!flow.tight() || v.base(k) <= v.goal[k]) continue;
      CountRow(v);
      state_[row] = kSmallForced;
      break;
    }
  }
}

void Pacer::Move(const PaceInputs& in, PaceOutputs* out) {
  out->rows_moved = out->rows_below_min_targets = 0;
  std::fill(passing_.begin(), passing_.end(), Passing{});
  for (size_t t = 0; t < targets_.size(); ++t) {
    Flow& flow = flows_[t];
    Valve& valve = valves_[t];
    flow.extra = 0;
    flow.spare = valve.usable
                     ? flow.cap - (flow.load - valve.forced * flow.wish.loses) - flow.wish.gains
                     : 0;
    valve.gain_bit = valve.take < 1 || valve.take_optional < 1 ? Held::kRoom : Held::kNone;
  }
  for (ServiceState& service : services_) {
    service.forced = service.optional = service.asked = 0;
    service.budget = std::max(0.0, service.left * service.demand - service.forced_expected);
  }
  size_t service = SIZE_MAX;
  for (size_t row = 0; row < total_.size(); ++row) {
    if (state_[row] < kMoves) continue;
    if (slow_any_ && shape_.row_service[row] != service) {
      service = shape_.row_service[row];
      SetSlowValves(in, service);
    }
    MoveRow(in, row, out);
  }
  for (size_t t = 0; t < targets_.size(); ++t) flows_[t].passing = passing_[t];
}

// How much of `optional` (of the row) may move now, and what holds the rest.
float Pacer::Allow(const RowView& v, float optional, Held* why) {
  *why = Held::kNone;
  if (!(optional > kNothing * v.total)) return 0;
  ServiceState& service = services_[shape_.row_service[v.row]];
  if (state_[v.row] == kSmallForced) {
    *why = Held::kDeadband;
    return 0;
  }
  if (frozen_) {
    *why = Held::kFreeze;
    return 0;
  }
  float allowed = optional;
  if (allowed > pace_ * v.total) {
    allowed = pace_ * v.total;
    *why = Held::kPace;
  }
  service.asked += allowed * v.demand;
  const double left = std::min<double>(allowed * service.part * v.demand, service.budget);
  if (left < allowed * v.demand) {
    allowed = static_cast<float>(left / v.demand);
    *why = Held::kShiftGuard;
  }
  return allowed;
}

// No branches that depend on a slot: which shares rise and which fall is a coin's toss.
void Pacer::MoveRow(const PaceInputs& in, size_t row, PaceOutputs* out) {
  const RowView v = View(in, row, out);
  float loss = 0, forced = 0, gains = 0;
  for (size_t k = 0; k < v.size; ++k) {
    const Valve& valve = valves_[v.target[k]];
    const float base = v.base(k), delta = base - v.goal[k], lost = Positive(delta);
    loss += lost;
    forced += lost * valve.forced;
    gains += lost - delta;
    delta_[k] = delta;
    gain_[k] = Positive(std::min(lost - delta, valve.slow * v.goal[k] - base));
    v.next[k] = base;
  }
  if (!(gains > 0)) return;
  Held why;
  const float optional = loss - forced;
  const float allowed = Allow(v, optional, &why);
  if (forced > 0) MoveForced(v, forced, forced / gains);
  float moved = 0;
  if (allowed > 0) {
    const float part = allowed / gains;
    for (size_t k = 0; k < v.size; ++k) {
      const float wish = Positive(-delta_[k]) * part;
      const float taken = std::min(gain_[k], wish * valves_[v.target[k]].take_optional);
      v.next[k] += taken;
      moved += taken;
      passing_[v.target[k]].in_optional += v.demand * taken;
    }
  }
  const float left_part = optional > 0 ? std::min(1.0f, moved / optional) : 0;
  // What holds a slot back: its target if that is known, else what holds the row.
  const unsigned row_bit = static_cast<unsigned>(why == Held::kNone ? Held::kRoom : why);
  for (size_t k = 0; k < v.size; ++k) {
    const Valve& valve = valves_[v.target[k]];
    const float lost = Positive(delta_[k]);
    const float goes = lost * (1 - valve.forced) * left_part;
    const float next = Positive(v.next[k] - lost * valve.forced - goes);
    passing_[v.target[k]].out_optional += v.demand * goes;
    v.next[k] = next;
    const unsigned off = std::abs(next - v.goal[k]) > kNothing * v.total;
    const unsigned own = static_cast<unsigned>(valve.gain_bit) & -unsigned{delta_[k] < 0};
    v.bit[k] = static_cast<Held>((own | (row_bit & -unsigned{own == 0})) & -off);
  }
  ServiceState& service = services_[shape_.row_service[row]];
  service.forced += v.demand * forced;
  service.optional += v.demand * moved;
  service.budget -= v.demand * moved;
  out->rows_moved += forced + moved > kNothing * v.total;
  if (in.guards.min_targets_per_group > 1 && !frozen_) RaiseLeast(v, in, out);
}

// The forced part of every wanted gain; gain_ is then what may still be gained.
void Pacer::MoveForced(const RowView& v, float forced, float part) {
  float placed = 0;
  for (size_t k = 0; k < v.size; ++k) {
    const Valve& valve = valves_[v.target[k]];
    const float wish = Positive(-delta_[k]) * part;
    const float taken = std::min(wish * valve.take, gain_[k]);
    v.next[k] += taken;
    placed += taken;
    gain_[k] = Positive(gain_[k] * valve.take - taken);
    passing_[v.target[k]].in_forced += v.demand * taken;
  }
  if (forced - placed > kNothing * v.total) PlaceForced(v, forced - placed);
}

// `rest` of the row must leave and those who were to take it have no room yet: the row's other
// receivers, then whoever has room that nobody is wanted to use, then the receivers all the same.
void Pacer::PlaceForced(const RowView& v, float rest) {
  float room = 0;
  for (size_t k = 0; k < v.size; ++k) room += gain_[k];
  if (room > 0) {
    const float part = std::min(1.0f, rest / room);
    for (size_t k = 0; k < v.size; ++k) {
      const float taken = gain_[k] * part;
      v.next[k] += taken;
      gain_[k] -= taken;
      passing_[v.target[k]].in_forced += v.demand * taken;
    }
    rest -= room * part;
  }
  for (size_t k = 0; k < v.size && rest > kNothing * v.total; ++k) {
    const Valve& valve = valves_[v.target[k]];
    Flow& flow = flows_[v.target[k]];
    if (!valve.usable || valve.slow < 1 || !(flow.spare > 0)) continue;
    const double taken = std::min<double>(rest, v.demand > 0 ? flow.spare / v.demand : rest);
    v.next[k] += static_cast<float>(taken);
    flow.spare -= v.demand * taken;
    flow.extra += v.demand * taken;
    rest -= static_cast<float>(taken);
  }
  if (!(rest > kNothing * v.total)) return;
  // Not more than is wanted of them: what leaves is never more than all the row's wanted gains.
  room = 0;
  for (size_t k = 0; k < v.size; ++k)
    room += std::max(0.0f, v.goal[k] - std::max(v.next[k], v.base(k)));
  if (!(room > 0)) return;
  const float part = std::min(1.0f, rest / room);
  for (size_t k = 0; k < v.size; ++k) {
    const float taken = part * std::max(0.0f, v.goal[k] - std::max(v.next[k], v.base(k)));
    v.next[k] += taken;
    passing_[v.target[k]].in_forced += v.demand * taken;
  }
}

// Keeps the row as wide as the guard asks while it moves, where there is room for it.
void Pacer::RaiseLeast(const RowView& v, const PaceInputs& in, PaceOutputs* out) {
  const int least = in.guards.min_targets_per_group;
  const float least_share = kMinTargetShare * v.total;
  ServiceState& service = services_[shape_.row_service[v.row]];
  int have = 0;
  for (size_t k = 0; k < v.size; ++k) have += v.next[k] >= least_share * (1 - 1e-4f);
  if (have >= least) return;
  for (size_t k = 0; k < v.size; ++k) {
    const Valve& valve = valves_[v.target[k]];
    const Flow& flow = flows_[v.target[k]];
    const double need = v.demand * (least_share - v.next[k]);
    const bool had = v.base(k) >= least_share;
    const bool due = v.goal[k] * valve.slow >= least_share && valve.take_optional == 1;
    joins_[k] = valve.joins && need <= service.budget / least &&
                (due || need <= flow.spare + (had ? kRoomTolerance * flow.cap : 0));
    gain_[k] = v.next[k];
  }
  have = KeepMinTargets({.rank = {v.goal, v.size},
                         .may_join = {joins_.data(), v.size},
                         .shares = {v.next, v.size},
                         .total = v.total,
                         .least = least});
  out->rows_below_min_targets += have < least;
  for (size_t k = 0; k < v.size; ++k) {
    const double raised = v.demand * (v.next[k] - gain_[k]);
    if (raised == 0) continue;
    Flow& flow = flows_[v.target[k]];
    flow.extra += raised;
    v.bit[k] = Held::kMinTargets;
    if (raised < 0) continue;
    flow.spare -= raised;
    service.optional += raised;
    service.budget -= raised;
  }
}

}  // namespace spillway
