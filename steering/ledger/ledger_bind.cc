// steering/ledger/ledger_bind.cc -- a new frame: state moves over by name. See ledger.h.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "steering/ledger/ledger.h"

namespace spillway {
namespace {

constexpr uint32_t kGone = LoadHistory::kGone;

// Less of a row's caches than this on the candidates that stayed says nothing about the rest.
constexpr double kCachedSumMin = 0.01;

}  // namespace

void Ledger::Bind(std::shared_ptr<const Frame> frame) {
  CHECK(frame != nullptr);
  if (frame == frame_) return;
  Ledger old = std::move(*this);
  *this = Ledger();
  SizeFor(std::move(frame));
  now_ = old.now_;
  reports_ignored_ = old.reports_ignored_;
  if (old.frame_ != nullptr) {
    const std::vector<uint32_t> to_new = CarryTargets(old);
    CarryRows(old, to_new);
  }
  for (size_t row = 0; row < obey_.size(); ++row) AddToCells(row);
  SumModelled();
  SetInheritedEnd();
}

void Ledger::SizeFor(std::shared_ptr<const Frame> frame) {
  frame_ = std::move(frame);
  const CandidateTable& table = *frame_->candidates;
  const size_t slots = table.slot_count(), rows = table.row_count();
  const size_t targets = frame_->policy->targets.size();
  for (std::vector<float>* by_slot :
       {&cached_fast_, &cached_slow_, &dns_, &redirect_, &asking_, &zeros_})
    by_slot->assign(slots, 0);
  slot_target_.resize(slots);
  for (size_t row = 0; row < rows; ++row) {
    uint32_t s = table.RowBegin(row);
    for (const Slot& slot : table.Row(row)) slot_target_[s++] = slot.target.value();
  }
  bitrate_part_.assign(rows, 1);
  for (std::vector<float>* by_row : {&period_s_, &steering_rate_, &asking_rate_, &obey_})
    by_row->assign(rows, 0);
  cached_known_.assign(rows, 0);
  targets_.assign(targets, {});
  down_.assign(targets, 0);
  any_down_ = false;
  for (std::vector<double>* by_target : {&modelled_, &raised_, &scratch_})
    by_target->assign(targets, 0);
  history_.Reset(targets);
  at_.assign(frame_->policy->services.size() * targets, {});
  rates_.assign(frame_->policy->services.size(), {});
  for (size_t i = 0; i < rates_.size(); ++i) rates_[i] = PolicyRates(frame_->policy->services[i]);
  for (size_t row = 0; row < rows; ++row)
    period_s_[row] = static_cast<float>(rates_[table.RowService(row).index()].ttl_s);
}

std::vector<uint32_t> Ledger::CarryTargets(const Ledger& old) {
  std::vector<uint32_t> to_new(old.targets_.size(), kGone);
  for (size_t t = 0; t < to_new.size(); ++t) {
    const auto found = frame_->policy->FindTarget(old.frame_->policy->targets[t].name);
    if (!found.has_value()) continue;
    to_new[t] = found->value();
    targets_[found->index()] = old.targets_[t];
  }
  history_ = old.history_.Renumbered(to_new, targets_.size());
  return to_new;
}

void Ledger::CarryRows(const Ledger& old, absl::Span<const uint32_t> to_new) {
  const CandidateTable& from = *old.frame_->candidates;
  const CandidateTable& to = *frame_->candidates;
  const auto& old_groups = old.frame_->groups->groups();
  std::vector<std::optional<GroupId>> group_of(old_groups.size());
  for (size_t g = 0; g < old_groups.size(); ++g)
    group_of[g] = frame_->groups->FindGroup(old_groups[g].name);
  std::vector<uint32_t> slot_of(targets_.size());  // of the present row, by target
  for (size_t s = 0; s < old.frame_->policy->services.size(); ++s) {
    const auto service = frame_->policy->FindService(old.frame_->policy->services[s].name);
    if (service.has_value()) rates_[service->index()] = old.rates_[s];
    for (size_t g = 0; g < group_of.size(); ++g) {
      const size_t old_row = from.RowIndex(ServiceId(s), GroupId(g));
      std::fill(slot_of.begin(), slot_of.end(), kGone);
      if (service.has_value() && group_of[g].has_value()) {
        const size_t row = to.RowIndex(*service, *group_of[g]);
        uint32_t slot = to.RowBegin(row);
        for (const Slot& candidate : to.Row(row)) slot_of[candidate.target.index()] = slot++;
        period_s_[row] = old.period_s_[old_row];
        asking_rate_[row] = old.asking_rate_[old_row];
        steering_rate_[row] = old.steering_rate_[old_row];
        obey_[row] = old.obey_[old_row];
        bitrate_part_[row] = old.bitrate_part_[old_row];
        CarrySlots(old, old_row, to_new, slot_of);
        RestoreCached(row);
      } else {
        CarrySlots(old, old_row, to_new, slot_of);
      }
    }
  }
}

void Ledger::CarrySlots(const Ledger& old, size_t old_row, absl::Span<const uint32_t> to_new,
                        absl::Span<const uint32_t> slot_of) {
  const CandidateTable& from = *old.frame_->candidates;
  const ServiceRates& rates = old.rates_[from.RowService(old_row).index()];
  const uint32_t begin = from.RowBegin(old_row);
  const uint32_t end = begin + static_cast<uint32_t>(from.Row(old_row).size());
  for (uint32_t s = begin; s < end; ++s) {
    const uint32_t target = to_new[old.slot_target_[s]];
    if (target == kGone) continue;
    const uint32_t slot = slot_of[target];
    if (slot == kGone) {
      // No slot counts them any more, yet they are watched from there until they end.
      targets_[target].inherited += rates.bitrate_mbps * (rates.dns_weight * old.dns_[s] +
                                                          rates.redirect_weight * old.redirect_[s]);
      continue;
    }
    cached_fast_[slot] = old.cached_fast_[s];
    cached_slow_[slot] = old.cached_slow_[s];
    dns_[slot] = old.dns_[s];
    redirect_[slot] = old.redirect_[s];
    asking_[slot] = old.asking_[s];
  }
}

// Cached fractions sum to 1 again when a candidate has gone; without any, the next mix is taken.
void Ledger::RestoreCached(size_t row) {
  const CandidateTable& table = *frame_->candidates;
  const uint32_t begin = table.RowBegin(row);
  const size_t size = table.Row(row).size();
  bool known = true;
  for (std::vector<float>* cached : {&cached_fast_, &cached_slow_}) {
    double sum = 0;
    for (uint32_t s = begin; s < begin + size; ++s) sum += (*cached)[s];
    known = known && sum > kCachedSumMin;
    for (uint32_t s = begin; s < begin + size && known; ++s)
      (*cached)[s] = static_cast<float>((*cached)[s] / sum);
  }
  cached_known_[row] = known;
}

size_t Ledger::memory_bytes() const {
  return (cached_fast_.capacity() + cached_slow_.capacity() + dns_.capacity() +
          redirect_.capacity() + asking_.capacity() + zeros_.capacity() + period_s_.capacity() +
          steering_rate_.capacity() + asking_rate_.capacity() + obey_.capacity()) *
             sizeof(float) +
         slot_target_.capacity() * sizeof(uint16_t) + at_.capacity() * sizeof(Sessions) +
         targets_.capacity() * sizeof(TargetState) + history_.memory_bytes();
}

}  // namespace spillway
