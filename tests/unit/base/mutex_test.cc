// tests/unit/base/mutex_test.cc -- one at a time, and waiters that wake.
#include "base/mutex.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Mutex, LetsInOneAtATime) {
  Mutex mu;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        MutexLock lock(mu);
        ++count;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  MutexLock lock(mu);
  EXPECT_EQ(count, 40'000);
}

TEST(CondVar, TimesOutWithTheMutexStillHeld) {
  Mutex mu;
  CondVar cv;
  MutexLock lock(mu);
  EXPECT_FALSE(cv.WaitFor(mu, absl::Milliseconds(1)));
  EXPECT_FALSE(cv.WaitFor(mu, absl::ZeroDuration()));
  EXPECT_FALSE(cv.WaitFor(mu, -absl::InfiniteDuration()));
}

void WaitUntilNotified(absl::Duration timeout) {
  Mutex mu;
  CondVar cv;
  bool waiting = false, done = false;
  std::thread notifier([&] {
    for (bool notified = false; !notified; std::this_thread::yield()) {
      MutexLock lock(mu);
      if (!waiting) continue;
      done = notified = true;
      cv.NotifyAll();
    }
  });
  {
    MutexLock lock(mu);
    waiting = true;
    while (!done) EXPECT_TRUE(cv.WaitFor(mu, timeout));
  }
  notifier.join();
}

TEST(CondVar, WakesWhenNotified) { WaitUntilNotified(absl::Seconds(60)); }

// now() + infinity overflowed: an endless wait came back at once, as a timeout.
TEST(CondVar, WaitsWithoutEnd) { WaitUntilNotified(absl::InfiniteDuration()); }

}  // namespace
}  // namespace spillway
