// steering/forecast/session_models.h -- how long sessions last: five models, the best wins slowly.
//
//   starts (by the ledger) ─┬─► sessions of mean x 0.5 ─► LoadFilter ─► likelihood ─┐
//                           ├─►            ...                                      ├─► factor
//                           └─►              x 2   ─► LoadFilter ─► likelihood ─────┘
//
// Each model keeps its own sessions and learns its own weights, so that it is judged by the shape
// of the load over time, not by its height. A model is followed only while it explains the reports
// clearly better than the one in force; a steady state cannot tell them apart and changes nothing.
// units: Mbps of unit-weight load, seconds. thread safety: none. No heap after Resize.
// references: Magill 1965 (multiple-model adaptive estimation).
#ifndef SPILLWAY_STEERING_FORECAST_SESSION_MODELS_H_
#define SPILLWAY_STEERING_FORECAST_SESSION_MODELS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "steering/forecast/load_filter.h"

namespace spillway {

class SessionModels {
 public:
  // Of the policy's session length.
  static constexpr std::array<double, 5> kFactors = {0.5, 0.7, 1.0, 1.4, 2.0};

  // `session_s`: the policy's, by service.
  void Resize(absl::Span<const double> session_s);
  // Service `i` of this becomes from[i] of `other`; nullopt: starts anew.
  void Carry(const SessionModels& other, absl::Span<const std::optional<size_t>> from);
  // As LoadFilter::Update; loads are those of the ledger, which uses session_s(). Without `judge`
  // the models go on, and none gains or loses by it.
  void Update(double length_s, const LoadFilter::Loads& loads, double measured, double noise,
              bool judge);

  // In force, between the first and the last of kFactors times the policy's.
  double session_s(size_t service) const { return services_[service].session_s(); }

 private:
  struct Model {
    double dns = 0, redirect = 0, inherited = 0;
    double likelihood = 0;  // logarithm, discounted
    LoadFilter filter;
  };
  struct Service {
    double policy_s = 0;
    double log_factor = 0;
    bool started = false;
    double dns = 0, redirect = 0;  // the ledger's, last
    std::array<Model, kFactors.size()> models;
    double session_s() const;
  };
  void Start(size_t s, const LoadFilter::Loads& loads);
  void Advance(size_t s, double length_s, const LoadFilter::Loads& loads);
  void Judge(size_t s, double length_s, const LoadFilter::Loads& loads, double measured,
             double noise, bool judge);
  static void Follow(double length_s, Service* service);

  std::vector<Service> services_;
  double inherited_ = 0;                // the ledger's, last
  std::vector<double> dns_, redirect_;  // loads with one service replaced
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_SESSION_MODELS_H_
