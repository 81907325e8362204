#include "base/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace spillway {
namespace {

constexpr int64_t kManualStartNanos = 1'000'000'000;

class RealClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  int64_t MonotonicNanos() const override {
    timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return static_cast<int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
  }
};

}  // namespace

const Clock& Clock::Real() {
  static const RealClock& clock = *new RealClock;
  return clock;
}

ManualClock::ManualClock(absl::Time start) : start_(start), nanos_(kManualStartNanos) {}

absl::Time ManualClock::Now() const {
  return start_ + absl::Nanoseconds(MonotonicNanos() - kManualStartNanos);
}

void ManualClock::Advance(absl::Duration by) {
  nanos_.fetch_add(absl::ToInt64Nanoseconds(by), std::memory_order_relaxed);
}

}  // namespace spillway
