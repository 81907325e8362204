// steering/ledger/waiting_rooms.cc -- see waiting_rooms.h.
#include "steering/ledger/waiting_rooms.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace spillway {
namespace {

constexpr float kNobody = 0.01f;  // sessions
constexpr float kAllAreNew = -1;

}  // namespace

void WaitingRooms::Bind(std::shared_ptr<const Frame> frame) {
  const WaitingRooms before = std::exchange(*this, WaitingRooms());
  frame_ = std::move(frame);
  if (before.waiting_.empty()) return;
  const CandidateTable& table = *frame_->candidates;
  waiting_.assign(table.row_count(), 0);
  again_s_.assign(table.row_count(), 1);
  owed_ = waiting_;
  joins_.assign(table.row_count(), kAllAreNew);
  for (size_t row = 0; row < table.row_count(); ++row) {
    const Service& service = frame_->policy->service(table.RowService(row));
    const auto old_service = before.frame_->policy->FindService(service.name);
    const auto old_group = before.frame_->groups->FindGroup(
        frame_->groups->groups()[table.RowGroup(row).index()].name);
    if (!service.waiting_room || !old_service || !old_group) continue;
    const size_t from = before.frame_->candidates->RowIndex(*old_service, *old_group);
    waiting_[row] = before.waiting_[from];
    again_s_[row] = before.again_s_[from];
    owed_[row] = before.owed_[from];
  }
}

void WaitingRooms::Count(const Activity& activity, absl::Span<const PlanRow> told) {
  const double elapsed_s = absl::ToDoubleSeconds(activity.elapsed);
  const size_t rows = frame_->candidates->row_count();
  if (activity.put_off.empty() || !(elapsed_s > 0) || told.size() != rows) return;
  CHECK(activity.put_off.size() == rows);
  if (waiting_.empty()) {
    if (std::none_of(activity.put_off.begin(), activity.put_off.end(),
                     [](float count) { return count > 0; }))
      return;
    waiting_.assign(rows, 0);
    owed_ = waiting_;
    again_s_.assign(rows, 1);
  }
  joins_.assign(rows, kAllAreNew);
  for (size_t row = 0; row < rows; ++row) {
    if (activity.put_off[row] > 0 || waiting_[row] > 0)
      CountRow(activity, elapsed_s, told[row], row);
  }
}

void WaitingRooms::CountRow(const Activity& activity, double elapsed_s, const PlanRow& told,
                            size_t row) {
  const CandidateTable& table = *frame_->candidates;
  double let_in = 0;
  const uint32_t begin = table.RowBegin(row);
  for (size_t i = 0; i < table.Row(row).size(); ++i) let_in += activity.redirect[begin + i];
  const double put_off = std::max(0.0f, activity.put_off[row]);
  const double waited = waiting_[row];
  const double again = waited * -std::expm1(-elapsed_s / again_s_[row]);
  const double fresh = let_in + put_off - again + owed_[row];
  joins_[row] = static_cast<float>(std::max(0.0, fresh));
  // More cannot be owed than wait: the rest has gone.
  owed_[row] = static_cast<float>(std::clamp(fresh, -waited, 0.0));
  const double stay = waited - again, wait = stay + put_off;
  if (wait > 0)
    again_s_[row] = static_cast<float>((stay * again_s_[row] + put_off * MeanWait_s(told)) / wait);
  waiting_[row] = wait > kNobody ? static_cast<float>(wait) : 0;
}

}  // namespace spillway
