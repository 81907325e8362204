// tests/bench/control_bench.cc -- how well we steer, against rivals and against perfect knowledge, in
// the prototype's world: a table of scenarios, and what each part of the controller is worth.
//
//   control_bench [--groups=N] [--targets=N] [--candidates=N] [--seconds=N] [--seed=N]
//                 [--scenarios=a,b] [--steering=a,b] [--json]
//
// Each cell: % of viewer-seconds on targets asked for more than they have / peak utilisation /
// sessions moved per viewer-hour.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sim/rehearsal.h"
#include "sim/steering.h"
#include "sim/terrain.h"

ABSL_FLAG(int, groups, 2000, "client groups");
ABSL_FLAG(int, targets, 120, "targets");
ABSL_FLAG(int, candidates, 16, "targets a group may use");
ABSL_FLAG(int, seconds, 7200, "length of the evening");
ABSL_FLAG(int, seed, 1, "of the world");
ABSL_FLAG(std::vector<std::string>, scenarios,
          (std::vector<std::string>{"none", "cdnloss", "flap", "freeze", "lie", "cut", "grand",
                                    "over"}),
          "which, by name");
ABSL_FLAG(std::vector<std::string>, steering,
          (std::vector<std::string>{"nearest", "static", "first"}), "who steers");

namespace spillway::sim {
namespace {

std::unique_ptr<Steering> MakeSteering(const std::string& name) {
  if (name == "nearest") return MakeNearest();
  if (name == "static") return MakeStaticWeights();
  if (name == "clairvoyant") return MakeClairvoyant();
  if (name == "shed") return MakeWatermarkShed();
  return MakeOurs({}, name == "truth");
}

int Main() {
  WorldConfig config;
  config.seed = static_cast<uint64_t>(absl::GetFlag(FLAGS_seed));
  config.groups = static_cast<size_t>(absl::GetFlag(FLAGS_groups));
  config.targets = static_cast<size_t>(absl::GetFlag(FLAGS_targets));
  config.candidates = static_cast<size_t>(absl::GetFlag(FLAGS_candidates));
  for (const std::string& name : absl::GetFlag(FLAGS_scenarios)) {
    Scenario scenario = MakeScenario(name, config);
    scenario.seconds = absl::GetFlag(FLAGS_seconds);
    const auto t0 = std::chrono::steady_clock::now();
    const Terrain terrain = MakeTerrain(scenario.world);
    const auto t1 = std::chrono::steady_clock::now();
    absl::PrintF("%s: terrain %.1f s\n", name, std::chrono::duration<double>(t1 - t0).count());
    for (const std::string& who : absl::GetFlag(FLAGS_steering)) {
      auto steering = MakeSteering(who);
      const auto begin = std::chrono::steady_clock::now();
      const Result r = Rehearse(scenario, terrain, steering.get());
      const double took =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      absl::PrintF(
          "  %-16s %6.2f%% (95: %6.2f%%) peak %5.2f at %d (%s) later %5.2f moves %5.2f repoint "
          "%5.2f "
          "recover %5.0f / %5.0f rtt %5.1f  %.1f s\n",
          r.steering, 100 * r.over_100, 100 * r.over_95, r.peak, r.peak_at_s, r.peak_target,
          r.peak_later, r.moved_per_hour, r.repointed_per_hour, r.recovered_s, r.below_watermark_s,
          r.rtt_ms, took);
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace
}  // namespace spillway::sim

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return spillway::sim::Main();
}
