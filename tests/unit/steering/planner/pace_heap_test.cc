// tests/unit/steering/planner/pace_heap_test.cc -- a step of a known size needs no heap.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "gtest/gtest.h"
#include "steering/planner/pace.h"
#include "tests/unit/steering/planner/pace_world.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Not inlined: GCC 12 would see malloc under new and free under delete, and warn of a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* block = std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, size_t) noexcept { std::free(block); }

namespace spillway {
namespace {

TEST(PaceHeap, IsNotTouchedByAStepOfAKnownSize) {
  PaceWorld world(3, 1);
  world.guards.min_targets_per_group = 2;
  world.AddRow(100, {0, 1, 2});
  world.AddRow(100, {2, 0, PaceShape::kFenced});
  world.before = {1, 0, 0, 0, 1, 0};
  world.wanted = {0.2f, 0.3f, 0.5f, 1, 0, 0};
  world.Bind();
  world.Step();
  world.before = {1, 0, 0, 0, 1, 0};
  world.targets[0].usable = false;
  world.targets[2].headroom_mbps = 80;
  const uint64_t before = allocations.load();
  world.now += absl::Seconds(1);
  world.pacer.Step({.now = world.now,
                    .elapsed = absl::Seconds(1),
                    .guards = world.guards,
                    .targets = world.targets,
                    .demand_mbps = world.demand,
                    .ttl_s = world.ttl_s,
                    .before = world.before,
                    .wanted = world.wanted},
                   &world.out);
  EXPECT_EQ(allocations.load() - before, 0u);
  EXPECT_EQ(world.out.rows_moved, 2u);
}

}  // namespace
}  // namespace spillway
