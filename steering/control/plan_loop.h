// steering/control/plan_loop.h -- the planner's thread: at every change of a fact, and once a
// second.
//
//   FeedTable ──change──► PlanLoop ──Controller, CheckPlan──► PlanWatchdog ──► SnapshotCell<Plan>
//   GrantBoard (answers) ─┤   │  │                            no plan for a minute:      └► workers
//   ResolverWatch ────────┤   │  │                            fail-static
//   SetFrame (reload) ────┘   │  ├─ a copy of the problem ──► NMinusOneWatch ──► LossAlarm
//                             │  └─ the inputs, as given to the controller ──► Recorder
//                             └─ a plan that breaks an invariant is not published: the last stays
//
// why: a change wakes the loop at once but two plans are kGapMin apart, so that a flood of samples
//      costs at most 100 plans a second and starves nobody (throttle, never debounce); of a table
//      so large that a plan takes longer, a quarter of one core.
// thread safety: all methods from any thread.
#ifndef SPILLWAY_STEERING_CONTROL_PLAN_LOOP_H_
#define SPILLWAY_STEERING_CONTROL_PLAN_LOOP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "steering/control/alert_lines.h"
#include "steering/control/loss_alarm.h"
#include "steering/control/n_minus_one_watch.h"
#include "steering/control/plan_watchdog.h"
#include "steering/feed/feed_table.h"
#include "steering/ledger/activity.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"
#include "steering/record/recorder.h"
#include "steering/resolvers/resolver_watch.h"

namespace spillway {

class PlanLoop {
 public:
  static constexpr absl::Duration kTick = absl::Seconds(1);
  static constexpr absl::Duration kGapMin = absl::Milliseconds(10);
  // Answers are counted up to five times a second: the ledger moves by seconds, not by reports.
  static constexpr absl::Duration kCountEvery = absl::Milliseconds(200);

  // All must outlive the loop, which is the one who drains `resolvers` (null = none to learn from)
  // and tells `recorder` of every plan (null = nobody keeps them).
  PlanLoop(FeedTable& feeds, const Clock& clock, ResolverWatch* resolvers = nullptr,
           record::Recorder* recorder = nullptr)
      : feeds_(feeds), clock_(clock), resolvers_(resolvers), recorder_(recorder) {}
  ~PlanLoop() { Stop(); }

  // Makes `frame` the one to plan for and publishes a first plan of it before returning. When even
  // that plan breaks an invariant, returns false and goes on with the old frame. `before_publish`
  // runs when that plan is ready, so that what must change with it changes beside it.
  bool SetFrame(
      std::shared_ptr<const Frame> frame, const std::function<void()>& before_publish = [] {});

  void Start();
  void Stop();

  const SnapshotCell<Plan>& plans() const { return plans_; }

  struct Stats {
    uint64_t published = 0;
    uint64_t rejected = 0;      // plans that broke an invariant
    absl::Duration last_build;  // time the newest plan took
    std::string last_rejection;
    // Of the newest plan (plan_promises.h).
    size_t targets_over_hard = 0;
    size_t rows_below_min_targets = 0;
  };
  Stats stats() const;
  PlanWatchdog& watchdog() { return watchdog_; }
  const NMinusOneWatch& losses() const { return losses_; }
  const LossAlarm& loss_alarm() const { return loss_alarm_; }
  // Of promises, fail-static and N-1; Stats' others are http/admin's.
  void WriteMetrics(MetricsWriter* out) const;

 private:
  void Run();
  // Answers counted and resolvers learned since the last time. False when it is not yet time, or
  // `frame` is not in force.
  bool Count(const std::shared_ptr<const Frame>& frame, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(frame_mu_);
  void AskLoss(const Plan& plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(frame_mu_);
  void NoteRejected(const absl::Status& status, absl::Time now);
  void NotePublished(const Plan& plan);
  // Facts to published plan. Returns false when the plan was rejected.
  bool PlanOnce(const std::shared_ptr<const Frame>& frame,
                const std::function<void()>& before_publish)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(frame_mu_);

  FeedTable& feeds_;
  const Clock& clock_;
  ResolverWatch* const resolvers_;
  record::Recorder* const recorder_;
  SnapshotCell<Plan> plans_;
  PlanWatchdog watchdog_{plans_, feeds_, clock_};
  NMinusOneWatch losses_{clock_};
  LossAlarm loss_alarm_;
  std::atomic<bool> stop_{false};
  std::thread thread_;

  Mutex frame_mu_;  // held while a plan is built: SetFrame and Run take turns
  std::shared_ptr<const Frame> frame_ ABSL_GUARDED_BY(frame_mu_);
  Controller controller_ ABSL_GUARDED_BY(frame_mu_);
  ActivityReader reader_ ABSL_GUARDED_BY(frame_mu_);
  Activity activity_ ABSL_GUARDED_BY(frame_mu_);
  absl::Time counted_at_ ABSL_GUARDED_BY(frame_mu_) = absl::InfinitePast();
  mutable Mutex stats_mu_;
  Stats stats_ ABSL_GUARDED_BY(stats_mu_);
  AlertLines rejected_lines_ ABSL_GUARDED_BY(stats_mu_);
  AlertLines over_hard_lines_ ABSL_GUARDED_BY(stats_mu_);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_CONTROL_PLAN_LOOP_H_
