// steering/control/plan_watchdog.h -- the one who publishes plans, and makes some himself when
// nobody brings any.
//
//   planner ──Publish──► [ mu_: newest plan, when it passed ] ──► SnapshotCell ──► workers
//                              ▲
//   own thread ──Look──────────┘  none passed for kStaticAfter: BuildFailStaticPlan from the newest
//                                 facts, again every kStaticEvery, until a plan passes
//
// why: a planner that hangs, or whose every plan breaks an invariant, leaves a plan that ages; a
//      minute into a match it is wrong (planner/fail_static.h). So this shares no lock with the
//      planner but the feed table's, and keeps nothing of its own but the plan in force.
// invariants: (1) one publisher at a time; (2) a fail-static plan never replaces a plan that came
//      while it was built, so a frame in force never goes back; (3) generations in the cell rise;
//      (4) a frame without a plan is not its business: before the first Publish it does nothing.
// time: intervals are monotonic, a wall clock that is set right triggers nothing.
// thread safety: all methods from any thread.
#ifndef SPILLWAY_STEERING_CONTROL_PLAN_WATCHDOG_H_
#define SPILLWAY_STEERING_CONTROL_PLAN_WATCHDOG_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "steering/feed/feed_table.h"
#include "steering/plan/plan.h"

namespace spillway {

class PlanWatchdog {
 public:
  // Loads at the start of a match double in minutes: a plan is of use for about one. Sixty of the
  // planner's ticks, so that no slow plan of a large table comes near it.
  static constexpr absl::Duration kStaticAfter = absl::Seconds(60);
  // Reports come every 1 to 10 s; a plan of them costs O(slots).
  static constexpr absl::Duration kStaticEvery = absl::Seconds(5);
  // By this much kStaticAfter is exceeded at most.
  static constexpr absl::Duration kLookEvery = absl::Seconds(1);

  // All must outlive it.
  PlanWatchdog(SnapshotCell<Plan>& plans, const FeedTable& feeds, const Clock& clock)
      : plans_(plans), feeds_(feeds), clock_(clock) {}
  ~PlanWatchdog() { Stop(); }
  PlanWatchdog(const PlanWatchdog&) = delete;
  PlanWatchdog& operator=(const PlanWatchdog&) = delete;

  void Start();
  void Stop();

  // A plan that passed CheckPlan. One that was numbered before a fail-static plan came in between
  // is published as a copy with a higher number.
  void Publish(std::shared_ptr<const Plan> plan);

  // What the thread does every kLookEvery. True when it published.
  bool Look();

  struct Stats {
    bool active = false;     // the plan in force is fail-static
    uint64_t published = 0;  // fail-static plans
    uint64_t rejected = 0;   // fail-static plans that broke an invariant
  };
  Stats stats() const;
  // spillway_plan_fail_static*.
  void WriteMetrics(MetricsWriter* out) const;

 private:
  void Run();

  SnapshotCell<Plan>& plans_;
  const FeedTable& feeds_;
  const Clock& clock_;
  std::thread thread_;

  mutable Mutex mu_;
  CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  int64_t passed_ns_ ABSL_GUARDED_BY(mu_) = 0;  // monotonic: the newest Publish
  int64_t built_ns_ ABSL_GUARDED_BY(mu_) = 0;   // monotonic: the newest try at fail-static
  bool tried_ ABSL_GUARDED_BY(mu_) = false;     // since that Publish
  Stats stats_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_CONTROL_PLAN_WATCHDOG_H_
