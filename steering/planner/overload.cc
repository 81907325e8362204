// steering/planner/overload.cc -- see overload.h.
#include "steering/planner/overload.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace spillway {
namespace {

// The waiting room never closes wholly: somebody always finds out that there is room again.
constexpr float kAdmitMin = 0.05f;
// How fast it opens again, of all joins per second: half a minute from shut to open.
constexpr double kAdmitPerSecond = 0.03;
// What those who wait are asked to wait at least, and at most (seconds).
constexpr double kRetryAfterMin = 5, kRetryAfterMax = 60;

}  // namespace

void Overload::Bind(std::shared_ptr<const Frame> frame) {
  frame_ = std::move(frame);
  const CandidateTable& table = *frame_->candidates;
  states_.assign(table.row_count(), {});
  for (size_t row = 0; row < table.row_count(); ++row) {
    const Service& service = frame_->policy->service(table.RowService(row));
    states_[row].last_step =
        static_cast<uint8_t>(service.ladder.empty() ? 0 : service.ladder.size() - 1);
    states_[row].waiting_room = service.waiting_room;
  }
}

const std::vector<double>& Overload::Ladder(size_t row) const {
  return frame_->policy->service(frame_->candidates->RowService(row)).ladder;
}

double Overload::BitratePart(size_t row, double told) const {
  const State& state = states_[row];
  if (state.step == 0) return 1;
  return 1 - (1 - Ladder(row)[state.step]) * std::clamp(told, 0.0, 1.0);
}

void Overload::StepDown(absl::Time now, size_t row) {
  State& state = states_[row];
  state.clear_since = absl::InfiniteFuture();
  if (state.step >= state.last_step || now - state.stepped_at < kStepEvery) return;
  // The largest step that leaves no more than fits; papers 4.7.
  const std::vector<double>& ladder = Ladder(row);
  const double fits = (1 - state.refused) * ladder[state.step];
  while (state.step < state.last_step && ladder[state.step] > fits) ++state.step;
  if (now - state.stepped_up_at < 2 * state.leave_after)
    state.leave_after = std::min(kLeaveAfterMax, 2 * state.leave_after);
  state.stepped_at = now;
}

void Overload::StepUp(absl::Time now, size_t row, double mbps, absl::Span<double> room_mbps) {
  State& state = states_[row];
  if (state.clear_since == absl::InfiniteFuture()) state.clear_since = now;
  if (state.step == 0 || now - state.clear_since < state.leave_after) return;
  const std::vector<double>& ladder = Ladder(row);
  const double grows = ladder[state.step - 1] / ladder[state.step];
  if (!TakeRoom(row, mbps * (grows * kLeaveMargin - 1), room_mbps)) return;
  --state.step;
  state.clear_since = state.stepped_up_at = now;
}

// From where the row's clients may go, in the order of its candidates; all of it or nothing.
bool Overload::TakeRoom(size_t row, double mbps, absl::Span<double> room_mbps) const {
  const absl::Span<const Slot> slots = frame_->candidates->Row(row);
  double room = 0;
  for (const Slot& slot : slots) room += slot.fenced ? 0 : room_mbps[slot.target.index()];
  if (room < mbps) return false;
  for (const Slot& slot : slots) {
    if (slot.fenced) continue;
    const double part = std::min(mbps, room_mbps[slot.target.index()]);
    room_mbps[slot.target.index()] -= part;
    mbps -= part;
  }
  return true;
}

void Overload::UpdateRow(absl::Time now, double elapsed_s, size_t row, const RowInput& in,
                         absl::Span<double> room_mbps) {
  State* const state = &states_[row];
  const double blend = -std::expm1(-elapsed_s / absl::ToDoubleSeconds(kSmoothOver));
  state->refused += static_cast<float>(blend * (in.refused - state->refused));
  if (state->refused > kRefusedMin) {
    StepDown(now, row);
  } else {
    StepUp(now, row, in.mbps, room_mbps);
  }
  const bool last = state->step == state->last_step;
  float admit = 1;
  if (state->waiting_room && last && state->refused > kRefusedMin && in.joins > 0) {
    // Those who play stay: joins alone make the room. Who asks more often is drawn as often.
    admit = std::max(kAdmitMin, (1 - state->refused / in.joins) / std::max(1.0f, in.turns));
  }
  state->admit =
      std::min(admit, state->admit + static_cast<float>(kAdmitPerSecond * elapsed_s));
  if (in.interrupted > kRefusedMin) state->restarts_until = now + kRestartsOver;
  if (now >= state->restarts_until) state->restarts_until = absl::InfinitePast();
}

void Overload::Update(absl::Time now, absl::Duration elapsed, absl::Span<const RowInput> rows,
                      absl::Span<double> room_mbps) {
  for (double& room : room_mbps) room /= 2;
  const double elapsed_s = absl::ToDoubleSeconds(elapsed);
  for (size_t row = 0; row < states_.size(); ++row) {
    if (!active(row) && rows[row].refused <= 0 && rows[row].interrupted <= kRefusedMin) continue;
    UpdateRow(now, elapsed_s, row, rows[row], room_mbps);
  }
}

void Overload::Fill(size_t row, PlanRow* out) const {
  const State& state = states_[row];
  out->ladder_step = state.step;
  out->admit_permille = static_cast<uint16_t>(std::lround(1000 * state.admit));
  // Clients draw once in 10 s: a third of them at a time ends within kRestartsOver.
  out->retry_admit_permille = state.restarts_until == absl::InfinitePast() ? 1000 : 333;
  out->retry_after_s = state.admit >= 1
                           ? 0
                           : static_cast<uint16_t>(std::clamp(kRetryAfterMin / state.admit,
                                                              kRetryAfterMin, kRetryAfterMax));
}

}  // namespace spillway
