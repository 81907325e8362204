// tests/bench/resolvers_bench.cc -- what learning of resolvers costs the control thread.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/hash.h"
#include "steering/resolvers/resolver_table.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

struct World {
  // Every place taken: 200,000 resolvers asked eight times, each some 30 s apart.
  World() {
    table.Bind(*frame);
    for (uint32_t round = 0; round < 8; ++round) {
      for (uint64_t i = 0; i < 200'000; ++i)
        table.Take(Note(i, round * 31'000 + static_cast<uint32_t>(i / 10)));
    }
  }
  AnswerNote Note(uint64_t i, uint32_t at_ms) const {
    AnswerNote note;
    note.asker = Mix64(i) | 1;
    note.row = static_cast<uint32_t>(i % frame->candidates->row_count());
    note.table = TableTag(frame->candidates.get());
    note.at_ms = at_ms;
    note.ttl_s = 30;
    return note;
  }
  std::shared_ptr<const Frame> frame = SmallFrame();
  ResolverTable table;
};

void BM_Take(benchmark::State& state) {
  World world;
  uint64_t i = 0;
  for (auto _ : state) {
    world.table.Take(world.Note(Mix64(i) % 200'000, 250'000 + static_cast<uint32_t>(i / 50)));
    ++i;
  }
}

void BM_Sweep(benchmark::State& state) {
  World world;
  uint32_t now_ms = 250'000;
  for (auto _ : state) world.table.Sweep(now_ms += 1000);
  state.counters["entries"] = static_cast<double>(world.table.counts().entries);
  state.counters["MiB"] = static_cast<double>(world.table.memory_bytes()) / (1 << 20);
}

BENCHMARK(BM_Take);
BENCHMARK(BM_Sweep)->Iterations(200);

}  // namespace
}  // namespace spillway
