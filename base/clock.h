// base/clock.h -- time comes in by the door: the only reader of a real clock is clock.cc.
//
// units: absl::Time is wall time (ages of samples, overrides' until); MonotonicNanos never goes
//        back and is what intervals and latencies are measured with.
// thread safety: all methods may be called from any thread.
#ifndef SPILLWAY_BASE_CLOCK_H_
#define SPILLWAY_BASE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace spillway {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual int64_t MonotonicNanos() const = 0;

  // The machine's clock; lives for ever.
  static const Clock& Real();
};

// A clock that moves when told to. Starts at a non-zero time, because zero hides bugs.
class ManualClock : public Clock {
 public:
  explicit ManualClock(absl::Time start = absl::FromUnixSeconds(1'700'000'000));
  absl::Time Now() const override;
  int64_t MonotonicNanos() const override { return nanos_.load(std::memory_order_relaxed); }
  void Advance(absl::Duration by);

 private:
  absl::Time start_;
  std::atomic<int64_t> nanos_;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_CLOCK_H_
