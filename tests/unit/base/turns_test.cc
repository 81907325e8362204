#include "base/turns.h"

#include <optional>

#include "base/one_in.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Turns, TakesOneMoreTurnAtTheEndHoweverLongThePause) {
  int turns = 0;
  {
    Turns daily(absl::Hours(24), [&] { ++turns; });
  }
  EXPECT_EQ(turns, 1);
}

TEST(Turns, GoesOnUntilItIsEnded) {
  Mutex mu;
  CondVar changed;
  int turns = 0;
  {
    Turns quick(absl::Milliseconds(1), [&] {
      MutexLock lock(mu);
      ++turns;
      changed.NotifyAll();
    });
    MutexLock lock(mu);
    while (turns < 3) changed.WaitFor(mu, absl::InfiniteDuration());
  }
  EXPECT_GT(turns, 3);
}

TEST(OneIn, TakesEveryNth) {
  for (const uint32_t every : {0u, 1u, 3u}) {
    OneIn sample(every);
    int taken = 0;
    for (int i = 0; i < 12; ++i) taken += sample.Due();
    EXPECT_EQ(taken, every == 3 ? 4 : 12);
  }
}

}  // namespace
}  // namespace spillway
