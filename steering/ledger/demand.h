// steering/ledger/demand.h -- what the forecaster and the calibrator tell the ledger.
//
//   Forecaster ──Demand (by row)──────────► Ledger: sessions that begin
//   Calibrator ──Calibration (by service)─► Ledger: what a modelled session is worth, and lasts
//
// units: sessions/s, seconds, nominal Mbps. A vector of any other size than stated (empty, say)
// means "unknown": no arrivals, margin 1, weights 1, the policy's session length and bitrate.
// thread safety: plain values.
#ifndef SPILLWAY_STEERING_LEDGER_DEMAND_H_
#define SPILLWAY_STEERING_LEDGER_DEMAND_H_

#include <vector>

namespace spillway {

// By row of the frame's CandidateTable.
struct Demand {
  std::vector<float> dns_arrivals;       // begin through cached DNS answers, now; unit weight
  std::vector<float> redirect_arrivals;  // begin by a redirect, now, smoothed
  std::vector<float> dns_expected;       // mean over [now, now + horizon], median
  std::vector<float> redirect_expected;
  std::vector<float> waiting;  // sessions that wait to be let in, now
  std::vector<float> margin;   // q90 / q50 of the row's (or its service's) forecast, >= 1
};

// By service.
struct Calibration {
  std::vector<float> dns_weight;       // real sessions per modelled one (learned; 1 at start)
  std::vector<float> redirect_weight;  // the same of sessions that a redirect began
  std::vector<float> session_s;        // mean session length in force (from Service::session)
  std::vector<float> bitrate_mbps;     // nominal, in force
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_DEMAND_H_
