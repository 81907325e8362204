// tests/sim/swarm_main.cc -- plays drawn worlds by seed; prints each finding with the command that
// repeats it.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "sim/steering.h"
#include "sim/swarm/swarm.h"

ABSL_FLAG(uint64_t, seed, 1, "the first seed");
ABSL_FLAG(uint64_t, count, 1, "how many, one after the other");
ABSL_FLAG(bool, planted_bug, false, "without protection of receivers: something must be found");
ABSL_FLAG(uint64_t, step, 1, "from one seed to the next: several processes share the work");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("swarm [--seed=N] [--count=K] [--step=S]: random worlds by seed");
  absl::ParseCommandLine(argc, argv);
  uint64_t found = 0;
  const uint64_t count = absl::GetFlag(FLAGS_count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::optional<spillway::sim::Finding> finding = spillway::sim::PlaySeed(
        absl::GetFlag(FLAGS_seed) + i * absl::GetFlag(FLAGS_step),
        [] { return spillway::sim::MakeOurs({.receivers = !absl::GetFlag(FLAGS_planted_bug)}); });
    if (!finding) continue;
    ++found;
    std::printf("%s\n", finding->ToString().c_str());
    std::fflush(stdout);
  }
  std::printf("%llu seeds, %llu findings\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(found));
  return found == 0 ? 0 : 1;
}
