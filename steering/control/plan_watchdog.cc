// steering/control/plan_watchdog.cc -- see plan_watchdog.h.
#include "steering/control/plan_watchdog.h"

#include <utility>

#include "absl/status/status.h"
#include "base/log.h"
#include "steering/planner/fail_static.h"
#include "steering/resolvers/resolver_watch.h"

namespace spillway {

void PlanWatchdog::Start() {
  thread_ = std::thread([this] { Run(); });
}

void PlanWatchdog::Stop() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void PlanWatchdog::Publish(std::shared_ptr<const Plan> plan) {
  MutexLock lock(mu_);
  const std::shared_ptr<const Plan> last = plans_.Current();
  if (last != nullptr && plan->generation <= last->generation) {
    auto renumbered = std::make_shared<Plan>(*plan);
    renumbered->generation = last->generation + 1;
    plan = std::move(renumbered);
  }
  plans_.Publish(std::move(plan));
  passed_ns_ = clock_.MonotonicNanos();
  tried_ = false;
  if (std::exchange(stats_.active, false)) LogWarning("fail-static ends: the planner plans again");
}

bool PlanWatchdog::Look() {
  std::shared_ptr<const Plan> last;
  {
    MutexLock lock(mu_);
    last = plans_.Current();
    const int64_t now_ns = clock_.MonotonicNanos();
    if (last == nullptr || absl::Nanoseconds(now_ns - passed_ns_) < kStaticAfter) return false;
    if (tried_ && absl::Nanoseconds(now_ns - built_ns_) < kStaticEvery) return false;
    tried_ = true;
    built_ns_ = now_ns;
  }
  const absl::Time now = clock_.Now();
  const Facts facts = feeds_.Snapshot(last->policy(), now);
  // A copy, for the epoch: heavy resolvers go on taking turns.
  auto plan = std::make_shared<Plan>(*BuildFailStaticPlan(last->frame, facts, last.get()));
  plan->epoch = ResolverWatch::Epoch(now);
  const absl::Status status = CheckPlan(*plan);

  MutexLock lock(mu_);
  if (plans_.Current() != last) return false;  // the planner is back
  if (!status.ok()) {
    if (stats_.rejected++ == 0)
      LogError("a fail-static plan was rejected, the last good one stays: %s", status.ToString());
    return false;
  }
  plans_.Publish(std::move(plan));
  ++stats_.published;
  if (!std::exchange(stats_.active, true)) {
    LogError("fail-static begins: no plan has passed for %s; clients are shared by headroom",
             absl::FormatDuration(absl::Nanoseconds(built_ns_ - passed_ns_)));
  }
  return true;
}

PlanWatchdog::Stats PlanWatchdog::stats() const {
  MutexLock lock(mu_);
  return stats_;
}

void PlanWatchdog::WriteMetrics(MetricsWriter* out) const {
  const Stats stats = this->stats();
  out->Family("spillway_plan_fail_static", "gauge",
              "1 while no plan has passed for a minute and clients are shared by headroom; alert.");
  out->Sample(stats.active ? 1 : 0);
  out->Family("spillway_plan_fail_static_total", "counter",
              "Plans made without the planner, by outcome.");
  out->Sample({{"outcome", "published"}}, static_cast<double>(stats.published));
  out->Sample({{"outcome", "rejected"}}, static_cast<double>(stats.rejected));
}

void PlanWatchdog::Run() {
  for (;;) {
    {
      MutexLock lock(mu_);
      if (!stop_) stopping_.WaitFor(mu_, kLookEvery);
      if (stop_) return;
    }
    Look();
  }
}

}  // namespace spillway
