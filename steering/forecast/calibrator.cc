// steering/forecast/calibrator.cc -- see calibrator.h.
#include "steering/forecast/calibrator.h"

#include <utility>

#include "base/check.h"

namespace spillway {

void Calibrator::Bind(std::shared_ptr<const Frame> frame) { frame_ = std::move(frame); }

void Calibrator::Update(absl::Time, const Totals&, Calibration* inout) {
  CHECK(frame_ != nullptr);
  const std::vector<Service>& services = frame_->policy->services;
  inout->dns_weight.assign(services.size(), 1);
  inout->redirect_weight.assign(services.size(), 1);
  inout->session_s.resize(services.size());
  inout->bitrate_mbps.resize(services.size());
  for (size_t s = 0; s < services.size(); ++s) {
    inout->session_s[s] = static_cast<float>(absl::ToDoubleSeconds(services[s].session));
    inout->bitrate_mbps[s] = static_cast<float>(services[s].bitrate_mbps);
  }
}

}  // namespace spillway
