// base/mutex.h -- std::mutex with thread-safety annotations; TSan cannot see Debian's absl::Mutex.
#ifndef SPILLWAY_BASE_MUTEX_H_
#define SPILLWAY_BASE_MUTEX_H_

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace spillway {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

class CondVar {
 public:
  void NotifyAll() { cv_.notify_all(); }
  // Returns false on timeout. May wake spuriously; an infinite timeout is a year.
  bool WaitFor(Mutex& mu, absl::Duration timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    auto status = cv_.wait_for(
        lock, absl::ToChronoNanoseconds(std::clamp(timeout, absl::ZeroDuration(), kTimeoutMax)));
    lock.release();
    return status == std::cv_status::no_timeout;
  }

 private:
  // wait_for adds the timeout to the time now, which must not overflow.
  static constexpr absl::Duration kTimeoutMax = absl::Hours(24 * 365);

  std::condition_variable cv_;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_MUTEX_H_
