// steering/forecast/event_curve.cc -- see event_curve.h.
#include "steering/forecast/event_curve.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// Memory of the comparison: a forecast missed by half must be right again within a minute, which
// is three of them.
constexpr double kScaleMemory_s = 20;
// The event as planned counts as this much evidence, so that its first second does not decide.
constexpr double kPriorWeight_s = 2;
// ... and no longer after a few of these: an event to which nobody came is over.
constexpr double kPriorLife_s = 60;
// DNS answers each stand for many sessions (40 and more behind large resolvers): wide bounds.
constexpr double kScaleMax = 100;

// Integral of the smoothstep over [0, u]: u^3 - u^4 / 2 up to 1, then growing by 1.
double SmoothIntegral(double u) {
  if (u <= 0) return 0;
  return u < 1 ? u * u * u * (1 - u / 2) : u - 0.5;
}

}  // namespace

double EventCurve::Sessions(double at_s) const {
  const double u = std::clamp(at_s / ramp_s, 0.0, 1.0);
  return peak * u * u * (3 - 2 * u);
}

double EventCurve::Arrivals(double at_s) const {
  const double u = std::clamp(at_s / ramp_s, 0.0, 1.0);
  return peak * 6 * u * (1 - u) / ramp_s + Sessions(at_s) / session_s;
}

double EventCurve::MeanArrivals(double from_s, double to_s) const {
  const double length_s = to_s - from_s;
  if (length_s < 1e-3) return Arrivals(from_s);
  const double begun = Sessions(to_s) - Sessions(from_s);
  const double replaced =
      peak * ramp_s * (SmoothIntegral(to_s / ramp_s) - SmoothIntegral(from_s / ramp_s)) / session_s;
  return (begun + replaced) / length_s;
}

void EventScale::Add(double expected, double observed, double noise, double length_s,
                     double since_s) {
  const double keep = std::exp(-length_s / kScaleMemory_s);
  expected_ = keep * expected_ + expected * length_s;
  observed_ = keep * observed_ + observed * length_s;
  const double prior = kPriorWeight_s * expected * std::exp(-since_s / kPriorLife_s) +
                       std::max(0.0, noise) * kScaleMemory_s;
  const double all = prior + expected_;
  if (all > 0) value_ = std::clamp((prior + std::max(0.0, observed_)) / all, 0.0, kScaleMax);
}

}  // namespace spillway
