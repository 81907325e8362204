// steering/planner/controller.h -- facts and answers counted in, an immutable plan out.
//
//   answers counted ─► Forecaster ─► Ledger ◄── reports, at their own time
//                                      │ pinned per target, steerable per row, at the horizon
//   Facts ─► CapacityWatch ─► headroom ▼
//        ProblemBuilder ─► Solver ─► NearestFirst ─► SpillRefused ─► Pacer ─► FillRows ─► Plan
//                            ▲ prices of the last tick              (guards)
//
// The model, its symbols, constants and guarantees: docs/CONTROLLER.md.
// Deterministic: the same sequence of inputs gives the same plans, bit for bit (on one machine: exp
// and log are libm's). State: ledger, forecasts, prices, pace; all of it survives a new frame by
// names.
// thread safety: none; one thread ticks.
// cost: O(slots) x (solver sweeps + about 10); tests/bench/controller_bench.cc.
#ifndef SPILLWAY_STEERING_PLANNER_CONTROLLER_H_
#define SPILLWAY_STEERING_PLANNER_CONTROLLER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/forecast/calibrator.h"
#include "steering/forecast/forecaster.h"
#include "steering/ledger/activity.h"
#include "steering/ledger/demand.h"
#include "steering/ledger/ledger.h"
#include "steering/ledger/waiting_rooms.h"
#include "steering/model/facts.h"
#include "steering/plan/plan.h"
#include "steering/planner/capacity_watch.h"
#include "steering/planner/median_of_others.h"
#include "steering/planner/overload.h"
#include "steering/planner/pace.h"
#include "steering/planner/problem_builder.h"
#include "steering/solve/solve.h"

namespace spillway {

struct ControllerInputs {
  const Facts& facts;
  const Activity& activity;  // answers since the last tick; elapsed 0 = not looked
  absl::Span<const float>
      resolver_arrivals;  // by row, sessions/s learned from query gaps; or empty
  // Rehearsal only: perfect knowledge in place of the ledger's.
  const Ledger::Commitment* truth = nullptr;
  // Put into the plan as they are: Plan::heavy and Plan::epoch.
  std::shared_ptr<const HeavySet> heavy;
  uint32_t epoch = 0;
  // The plan that answers now. When it is not the last tick's (that one was rejected, or
  // fail-static came since), shares move on from it. Null = the last tick's.
  std::shared_ptr<const Plan> in_force;
};

// All on in production; rehearsals switch parts off to show what each is worth.
struct ControllerOptions {
  bool ledger = true;     // else: reported loads alone
  bool trend = true;      // else: what arrives now arrives for ever
  bool pacing = true;     // else: wanted shares at once
  bool nominal = true;    // else: measured egress even where sessions are reported
  bool behaviour = true;  // else: targets have what they say
  bool receivers = true;  // else: a target that is not full yet may be sent anything
  int sweeps_max = 0;     // 0 = by size
};

class Controller {
 public:
  explicit Controller(ControllerOptions options = {}) : options_(options) {}

  // Requires facts.targets by TargetId of frame's policy, activity by slot of frame's candidates,
  // or empty with elapsed 0; time does not run backwards.
  std::shared_ptr<const Plan> Tick(std::shared_ptr<const Frame> frame, const ControllerInputs& in);

  // The newest tick's transport problem and prices, for what-if questions (N-1). Views: valid until
  // the next Tick.
  const solve::Problem& problem() const { return *problem_; }
  absl::Span<const double> prices() const { return prices_; }

 private:
  void Bind(std::shared_ptr<const Frame> frame);
  void TakeInForce(const std::shared_ptr<const Plan>& plan, const Frame* next);
  void Observe(const ControllerInputs& in);
  void SetLadders(absl::Duration elapsed);
  void WatchTargets(const Facts& facts);
  bool IsDead(const Facts& facts, size_t t) const;
  double OursMbps(const Facts& facts, size_t t) const;
  double LeastBelievedMbps(size_t t, double ours_mbps) const;
  void HearAll(const Facts& facts);
  double CommonRatio(size_t target) const;
  bool Saturated(size_t target, double mbps) const;
  void TakeReports(const Facts& facts);
  void Calibrate(const Facts& facts);
  void Commit(const ControllerInputs& in);
  void CommitReported(const Facts& facts);
  void ReadTargets(const Facts& facts, Plan* plan);
  void CarryShares();
  void SetLimits(const Plan& plan);
  void SetUses(const Plan& plan, absl::Span<const double> service_demand);
  void SetLimit(const Plan& plan, size_t target, Resource r);
  void HoldOnload(size_t target, double total_mbps);
  void Unprotect(size_t target);
  void SetSharedLimits();
  void SetPriors();
  void Solve();
  void Allocate(const Plan& plan);
  void Pace(const Facts& facts, Plan* plan);
  void HoldBack(absl::Time now, const Plan& plan);
  void CountJoins(size_t row, Overload::RowInput* in) const;
  void FillPlan(Plan* plan);
  void FillTargets(Plan* plan);
  void FillLimits(Plan* plan) const;
  void FillServices(Plan* plan) const;

  const ControllerOptions options_;
  std::shared_ptr<const Frame> frame_;
  std::shared_ptr<const Plan> previous_;
  absl::Duration horizon_, elapsed_;
  uint64_t generation_ = 0;

  Ledger ledger_;
  WaitingRooms rooms_;
  Forecaster forecaster_;
  Calibrator calibrator_;
  CapacityWatch watch_;
  MedianOfOthers said_;  // by targets with a fresh report
  ProblemBuilder builder_;
  solve::Solver solver_;
  Pacer pacer_;
  Overload overload_;

  Demand demand_;
  Calibration calibration_;
  Ledger::Commitment commitment_;
  std::vector<Ledger::Report> reports_;
  std::vector<absl::Time> reported_at_;  // by target: the newest report taken
  std::vector<double> watermark_, shed_from_, hard_,
      bitrate_;                      // by target: least over its services
  double mean_part_ = 1;             // of bitrate_part_, by demand: what a reported session takes
  std::vector<float> bitrate_part_;  // by row: of the nominal, as the ladder leaves it
  std::vector<float> row_demand_;    // by row, Mbps
  std::vector<double> headroom_, hard_room_, capacity_, before_mbps_;  // by target
  std::vector<double> limit_room_;  // by shared limit, as hard_room_
  std::vector<double>
      silent_part_;  // by target: of all demand, when its feed fell silent; -1 = it speaks
  std::vector<uint8_t> open_, down_;  // by target
  const solve::Problem* problem_ = nullptr;
  const solve::Solution* solution_ = nullptr;
  std::vector<double> prices_;          // by limit, of the last tick: the warm start
  std::vector<double> pair_price_;      // by service x target: what a plan row sees
  std::vector<float> row_ttl_s_;        // by row: of the plan in force
  std::vector<float> shares_, wanted_;  // by slot: in force, and as solved
  std::vector<float> refused_;          // by row
  std::vector<uint8_t> last_resort_;    // by row
  std::vector<float> ttl_s_;            // by service
  std::vector<PaceTarget> pace_targets_;
  PaceOutputs paced_;
  std::vector<Held> held_;           // by slot
  std::vector<uint8_t> overfilled_;  // by target: the last plan's cells were more than its room
  std::vector<Overload::RowInput> overload_rows_;
  double requests_per_mbps_ = 0, starts_per_mbps_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_CONTROLLER_H_
