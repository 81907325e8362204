// steering/forecast/calibrator.h -- what the model's units are worth, learned slowly from reports.
//
//   Totals ─┬─► LoadFilter ─────► real sessions for each modelled one, background
//           ├─► SessionModels ──► how long sessions last
//           └─► NominalBitrate ─► what a session reserves
//
// why totals and not each target: who is where moves every minute, how much there is altogether
// does not. What a single target has beyond the model is the ledger's correction.
// units: Mbps of nominal load, seconds.
// invariants (calibrator_test): (1) everything given out is finite and within bounds, whatever
// comes in; (2) a steady state changes nothing; (3) the same calls give the same bits.
// limits: kOwn - 1 services are told apart, all further ones learn together.
// thread safety: none; belongs to one controller. No heap once sized, except in Bind.
#ifndef SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_
#define SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "steering/forecast/load_filter.h"
#include "steering/forecast/nominal_bitrate.h"
#include "steering/forecast/session_models.h"
#include "steering/ledger/demand.h"
#include "steering/plan/plan.h"

namespace spillway {

// What reports and model say of the same targets, those with a fresh report, at the reports' time.
struct Totals {
  double measured_mbps = 0;  // in nominal equivalent
  // By service: unit weights times the bitrate in force.
  std::vector<double> dns_model_mbps, redirect_model_mbps;
  double inherited_mbps = 0;
  bool sessions_based = false;  // measured from session counts, not from egress
  // Of the targets that report both: what the bitrate is learned from. 0 = none does.
  double egress_mbps = 0, sessions = 0;
};

class Calibrator {
 public:
  // Carries what was learned by service name.
  void Bind(std::shared_ptr<const Frame> frame);

  // May be called at every tick; looks come at least kLook_s apart, whatever is in between only
  // fills `inout`. Totals that make no sense are ignored.
  void Update(absl::Time now, const Totals& totals, Calibration* inout);

  // Load that neither the model nor what was there before us explains; may be negative.
  double background_mbps() const { return filter_.background_mbps(); }
  double bitrate_factor() const { return bitrate_.factor(); }

 private:
  static constexpr size_t kOwn = 8;
  // Reports come every 5 s: looks nearer together would take the same one for two.
  static constexpr double kLook_s = 5;
  static constexpr double kLookMax_s = 60;

  size_t Own(size_t service) const { return service < kOwn ? service : kOwn - 1; }
  bool Collect(const Totals& totals);
  void Learn(const Totals& totals, double length_s);
  double PolicyBitrate() const;
  void Give(Calibration* out) const;

  std::shared_ptr<const Frame> frame_;
  LoadFilter filter_;
  SessionModels sessions_;
  NominalBitrate bitrate_;
  absl::Time looked_at_ = absl::InfinitePast();
  std::vector<double> dns_, redirect_;  // Mbps, by own service
  double inherited_ = 0;
  double held_s_ = 0;  // for so long no session length is judged
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_
