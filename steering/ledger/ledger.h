// steering/ledger/ledger.h -- what we have promised: cached answers and sessions, by slot, and the
// load they make.
//
//   answers counted ──► cached_fast, cached_slow ──► sessions_dns ──────┐
//   redirects counted ─────────────────────────────► sessions_redirect ─┤
//   steering requests ─► moves between slots, sessions seen ────────────┤
//                                                                       ▼
//   reports, at their own time ─► correction, trend ◄── history ◄── modelled Mbps ──► Commit
//
// why: a report is seconds old and a shift shows minutes later (TTL, sessions that last); a planner
// that only looks at reports steers the same clients twice (control-prototype.md: without a ledger
// the best solver is worse than dice). Equations: papers-and-algorithms 4.3.
// Of those who watch, a fraction asks for steering and follows; the others never do. They are kept
// apart (asking_): else a model would move everybody in the end.
// units: sessions are in "unit weight": Calibration says how many real ones each stands for.
// invariants (ledger_property_test; (3) ledger_bind_test): (1) no state is ever negative, infinite
// or NaN, whatever comes in; (2) a move mid-session neither makes nor loses sessions; (3) a rebind
// loses no load of a target that stays; (4) the same calls give the same bits.
// limits: 120 s of history; an older report is ignored, unless it is a target's first. Memory 26
// bytes a slot, 1 kB a target, 16 bytes a service and target. Cost, one core, 1.2 million slots in
// 100'000 rows, 1'000 targets (ledger_bench): Advance and Commit 21 ms, 32 ms when half of the rows
// ask for steering; ActivityReader with 5 workers 10 ms.
// thread safety: none; belongs to one controller. No heap once sized, except in Bind.
#ifndef SPILLWAY_STEERING_LEDGER_LEDGER_H_
#define SPILLWAY_STEERING_LEDGER_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "steering/ledger/activity.h"
#include "steering/ledger/demand.h"
#include "steering/ledger/load_history.h"
#include "steering/ledger/rates.h"
#include "steering/model/ids.h"
#include "steering/plan/plan.h"

namespace spillway {

class Ledger {
 public:
  // Carries state by (service, group, target) name; unknown ones start at 0. Sessions whose slot is
  // gone while their target stays become inherited load of it.
  void Bind(std::shared_ptr<const Frame> frame);

  // Advances by activity.elapsed. `shares` by slot: what the plan in force gives (row sums 1);
  // `ttl_s` by row: its TTL, DNS and steering; empty = the service's calm one.
  void Advance(absl::Time now, const Activity& activity, const Demand& demand,
               const Calibration& calibration, absl::Span<const float> shares,
               absl::Span<const float> ttl_s = {});

  // By target: 1 = it serves nobody, from now on. Its sessions break off and begin anew elsewhere;
  // a model that kept them would call it weak when it comes back without them.
  void SetDown(absl::Span<const uint8_t> down);

  // By row: part of the nominal bitrate that its sessions take (1 = no ladder cap), from now on.
  void SetBitrateParts(absl::Span<const float> parts);

  struct Report {
    TargetId target;
    absl::Time measured_at;
    double mbps = 0;
  };
  // Each report once, after the Advance of the tick. Not newer than the target's last: ignored.
  void Correct(absl::Span<const Report> reports);

  struct Commitment {
    // By target: still there at now + horizon and not to be steered; background included; >= 0.
    std::vector<double> pinned_mbps;
    // By row: what the shares published now will place by then; arrivals at their q90, and median.
    std::vector<float> steerable_mbps, steerable_mbps_median;
    // By target: sessions of ours that begin now, per second.
    std::vector<double> starts_per_s;
  };
  void Commit(absl::Time now, absl::Duration horizon, const Demand& demand,
              const Calibration& calibration, Commitment* out) const;

  double ModelledMbps(TargetId target) const { return modelled_[target.index()]; }
  // What reports say beyond the model: background if it persists; may be negative.
  double CorrectionMbps(TargetId target) const;
  double ProjectedNowMbps(TargetId target) const;  // both, >= 0
  // The part of the correction that was there before our first answer and ends like sessions do.
  double InheritedMbps(TargetId target) const { return targets_[target.index()].inherited; }
  // Modelled and inherited load at an earlier time; uncorrected.
  double ModelledAt(TargetId target, absl::Time at) const {
    return history_.At(target.index(), at);
  }
  double TrendMbpsPerS(TargetId target) const { return targets_[target.index()].trend; }

  // Unit weight. O(slots of the row).
  double RowSessions(size_t row) const;
  // Fraction of the row's sessions that ask the steering service, 0..1.
  double ObeyFraction(size_t row) const { return obey_[row]; }
  // In nominal equivalent: a session capped to half its bitrate counts half.
  struct Sessions {
    double dns = 0, redirect = 0;  // unit weight
  };
  Sessions At(ServiceId service, TargetId target) const { return at_[Cell(service, target)]; }
  // The same as real sessions, by what counted ones were learned to be worth.
  double RealSessions(ServiceId service, TargetId target) const {
    const Sessions& at = at_[Cell(service, target)];
    const ServiceRates& rates = rates_[service.index()];
    return rates.dns_weight * at.dns + rates.redirect_weight * at.redirect;
  }
  // Sessions of one slot, both kinds.
  double SlotSessions(size_t slot) const { return dns_[slot] + redirect_[slot]; }
  uint64_t reports_ignored() const { return reports_ignored_; }
  size_t memory_bytes() const;

 private:
  // What a target's reports have taught.
  struct TargetState {
    double inherited = 0;   // Mbps
    double correction = 0;  // Mbps beyond modelled + inherited
    double play = 0;        // what Commit adds to that, so that noise moves nobody
    double trend = 0;       // of the correction, Mbps/s
    double starts = 0;      // redirects per second, smoothed, real sessions
    double session_s = 0;   // of the services that may use it: how fast `inherited` ends
    double noise = 0;       // variance of a report, as a part of it; 0 = none yet
    double off_before = 0;  // how far the last report was from what was expected, likewise
    double run = 0;         // the same of the last few
    absl::Time reported_at = absl::InfinitePast();  // by the report's own clock
    double LearnNoise(double off);
    double Belief(double off);
  };
  struct StepInput;  // one step's counts and times
  struct RowInput;   // one row's part of it

  size_t Cell(ServiceId s, TargetId t) const { return s.index() * targets_.size() + t.index(); }
  // Of Bind.
  void SizeFor(std::shared_ptr<const Frame> frame);
  std::vector<uint32_t> CarryTargets(const Ledger& old);
  void CarryRows(const Ledger& old, absl::Span<const uint32_t> to_new);
  void CarrySlots(const Ledger& old, size_t old_row, absl::Span<const uint32_t> to_new,
                  absl::Span<const uint32_t> slot_of);
  void RestoreCached(size_t row);
  // Of Advance.
  void TakeCalibration(const Calibration& calibration);
  void SetInheritedEnd();
  void Step(const StepInput& in);
  double StepRow(const RowInput& in);
  void SteerRow(const RowInput& in, double requests);
  void MoveRow(const RowInput& in, float part, float moved, float scale);
  void GatherRow(const RowInput& in);
  void RaiseRow(const RowInput& in, double sessions, double scale);
  void BreakRow(size_t row, float kept);
  void AddToCells(size_t row);
  void SumModelled();
  void SettleRaised();
  void CorrectOne(const Report& report);
  // Of Commit.
  struct RowCommit;
  struct RowSteerable {
    double pinned = 0;  // Mbps of arrivals that follow answers cached now
    double moving = 0;  // Mbps of sessions that will have asked
  };
  RowSteerable CommitRow(const RowCommit& in, Commitment* out) const;
  double CommonError() const;
  void ScaleModel(double error, Commitment* out) const;
  void AddCorrections(absl::Time now, double horizon_s, Commitment* out) const;

  std::shared_ptr<const Frame> frame_;
  absl::Time now_ = absl::InfinitePast();

  // By slot. `asking`: where the row's sessions would be if all of them asked for steering; of use
  // only in rows that ask (steering_rate_ > 0).
  std::vector<float> cached_fast_, cached_slow_, dns_, redirect_, asking_;
  std::vector<uint16_t> slot_target_;
  std::vector<float> zeros_;
  // By row.
  std::vector<float> period_s_;       // after which caches and players ask again, see NextPeriod
  std::vector<float> steering_rate_;  // requests/s, smoothed over some periods
  std::vector<float> asking_rate_;    // 1 / period_s_, smoothed alike: their ratio is who asks
  std::vector<float> obey_;
  std::vector<uint8_t> cached_known_;  // 0 = nothing cached yet: takes the first mix whole
  std::vector<float> bitrate_part_;    // by row
  // By service.
  std::vector<ServiceRates> rates_;
  // By service x target.
  std::vector<Sessions> at_;
  // By target.
  std::vector<TargetState> targets_;
  std::vector<double> modelled_;
  std::vector<double> raised_, scratch_;
  std::vector<uint8_t> down_;
  bool any_down_ = false;
  LoadHistory history_;  // modelled + inherited
  uint64_t reports_ignored_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_LEDGER_LEDGER_H_
