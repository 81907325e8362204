#include "base/give_way.h"

#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "gtest/gtest.h"

namespace spillway {
namespace {

int NiceOfThisThread() { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); }

TEST(GiveWay, MakesThisThreadNicerAndNoOther) {
  const int before = NiceOfThisThread();
  int there = 0;
  std::thread([&] {
    GiveWay(3);
    there = NiceOfThisThread();
  }).join();
  EXPECT_EQ(there, before + 3 > 19 ? 19 : before + 3);
  EXPECT_EQ(NiceOfThisThread(), before);
}

}  // namespace
}  // namespace spillway
