// base/turns.h -- a thread that does the same thing again and again, with a pause between.
//
// thread safety: the callback runs on that thread only; construct and destroy on one other.
#ifndef SPILLWAY_BASE_TURNS_H_
#define SPILLWAY_BASE_TURNS_H_

#include <functional>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace spillway {

class Turns {
 public:
  // What `turn` uses outlives this.
  Turns(absl::Duration pause, std::function<void()> turn)
      : pause_(pause), turn_(std::move(turn)), thread_([this] { Run(); }) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  // One last turn, without the pause.
  ~Turns() {
    {
      MutexLock lock(mu_);
      stop_ = true;
      wake_.NotifyAll();
    }
    thread_.join();
  }

 private:
  void Run() {
    for (bool stop = false; !stop;) {
      {
        MutexLock lock(mu_);
        if (!stop_) wake_.WaitFor(mu_, pause_);
        stop = stop_;
      }
      turn_();
    }
  }

  const absl::Duration pause_;
  const std::function<void()> turn_;
  Mutex mu_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_TURNS_H_
