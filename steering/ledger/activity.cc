// steering/ledger/activity.cc -- see activity.h.
#include "steering/ledger/activity.h"

#include <algorithm>
#include <utility>

namespace spillway {

void ActivityReader::Bind(std::shared_ptr<const Frame> frame) {
  frame_ = std::move(frame);
  last_ = absl::InfinitePast();
  const uint32_t slots = static_cast<uint32_t>(frame_->candidates->slot_count());
  for (size_t f = 0; f < kFrontCount; ++f) {
    seen_[f].resize(slots);
    for (uint32_t s = 0; s < slots; ++s)
      seen_[f][s] = static_cast<uint32_t>(frame_->grants->Sum(static_cast<Front>(f), s));
  }
  seen_put_off_.clear();
  const std::vector<Service>& services = frame_->policy->services;
  if (std::none_of(services.begin(), services.end(),
                   [](const Service& service) { return service.waiting_room; }))
    return;
  for (uint32_t row = 0; row < frame_->candidates->row_count(); ++row)
    seen_put_off_.push_back(static_cast<uint32_t>(frame_->grants->SumPutOff(row)));
}

void ActivityReader::Read(absl::Time now, Activity* out) {
  out->elapsed = last_ == absl::InfinitePast() ? absl::ZeroDuration()
                                               : std::max(absl::ZeroDuration(), now - last_);
  last_ = now;
  std::vector<float>* const counts[] = {&out->dns, &out->redirect, &out->steering};
  static_assert(std::size(counts) == kFrontCount);
  for (size_t f = 0; f < kFrontCount; ++f) {
    const size_t slots = seen_[f].size();
    counts[f]->resize(slots);
    for (size_t s = 0; s < slots; ++s) {
      const uint32_t sum = static_cast<uint32_t>(
          frame_->grants->Sum(static_cast<Front>(f), static_cast<uint32_t>(s)));
      (*counts[f])[s] = static_cast<float>(sum - seen_[f][s]);
      seen_[f][s] = sum;
    }
  }
  out->put_off.resize(seen_put_off_.size());
  for (size_t row = 0; row < seen_put_off_.size(); ++row) {
    const uint32_t sum =
        static_cast<uint32_t>(frame_->grants->SumPutOff(static_cast<uint32_t>(row)));
    out->put_off[row] = static_cast<float>(sum - seen_put_off_[row]);
    seen_put_off_[row] = sum;
  }
}

}  // namespace spillway
