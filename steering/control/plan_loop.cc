#include "steering/control/plan_loop.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace spillway {

bool PlanLoop::PlanOnce(const std::shared_ptr<const Frame>& frame,
                        const std::function<void()>& before_publish) {
  const int64_t begin = clock_.MonotonicNanos();
  const absl::Time now = clock_.Now();
  static const Activity kNothingCounted;
  const bool count = frame == frame_ && now - counted_at_ >= kCountEvery;
  if (count) {
    reader_.Read(now, &activity_);
    counted_at_ = now;
  }
  const Facts facts = feeds_.Snapshot(*frame->policy, now);
  std::shared_ptr<const Plan> plan =
      controller_.Tick(frame, {.facts = facts, .activity = count ? activity_ : kNothingCounted});
  const absl::Status status = CheckPlan(*plan);
  const absl::Duration took = absl::Nanoseconds(clock_.MonotonicNanos() - begin);
  if (status.ok()) {
    before_publish();
    plans_.Publish(std::move(plan));
  }
  MutexLock lock(stats_mu_);
  stats_.last_build = took;
  if (status.ok()) {
    ++stats_.published;
    return true;
  }
  if (stats_.rejected++ % 100 == 0)
    LogError("plan rejected, the last good one stays: %s", status.ToString());
  stats_.last_rejection = std::string(status.message());
  return false;
}

bool PlanLoop::SetFrame(std::shared_ptr<const Frame> frame,
                        const std::function<void()>& before_publish) {
  MutexLock lock(frame_mu_);
  feeds_.Rebind(frame->policy, clock_.Now());
  if (!PlanOnce(frame, before_publish)) {
    if (frame_ != nullptr) feeds_.Rebind(frame_->policy, clock_.Now());
    return false;
  }
  frame_ = std::move(frame);
  reader_.Bind(frame_);
  counted_at_ = clock_.Now();
  return true;
}

void PlanLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void PlanLoop::Stop() {
  stop_.store(true);
  feeds_.Wake();
  if (thread_.joinable()) thread_.join();
}

PlanLoop::Stats PlanLoop::stats() const {
  MutexLock lock(stats_mu_);
  return stats_;
}

void PlanLoop::Run() {
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
