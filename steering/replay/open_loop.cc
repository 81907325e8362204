// steering/replay/open_loop.cc -- see open_loop.h.
#include "steering/replay/open_loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "steering/plan/match.h"

namespace spillway::replay {

void OpenLoop::Bind(std::shared_ptr<const Frame> frame) {
  if (frame == frame_) return;
  const size_t slots = frame->candidates->slot_count();
  std::vector<float> cached(slots, 0), playing(slots, 0);
  if (frame_ != nullptr) {
    const std::vector<uint32_t> from = MatchSlots(*frame_, *frame);
    for (size_t s = 0; s < slots; ++s) {
      if (from[s] == kNoSlot) continue;
      cached[s] = cached_[from[s]];
      playing[s] = playing_[from[s]];
    }
  }
  cached_ = std::move(cached);
  playing_ = std::move(playing);
  mbps_.assign(frame->policy->targets.size(), 0);
  frame_ = std::move(frame);
}

void OpenLoop::Step(const Activity& activity, absl::Span<const float> arrivals, const Plan& plan) {
  if (activity.dns.size() != cached_.size()) return;  // nothing was counted
  const double dt_s = absl::ToDoubleSeconds(activity.elapsed);
  const CandidateTable& table = *frame_->candidates;
  std::fill(mbps_.begin(), mbps_.end(), 0);
  for (size_t row = 0; row < table.row_count(); ++row) {
    std::optional<double> starts;
    if (row < arrivals.size() && arrivals[row] > 0) starts = arrivals[row] * dt_s;
    StepRow(row, dt_s, activity, starts, std::max(1u, plan.rows[row].ttl_s));
  }
}

void OpenLoop::StepRow(size_t row, double dt_s, const Activity& activity,
                       std::optional<double> starts, double ttl_s) {
  const CandidateTable& table = *frame_->candidates;
  const Service& service = frame_->policy->service(table.RowService(row));
  absl::Span<const Slot> slots = table.Row(row);
  const size_t begin = table.RowBegin(row);
  const float keep_cached = static_cast<float>(std::exp(-dt_s / ttl_s));
  const float keep_playing =
      static_cast<float>(std::exp(-dt_s / absl::ToDoubleSeconds(service.session)));
  double cached = 0, playing = 0, asked = 0, answers = 0;
  for (size_t s = begin; s < begin + slots.size(); ++s) {
    cached_[s] = cached_[s] * keep_cached + activity.dns[s];
    playing_[s] = playing_[s] * keep_playing + activity.redirect[s];
    answers += activity.dns[s];
    asked += activity.steering[s];
    cached += cached_[s];
  }
  const double begun = starts.value_or(answers);
  for (size_t s = begin; s < begin + slots.size(); ++s) {
    if (cached > 0) playing_[s] += static_cast<float>(begun * cached_[s] / cached);
    playing += playing_[s];
  }
  // Who asks plays somewhere already: as many sessions of the row as asked go where they were told.
  const double moved = std::min(asked, playing);
  for (size_t i = 0; i < slots.size(); ++i) {
    float& sessions = playing_[begin + i];
    if (moved > 0) {
      sessions = static_cast<float>(sessions * (1 - moved / playing) +
                                    moved * activity.steering[begin + i] / asked);
    }
    mbps_[slots[i].target.index()] += sessions * service.bitrate_mbps;
  }
}

}  // namespace spillway::replay
