// steering/control/n_minus_one_watch.h -- asks "what if this target died?" all the time, beside the
// planner.
//
//   planner ──Wants? copy of its problem──► [ one question ] ──thread──► newest report ──► readers
//
// why: a thread of its own, because a question costs several solves (planner/n_minus_one.h) and a
//      plan must not be late for it. One question at a time; nothing queues.
// thread safety: all methods from any thread.
#ifndef SPILLWAY_STEERING_CONTROL_N_MINUS_ONE_WATCH_H_
#define SPILLWAY_STEERING_CONTROL_N_MINUS_ONE_WATCH_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "steering/plan/plan.h"
#include "steering/planner/n_minus_one.h"

namespace spillway {

// An answer. Loss::target is a TargetId of `frame`, Loss::worst_row a row of its candidates.
struct LossReport {
  uint64_t generation = 0;  // counts reports from 1
  std::shared_ptr<const Frame> frame;
  absl::Time asked_at;  // the plan's time
  absl::Duration took;
  std::vector<Loss> losses;  // fullest target first

  // What the hardest loss refuses; 0 = every one asked fits.
  double refused_mbps() const;
};

class NMinusOneWatch {
 public:
  // Papers 4.6 say every 10 to 30 s: what a loss would do changes with demand, by minutes.
  static constexpr absl::Duration kEvery = absl::Seconds(10);
  // And at most a quarter of a core: small machines run this beside the workers.
  static constexpr int kPauses = 3;

  // `clock` must outlive it.
  explicit NMinusOneWatch(const Clock& clock, LossOptions options = {})
      : clock_(clock), options_(options) {}
  ~NMinusOneWatch() { Stop(); }
  NMinusOneWatch(const NMinusOneWatch&) = delete;
  NMinusOneWatch& operator=(const NMinusOneWatch&) = delete;

  void Start();
  // Returns once the solve under way has ended; the question is dropped.
  void Stop();

  // Worth making a question: none is under way and the last was asked long enough ago.
  bool Wants(absl::Time now) const;
  // Replaces a question not yet begun.
  void Ask(std::shared_ptr<const Frame> frame, absl::Time now, LossQuestion question);

  // Null before the first.
  std::shared_ptr<const LossReport> newest() const;
  // Waits for a report newer than `generation`; null when none came.
  std::shared_ptr<const LossReport> WaitForNewer(uint64_t generation, absl::Duration timeout) const;

 private:
  struct Asked {
    std::shared_ptr<const Frame> frame;
    absl::Time at;
    LossQuestion question;
  };
  void Run();

  const Clock& clock_;
  const LossOptions options_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  mutable Mutex mu_;
  mutable CondVar changed_;
  std::optional<Asked> asked_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time next_at_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  std::shared_ptr<const LossReport> newest_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_CONTROL_N_MINUS_ONE_WATCH_H_
