// steering/control/n_minus_one_watch.cc -- see n_minus_one_watch.h.
#include "steering/control/n_minus_one_watch.h"

#include <algorithm>
#include <utility>

#include "base/give_way.h"

namespace spillway {

double LossReport::refused_mbps() const {
  double most = 0;
  for (const Loss& loss : losses) most = std::max(most, loss.refused_mbps);
  return most;
}

void NMinusOneWatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void NMinusOneWatch::Stop() {
  {
    MutexLock lock(mu_);
    stop_.store(true);
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

bool NMinusOneWatch::Wants(absl::Time now) const {
  MutexLock lock(mu_);
  return !busy_ && !asked_ && !stop_.load() && now >= next_at_;
}

void NMinusOneWatch::Ask(std::shared_ptr<const Frame> frame, absl::Time now,
                         LossQuestion question) {
  {
    MutexLock lock(mu_);
    next_at_ = now + kEvery;
    asked_.emplace(Asked{std::move(frame), now, std::move(question)});
  }
  changed_.NotifyAll();
}

std::shared_ptr<const LossReport> NMinusOneWatch::newest() const {
  MutexLock lock(mu_);
  return newest_;
}

std::shared_ptr<const LossReport> NMinusOneWatch::WaitForNewer(uint64_t generation,
                                                               absl::Duration timeout) const {
  const int64_t end = clock_.MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  MutexLock lock(mu_);
  for (;;) {
    if (newest_ != nullptr && newest_->generation > generation) return newest_;
    const absl::Duration left = absl::Nanoseconds(end - clock_.MonotonicNanos());
    if (left <= absl::ZeroDuration() || !changed_.WaitFor(mu_, left)) break;
  }
  return newest_ != nullptr && newest_->generation > generation ? newest_ : nullptr;
}

void NMinusOneWatch::Run() {
  GiveWay(10);
  uint64_t generation = 0;
  for (;;) {
    Asked asked;
    {
      MutexLock lock(mu_);
      while (!stop_.load() && !asked_) changed_.WaitFor(mu_, absl::InfiniteDuration());
      if (stop_.load()) return;
      asked = std::move(*asked_);
      asked_.reset();
      busy_ = true;
    }
    const int64_t begin = clock_.MonotonicNanos();
    auto report = std::make_shared<LossReport>();
    report->losses = CheckLoss(asked.question, options_, &stop_);
    report->generation = ++generation;
    report->frame = std::move(asked.frame);
    report->asked_at = asked.at;
    report->took = absl::Nanoseconds(clock_.MonotonicNanos() - begin);
    {
      MutexLock lock(mu_);
      busy_ = false;
      if (stop_.load()) return;  // what it has is not the whole answer
      next_at_ = std::max(next_at_, asked.at + (1 + kPauses) * report->took);
      newest_ = std::move(report);
    }
    changed_.NotifyAll();
  }
}

}  // namespace spillway
