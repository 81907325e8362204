// tests/unit/base/counter_test.cc -- counters lose nothing under the threads they are made for.
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Counter, OneWriterManyReaders) {
  Counter counter;
  std::thread writer([&] {
    for (int i = 0; i < 100'000; ++i) counter.Add();
    counter.Add(5);
  });
  uint64_t last = 0;
  while (last < 100'005) {
    const uint64_t now = counter.Get();
    EXPECT_GE(now, last);  // readers never see it fall
    last = now;
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(counter.Get(), 100'005u);
}

TEST(SharedCounter, ManyWriters) {
  SharedCounter counter;
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) counter.Add(2);
    });
  }
  for (std::thread& t : writers) t.join();
  EXPECT_EQ(counter.Get(), 80'000u);
}

}  // namespace
}  // namespace spillway
