// steering/planner/pace.cc -- see pace.h. One step: measure, force, then move and adjust in rounds.
#include "steering/planner/pace.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/strings.h"

namespace spillway {
namespace {

// Longest pause that is credited to pacing: after a stall nothing may jump (planner's kElapsedMax).
constexpr absl::Duration kElapsedMax = absl::Seconds(5);

// Doublings from kSlowStartShare to everything: log2(50) = 5.64.
const double kSlowStartDoublings = -std::log2(static_cast<double>(kSlowStartShare));

}  // namespace

PaceShape ShapeOf(const Frame& frame) {
  PaceShape shape;
  for (const Target& target : frame.policy->targets) shape.targets.push_back(target.name);
  for (const Service& service : frame.policy->services) shape.services.push_back(service.name);
  const CandidateTable& table = *frame.candidates;
  shape.row_begin.reserve(table.row_count() + 1);
  shape.row_service.reserve(table.row_count());
  shape.slot_target.reserve(table.slot_count());
  for (size_t row = 0; row < table.row_count(); ++row) {
    shape.row_service.push_back(table.RowService(row).value());
    for (const Slot& slot : table.Row(row))
      shape.slot_target.push_back(slot.fenced ? PaceShape::kFenced : slot.target.value());
    shape.row_begin.push_back(static_cast<uint32_t>(shape.slot_target.size()));
  }
  return shape;
}

void Pacer::Bind(PaceShape shape) {
  StringMap<TargetState> target_of;
  StringMap<ShiftWindow> window_of;
  const bool first = shape_.targets.empty();
  for (size_t t = 0; t < shape_.targets.size(); ++t)
    target_of.emplace(shape_.targets[t], targets_[t]);
  for (size_t s = 0; s < shape_.services.size(); ++s)
    window_of.emplace(shape_.services[s], services_[s].window);

  shape_ = std::move(shape);
  const size_t targets = shape_.targets.size(), rows = shape_.row_service.size();
  CHECK(shape_.row_begin.size() == rows + 1 && targets < PaceShape::kFenced);
  CHECK(shape_.row_begin.back() == shape_.slot_target.size());
  targets_.assign(targets, {});
  for (size_t t = 0; t < targets; ++t) {
    auto it = target_of.find(shape_.targets[t]);
    if (it != target_of.end())
      targets_[t] = it->second;
    else
      targets_[t].usable = first;  // one that was not there has just become usable
  }
  services_.assign(shape_.services.size(), {});
  for (size_t s = 0; s < services_.size(); ++s) {
    auto it = window_of.find(shape_.services[s]);
    if (it != window_of.end()) services_[s].window = it->second;
  }
  // Fenced slots belong to one more target, which is never usable.
  size_t longest = 0;
  for (uint16_t& t : shape_.slot_target) {
    CHECK(t < targets || t == PaceShape::kFenced);
    t = std::min<uint16_t>(t, static_cast<uint16_t>(targets));
  }
  for (size_t row = 0; row < rows; ++row) {
    CHECK(shape_.row_service[row] < services_.size());
    longest = std::max<size_t>(longest, shape_.row_begin[row + 1] - shape_.row_begin[row]);
  }
  valves_.assign(targets + 1, {});
  flows_.assign(targets + 1, {});
  unusable_.assign(targets + 1, 1);
  load_.assign(targets + 1, 0);
  wishes_.assign(targets + 1, {});
  passing_.assign(targets + 1, {});
  total_.assign(rows, 0);
  scale_.assign(rows, 1);
  state_.assign(rows, kStill);
  own_goal_.assign(rows, 0);
  goal_.assign(shape_.slot_target.size(), 0);
  gain_.assign(longest, 0);
  delta_.assign(longest, 0);
  joins_.assign(longest, 0);
}

void Pacer::Step(const PaceInputs& in, PaceOutputs* out) {
  Begin(in, out);
  Measure(in, out);
  SetForced();
  // Three rounds settle what chains of forced moves ask for; the last only makes safe.
  constexpr int kRounds = 4;
  for (int round = 1;; ++round) {
    Move(in, out);
    if (round == kRounds || !Adjust(round == kRounds - 1)) break;
  }
  Finish(in, out);
}

void Pacer::Begin(const PaceInputs& in, PaceOutputs* out) {
  const size_t slots = shape_.slot_target.size();
  CHECK(in.targets.size() == targets_.size() && in.ttl_s.size() == services_.size());
  CHECK(in.demand_mbps.size() == total_.size());
  CHECK(in.before.size() == slots && in.wanted.size() == slots);
  out->next.resize(slots);
  out->bit.resize(slots);
  out->load_mbps.resize(targets_.size());
  out->services.resize(services_.size());
  frozen_ = out->frozen = InFreeze(in.guards, in.now);
  pace_ = kPacePerSecond * static_cast<float>(absl::ToDoubleSeconds(
                               std::clamp(in.elapsed, absl::ZeroDuration(), kElapsedMax)));
  UpdateSlowStarts(in);
  for (size_t t = 0; t < targets_.size(); ++t) {
    const PaceTarget& target = in.targets[t];
    valves_[t] = {.usable = target.usable, .joins = target.usable && target.headroom_mbps > 0};
    unusable_[t] = target.usable ? 0 : 1;
  }
  valves_.back() = {.forced = 1};
  std::fill(load_.begin(), load_.end(), 0.0);
  std::fill(wishes_.begin(), wishes_.end(), Wish{});
  for (ServiceState& service : services_) {
    service.left = service.window.Left(in.now, in.guards.max_shift_per_minute);
    service.demand = 0;
    service.part = 1;
    service.forced_expected = 0;
  }
}

void Pacer::UpdateSlowStarts(const PaceInputs& in) {
  double longest_s = 0;
  for (float ttl : in.ttl_s) longest_s = std::max<double>(longest_s, ttl);
  const absl::Duration whole = absl::Seconds(longest_s * kSlowStartDoublings);
  slow_any_ = false;
  for (size_t t = 0; t < targets_.size(); ++t) {
    TargetState& state = targets_[t];
    const PaceTarget& target = in.targets[t];
    if (!target.usable || in.now - state.slow_since >= whole) {
      state.slow_since = absl::InfinitePast();
    }
    if (target.usable && (!state.usable || (target.returning && !state.returning))) {
      state.slow_since = in.now;
    }
    state.usable = target.usable;
    state.returning = target.returning;
    slow_any_ |= state.slow_since != absl::InfinitePast();
  }
}

void Pacer::SetSlowValves(const PaceInputs& in, size_t service) {
  const double ttl_s = std::max(1.0, static_cast<double>(in.ttl_s[service]));
  for (size_t t = 0; t < targets_.size(); ++t) {
    if (targets_[t].slow_since == absl::InfinitePast()) continue;
    const double age_s = absl::ToDoubleSeconds(in.now - targets_[t].slow_since);
    const double doublings = std::clamp(age_s / ttl_s, 0.0, kSlowStartDoublings);
    valves_[t].slow = std::min(1.0f, kSlowStartShare * static_cast<float>(std::exp2(doublings)));
    if (valves_[t].slow < 1) valves_[t].gain_bit = Held::kSlowStart;
  }
}

// What must leave leaves from where it is wanted less: the fraction that brings the target down to
// its headroom. Where what is wanted does not bring it down, all of that moves at once.
void Pacer::SetForced() {
  for (size_t t = 0; t < targets_.size(); ++t) {
    const Flow& flow = flows_[t];
    Valve& valve = valves_[t];
    if (!valve.usable) {
      valve.forced = 1;
    } else if (flow.over() && flow.wish.loses > 0) {
      valve.forced = static_cast<float>(std::min(1.0, (flow.load - flow.cap) / flow.wish.loses));
    }
  }
}

// True when another round is needed.
bool Pacer::Adjust(bool last) {
  bool changed = false;
  if (last) {
    changed = MakeSafe();
  } else {
    for (size_t t = 0; t < targets_.size(); ++t)
      if (valves_[t].usable) changed |= AdjustTarget(t);
  }
  for (ServiceState& service : services_) {
    const double left = std::max(0.0, service.left * service.demand - service.forced);
    changed |= service.forced > service.forced_expected * (1 + 1e-3) && service.optional > left;
    // In the last round no row may get more than it had in the one before.
    service.forced_expected =
        last ? std::max(service.forced, service.forced_expected) : service.forced;
    if (last || service.asked <= left) continue;
    const float part = static_cast<float>(left / service.asked);
    changed |= part < service.part * (1 - 1e-3f);
    service.part = std::min(part, service.part);
  }
  return changed;
}

// Brings one target's projected load within its cap: first by less optional gains, then by more of
// its own departures at once, last by fewer forced gains (rows then send those elsewhere).
bool Pacer::AdjustTarget(size_t t) {
  Flow& flow = flows_[t];
  Valve& valve = valves_[t];
  double excess = flow.After(valve.forced) - flow.Most();
  const double cut =
      std::clamp(std::max(excess, flow.passing.in_optional - flow.onload * (1 + 1e-3)), 0.0,
                 flow.passing.in_optional);
  if (excess <= 0 && cut <= 0) return false;
  if (cut > 0) valve.take_optional *= static_cast<float>(1 - cut / flow.passing.in_optional);
  excess -= cut;
  const double kept = (1 - valve.forced) * flow.wish.loses - flow.passing.out_optional;
  bool changed = cut > 0;
  if (excess > 0 && kept > 0) {
    changed = true;
    const double push = std::min(1.0, excess / kept);
    valve.forced += static_cast<float>((1 - valve.forced) * push);
    excess -= push * kept;
  }
  if (excess > 0 && flow.passing.in_forced > 0 && valve.take > 0) {
    changed = true;
    valve.take *= static_cast<float>(1 - std::min(1.0, excess / flow.passing.in_forced));
  }
  return changed;
}

// Before the last round, whatever the earlier ones left open. Optional departures, which may shrink
// yet, make no room for optional gains. If forced gains still overfill a target, every target that
// could be overfilled gives what it is wanted to give: then none has more than is wanted of it.
bool Pacer::MakeSafe() {
  bool changed = false, forced = false;
  for (size_t t = 0; t < targets_.size(); ++t) {
    Flow& flow = flows_[t];
    if (!valves_[t].usable) continue;
    const double after = flow.After(valves_[t].forced) + flow.passing.out_optional;
    const bool too_fast = flow.passing.in_optional > flow.onload * (1 + 1e-2);
    if ((after > flow.Most() || too_fast) && flow.passing.in_optional > 0) {
      valves_[t].take_optional = 0;
      changed = true;
    }
    forced |= after - flow.passing.in_optional > flow.Most() && valves_[t].forced < 1 &&
              flow.wish.loses > 0;
  }
  if (!forced) return changed;
  for (size_t t = 0; t < targets_.size(); ++t) {
    const Flow& flow = flows_[t];
    if (flow.load - valves_[t].forced * flow.wish.loses + flow.wish.gains > flow.Most())
      valves_[t].forced = 1;
  }
  return true;
}

void Pacer::Finish(const PaceInputs& in, PaceOutputs* out) {
  for (size_t t = 0; t < targets_.size(); ++t) {
    const Flow& flow = flows_[t];
    out->load_mbps[t] = std::max(0.0, flow.After(valves_[t].forced));
  }
  for (size_t s = 0; s < services_.size(); ++s) {
    ServiceState& service = services_[s];
    PaceOutputs::Moves& moves = out->services[s];
    moves = {};
    if (service.demand <= 0) continue;
    moves.optional = service.optional / service.demand;
    moves.forced = service.forced / service.demand;
    moves.forced_over_guard = std::max(0.0, moves.forced - service.left);
    service.window.Add(in.now, moves.optional + moves.forced);
  }
}

}  // namespace spillway
