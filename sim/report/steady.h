// sim/report/steady.h -- where a policy sends an audience that stands still.
//
// The production planner, ticked under a virtual clock until no share moves any more. Everything is
// up, reports are fresh and true, nothing is pinned: what remains is the policy's own will. Guards
// and pace hold as in production, so that it may take minutes of the virtual clock.
#ifndef SPILLWAY_SIM_REPORT_STEADY_H_
#define SPILLWAY_SIM_REPORT_STEADY_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "sim/scenario/stage.h"
#include "steering/plan/plan.h"

namespace spillway::sim {

struct Steady {
  std::shared_ptr<const Stage> stage;
  std::shared_ptr<const Plan> plan;
  std::vector<double> viewers, demand_mbps;  // by row, at the moment
  std::vector<double> load_mbps;             // by target: what the plan places
  int ticks = 0;
  bool stands_still = false;     // else the last of kSettleTicksMax is what there is
  double rtt_ms = 0, price = 0;  // means over Mbps; price: Target::cost
  double refused = 0;            // part of the demand that fits nowhere
};

// A quarter of an hour: longer than any pace but a tight max_shift_per_minute.
inline constexpr int kSettleTicksMax = 900;

Steady Settle(std::shared_ptr<const Stage> stage, double at_s);

// When most are expected, over all audiences.
double PeakSecond(const Stage& stage);

}  // namespace spillway::sim

#endif  // SPILLWAY_SIM_REPORT_STEADY_H_
