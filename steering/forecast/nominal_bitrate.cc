// steering/forecast/nominal_bitrate.cc -- see nominal_bitrate.h.
#include "steering/forecast/nominal_bitrate.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// A minute of reports, so that the noise of one is not taken for a loud scene.
constexpr double kSmooth_s = 60;
constexpr double kRaise_s = 60;
constexpr double kLower_s = 1800;
// Reports are good to about 2 % (the paper's simulation, 4.9): nothing to follow.
constexpr double kDeadband = 0.02;
// A factor of the policy's figure beyond these is a wrong policy or a wrong report, not a scene.
constexpr double kMin = 0.5, kMax = 3;

}  // namespace

void NominalBitrate::Add(double seen, double length_s) {
  if (!(seen > 0) || !(seen < 1e6) || !(length_s > 0)) return;
  seen = std::clamp(seen, kMin, kMax);
  smooth_ = smooth_ > 0 ? smooth_ + (seen - smooth_) * -std::expm1(-length_s / kSmooth_s) : seen;
  span_s_ += length_s;
  if (span_s_ >= kSpan_s) {
    span_ = (span_ + 1) % kSpans;
    spans_ = std::min(spans_ + 1, kSpans);
    most_[span_] = 0;
    span_s_ = 0;
  }
  most_[span_] = std::max(most_[span_], smooth_);
  if (smooth_ > factor_ * (1 + kDeadband)) {
    factor_ += (smooth_ - factor_) * -std::expm1(-length_s / kRaise_s);
  } else if (spans_ == kSpans) {
    const double most = *std::max_element(most_.begin(), most_.end());
    if (most < factor_ * (1 - kDeadband))
      factor_ += (most - factor_) * -std::expm1(-length_s / kLower_s);
  }
}

}  // namespace spillway
