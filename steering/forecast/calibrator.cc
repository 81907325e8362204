// steering/forecast/calibrator.cc -- see calibrator.h.
#include "steering/forecast/calibrator.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/check.h"

namespace spillway {
namespace {

// Reports (2 % each, the paper's simulation 4.9, mostly averaged out over targets) and what a model
// of means leaves out.
constexpr double kNoise = 0.03;
// After a jump that is not ours (a scene, a failure) the shape of the total says nothing of session
// lengths for so long: a quiet scene ends, or has become the usual.
constexpr double kHold_s = 900;
// No network carries more: 1 Zbps in Mbps, beyond which a number is a mistake.
constexpr double kLoadMax = 1e15;
// Below 1 kbps nobody is there.
constexpr double kLoadMin = 1e-3;

bool IsLoad(double mbps) { return mbps >= 0 && mbps < kLoadMax; }

}  // namespace

void Calibrator::Bind(std::shared_ptr<const Frame> frame) {
  const std::shared_ptr<const Frame> before = std::exchange(frame_, std::move(frame));
  const std::vector<Service>& services = frame_->policy->services;
  const size_t own = std::min(services.size(), kOwn);
  std::vector<double> session_s;
  std::vector<std::optional<size_t>> from(own);
  for (size_t i = 0; i < own; ++i) {
    session_s.push_back(absl::ToDoubleSeconds(services[i].session));
    if (before == nullptr) continue;
    if (const auto id = before->policy->FindService(services[i].name)) from[i] = Own(id->index());
  }
  LoadFilter filter;
  filter.Resize(own);
  SessionModels sessions;
  sessions.Resize(session_s);
  if (before != nullptr) {
    filter.Carry(filter_, from);
    sessions.Carry(sessions_, from);
  }
  filter_ = std::move(filter);
  sessions_ = std::move(sessions);
  dns_.assign(own, 0);
  redirect_.assign(own, 0);
}

bool Calibrator::Collect(const Totals& totals) {
  const size_t services = frame_->policy->services.size();
  if (totals.dns_model_mbps.size() != services || totals.redirect_model_mbps.size() != services)
    return false;
  if (!IsLoad(totals.measured_mbps) || !IsLoad(totals.inherited_mbps)) return false;
  std::fill(dns_.begin(), dns_.end(), 0.0);
  std::fill(redirect_.begin(), redirect_.end(), 0.0);
  double model = 0;
  for (size_t s = 0; s < services; ++s) {
    const double dns = totals.dns_model_mbps[s], redirect = totals.redirect_model_mbps[s];
    if (!IsLoad(dns) || !IsLoad(redirect)) return false;
    dns_[Own(s)] += dns;
    redirect_[Own(s)] += redirect;
    model += dns + redirect;
  }
  inherited_ = totals.inherited_mbps;
  return totals.measured_mbps > kLoadMin && model > kLoadMin;
}

void Calibrator::Update(absl::Time now, const Totals& totals, Calibration* inout) {
  CHECK(frame_ != nullptr);
  const double since_s = absl::ToDoubleSeconds(now - looked_at_);
  if (since_s >= kLook_s && Collect(totals)) {
    looked_at_ = now;
    Learn(totals, std::min(since_s, kLookMax_s));
  }
  Give(inout);
}

void Calibrator::Learn(const Totals& totals, double length_s) {
  const LoadFilter::Loads loads{.dns = dns_, .redirect = redirect_, .inherited = inherited_};
  filter_.Update(length_s, loads, totals.measured_mbps, kNoise);
  held_s_ = filter_.surprised() ? kHold_s : std::max(0.0, held_s_ - length_s);
  sessions_.Update(length_s, loads, totals.measured_mbps, kNoise, held_s_ == 0);
  if (totals.sessions > 0 && totals.egress_mbps > 0)
    bitrate_.Add(totals.egress_mbps / totals.sessions / PolicyBitrate(), length_s);
}

// Mean over the sessions that the model sees now.
double Calibrator::PolicyBitrate() const {
  double sessions = 0, mbps = 0;
  const std::vector<Service>& services = frame_->policy->services;
  for (size_t i = 0; i < dns_.size(); ++i) {
    const double bitrate = services[i].bitrate_mbps;
    if (!(bitrate > 0)) continue;
    const double load = filter_.dns_weight(i) * dns_[i] + filter_.redirect_weight(i) * redirect_[i];
    mbps += load;
    sessions += load / bitrate;
  }
  return sessions > 0 ? mbps / sessions : 0;
}

void Calibrator::Give(Calibration* out) const {
  const std::vector<Service>& services = frame_->policy->services;
  for (auto* field :
       {&out->dns_weight, &out->redirect_weight, &out->session_s, &out->bitrate_mbps}) {
    field->resize(services.size());
  }
  for (size_t s = 0; s < services.size(); ++s) {
    const size_t own = Own(s);
    const double policy_s = std::max(1.0, absl::ToDoubleSeconds(services[s].session));
    // Services that learn together share the factor, not the length.
    const double own_s = std::max(1.0, absl::ToDoubleSeconds(services[own].session));
    out->dns_weight[s] = static_cast<float>(filter_.dns_weight(own));
    out->redirect_weight[s] = static_cast<float>(filter_.redirect_weight(own));
    out->session_s[s] = static_cast<float>(sessions_.session_s(own) / own_s * policy_s);
    out->bitrate_mbps[s] = static_cast<float>(services[s].bitrate_mbps * bitrate_.factor());
  }
}

}  // namespace spillway
