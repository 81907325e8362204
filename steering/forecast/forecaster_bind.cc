// steering/forecast/forecaster_bind.cc -- a new frame: what was learned moves over by name.
#include <algorithm>
#include <optional>
#include <utility>

#include "steering/forecast/forecaster.h"
#include "steering/geo/group_map.h"

namespace spillway {
namespace {

double AtLeastOneSecond(absl::Duration d) { return std::max(1.0, absl::ToDoubleSeconds(d)); }

// Index in `before` of each group of `after`; nullopt where the name is new.
std::vector<std::optional<size_t>> MatchGroups(const GroupMap& after, const GroupMap& before) {
  std::vector<std::optional<size_t>> match(after.groups().size());
  for (size_t g = 0; g < match.size(); ++g) {
    if (const auto id = before.FindGroup(after.groups()[g].name)) match[g] = id->index();
  }
  return match;
}

}  // namespace

void Forecaster::Bind(std::shared_ptr<const Frame> frame) {
  Forecaster before = std::move(*this);
  *this = Forecaster();
  frame_ = std::move(frame);
  services_.resize(frame_->policy->services.size());
  for (RowShares& shares : shares_) shares.Resize(frame_->candidates->row_count());
  by_resolver_.assign(frame_->candidates->row_count(), 0);
  for (size_t s = 0; s < services_.size(); ++s) BindService(ServiceId(s));
  if (before.frame_ != nullptr) CarryFrom(before);
}

void Forecaster::BindService(ServiceId id) {
  Service& service = services_[id.index()];
  const spillway::Service& policy = frame_->policy->service(id);
  // Which way its sessions begin, until traffic shows it.
  const bool dns = !policy.dns_names.empty() || !policy.name_patterns.empty();
  const bool http = !policy.hosts.empty() || !policy.host_patterns.empty();
  service.streams[0].part = dns == http ? 0.5 : dns ? 1 : 0;
  service.streams[1].part = 1 - service.streams[0].part;
  for (const Event& event : frame_->policy->events) {
    if (event.service != id) continue;
    service.rows = BuildEventRows(event, frame_->groups->groups());
    service.curve = {.peak = service.rows.peak,
                     .ramp_s = AtLeastOneSecond(event.ramp),
                     .session_s = AtLeastOneSecond(policy.session)};
    service.start = event.start;
  }
}

void Forecaster::CarryFrom(const Forecaster& before) {
  bin_s_ = before.bin_s_;
  observed_s_ = before.observed_s_;
  bins_ = before.bins_;
  const auto groups = MatchGroups(*frame_->groups, *before.frame_->groups);
  for (size_t s = 0; s < services_.size(); ++s) {
    const auto old = before.frame_->policy->FindService(frame_->policy->services[s].name);
    if (!old) continue;
    const Service& from = before.services_[old->index()];
    const bool same_event = from.start == services_[s].start;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      const Stream fresh = services_[s].streams[kind];
      Stream& stream = services_[s].streams[kind];
      stream = from.streams[kind];
      if (stream.series.empty() || stream.series.level() == 0) stream.part = fresh.part;
      if (!same_event) stream.scale = fresh.scale;
    }
    services_[s].shown = from.shown;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g]) continue;
      const size_t to = frame_->candidates->RowIndex(ServiceId(s), GroupId(g));
      const size_t row = before.frame_->candidates->RowIndex(*old, GroupId(*groups[g]));
      by_resolver_[to] = before.by_resolver_[row];
      for (size_t kind = 0; kind < kKinds; ++kind)
        shares_[kind].Carry(to, before.shares_[kind], row);
    }
  }
}

void Forecaster::UseCalibration(const Calibration& calibration) {
  const auto at = [](const std::vector<float>& field, size_t s, double unknown) {
    const double value = s < field.size() ? field[s] : unknown;
    return value > 0 && value < 1e9 ? value : unknown;
  };
  for (size_t s = 0; s < services_.size(); ++s) {
    Service& service = services_[s];
    service.streams[0].worth = at(calibration.dns_weight, s, 1);
    service.streams[1].worth = at(calibration.redirect_weight, s, 1);
    if (service.curve.peak > 0)
      service.curve.session_s =
          std::max(1.0, at(calibration.session_s, s, service.curve.session_s));
  }
}

}  // namespace spillway
