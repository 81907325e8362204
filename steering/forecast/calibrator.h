// steering/forecast/calibrator.h -- what the model's units are worth, learned slowly from reports.
#ifndef SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_
#define SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "steering/ledger/demand.h"
#include "steering/plan/plan.h"

namespace spillway {

// What reports and model say of the same targets, those with a fresh report, at the reports' time.
struct Totals {
  double measured_mbps = 0;                                 // in nominal equivalent
  std::vector<double> dns_model_mbps, redirect_model_mbps;  // by service: unit weights x bitrate
  double inherited_mbps = 0;
  bool sessions_based = false;  // measured from session counts, not from egress
  // Of the targets that report both: what the bitrate is learned from. 0 = none does.
  double egress_mbps = 0, sessions = 0;
};

class Calibrator {
 public:
  // Carries what was learned by service name.
  void Bind(std::shared_ptr<const Frame> frame);

  void Update(absl::Time now, const Totals& totals, Calibration* inout);

 private:
  std::shared_ptr<const Frame> frame_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_CALIBRATOR_H_
