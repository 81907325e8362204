// steering/control/plan_loop.cc -- see plan_loop.h.
#include "steering/control/plan_loop.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/give_way.h"
#include "base/log.h"
#include "steering/planner/n_minus_one.h"
#include "steering/planner/plan_promises.h"

namespace spillway {

bool PlanLoop::Count(const std::shared_ptr<const Frame>& frame, absl::Time now) {
  if (frame != frame_) return false;
  if (resolvers_ != nullptr) resolvers_->Drain(now, *frame);
  if (now - counted_at_ < kCountEvery) return false;
  reader_.Read(now, &activity_);
  counted_at_ = now;
  return true;
}

bool PlanLoop::PlanOnce(const std::shared_ptr<const Frame>& frame,
                        const std::function<void()>& before_publish) {
  const int64_t begin = clock_.MonotonicNanos();
  const absl::Time now = clock_.Now();
  static const Activity kNothingCounted;
  const bool count = Count(frame, now);
  const Facts facts = feeds_.Snapshot(*frame->policy, now);
  ControllerInputs in{.facts = facts,
                      .activity = count ? activity_ : kNothingCounted,
                      .epoch = ResolverWatch::Epoch(now),
                      .in_force = plans_.Current()};
  if (resolvers_ != nullptr) {
    if (count) in.resolver_arrivals = resolvers_->arrivals();
    in.heavy = resolvers_->heavy();
  }
  const std::shared_ptr<const Plan> plan = controller_.Tick(frame, in);
  const absl::Status status = CheckPlan(*plan);
  const absl::Duration took = absl::Nanoseconds(clock_.MonotonicNanos() - begin);
  {
    MutexLock lock(stats_mu_);
    stats_.last_build = took;
  }
  if (status.ok()) {
    before_publish();
    watchdog_.Publish(plan);
    NotePublished(*plan);
    AskLoss(*plan);
  } else {
    NoteRejected(status, now);
  }
  // A rejected plan, too: it has moved the controller's state.
  if (recorder_ != nullptr) recorder_->Tick(frame, in, plan, !status.ok());
  return status.ok();
}

void PlanLoop::NoteRejected(const absl::Status& status, absl::Time now) {
  MutexLock lock(stats_mu_);
  ++stats_.rejected;
  stats_.last_rejection = std::string(status.message());
  if (rejected_lines_.Update(true, now) == AlertLines::Say::kBegins)
    LogError("plan rejected, the last good one stays: %s", status.ToString());
}

void PlanLoop::NotePublished(const Plan& plan) {
  const PlanPromises promises = CheckPromises(plan);
  MutexLock lock(stats_mu_);
  ++stats_.published;
  stats_.targets_over_hard = promises.over_hard.size();
  stats_.rows_below_min_targets = promises.rows_below_min_targets;
  if (rejected_lines_.Update(false, plan.made_at) == AlertLines::Say::kEnds)
    LogInfo("no plan was rejected for %s", absl::FormatDuration(AlertLines::kQuiet));
  switch (over_hard_lines_.Update(!promises.over_hard.empty(), plan.made_at)) {
    case AlertLines::Say::kBegins: {
      const TargetId first = promises.over_hard.front();
      const TargetStatus& status = plan.targets[first.index()];
      LogWarning("%d targets are planned above what they have: %s, %.0f of %.0f Mbps",
                 promises.over_hard.size(), plan.policy().targets[first.index()].name,
                 status.planned_mbps, status.capacity_mbps);
      break;
    }
    case AlertLines::Say::kEnds:
      LogInfo("no target was planned above what it has for %s",
              absl::FormatDuration(AlertLines::kQuiet));
      break;
    case AlertLines::Say::kNothing:
      break;
  }
}

void PlanLoop::AskLoss(const Plan& plan) {
  loss_alarm_.Take(losses_.newest(), plan.made_at);
  if (!losses_.Wants(plan.made_at)) return;
  LossQuestion question;
  // Room below the watermark, not below `hard`: stricter, and what plans keep to.
  CopyProblem(controller_.problem(), {}, &question);
  for (const TargetStatus& target : plan.targets)
    question.pinned_mbps.push_back(target.pinned_mbps);
  question.warm_price_ms.assign(controller_.prices().begin(), controller_.prices().end());
  spillway::SetFrame(plan.frame, &question);
  losses_.Ask(plan.frame, plan.made_at, std::move(question));
}

bool PlanLoop::SetFrame(std::shared_ptr<const Frame> frame,
                        const std::function<void()>& before_publish) {
  MutexLock lock(frame_mu_);
  feeds_.Rebind(frame->policy, clock_.Now());
  if (!PlanOnce(frame, before_publish)) {
    if (frame_ != nullptr) feeds_.Rebind(frame_->policy, clock_.Now());
    return false;
  }
  if (frame == frame_) return true;
  frame_ = std::move(frame);
  reader_.Bind(frame_);
  counted_at_ = clock_.Now();
  return true;
}

void PlanLoop::Start() {
  losses_.Start();
  watchdog_.Start();
  thread_ = std::thread([this] { Run(); });
}

void PlanLoop::Stop() {
  stop_.store(true);
  feeds_.Wake();
  if (thread_.joinable()) thread_.join();
  watchdog_.Stop();
  losses_.Stop();
}

PlanLoop::Stats PlanLoop::stats() const {
  MutexLock lock(stats_mu_);
  return stats_;
}

void PlanLoop::WriteMetrics(MetricsWriter* out) const {
  const Stats stats = this->stats();
  out->Family("spillway_plan_targets_over_hard", "gauge",
              "Targets planned above what they have though their clients would fit elsewhere.");
  out->Sample(static_cast<double>(stats.targets_over_hard));
  out->Family("spillway_plan_rows_below_min_targets", "gauge",
              "Client groups of services at fewer targets than guards.min_targets_per_group.");
  out->Sample(static_cast<double>(stats.rows_below_min_targets));
  watchdog_.WriteMetrics(out);
  loss_alarm_.WriteMetrics(clock_.Now(), out);
}

void PlanLoop::Run() {
  GiveWay(5);
  for (;;) {
    // Before looking at stop_: the Wake() that comes with it then ends the wait below.
    const uint64_t seen = feeds_.generation();
    if (stop_.load()) return;
    const int64_t begin = clock_.MonotonicNanos();
    {
      MutexLock lock(frame_mu_);
      if (frame_ != nullptr) PlanOnce(frame_, [] {});
    }
    // The gap first: changes that arrive during it are all in the next plan.
    const absl::Duration spent = absl::Nanoseconds(clock_.MonotonicNanos() - begin);
    const absl::Duration gap = std::clamp(3 * spent, kGapMin - spent, kTick);
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(gap));
    feeds_.WaitForChange(seen, std::max(absl::ZeroDuration(), kTick - spent - gap));
  }
}

}  // namespace spillway
