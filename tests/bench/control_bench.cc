// tests/bench/control_bench.cc -- how well we steer, against rivals and against perfect knowledge, in
// the prototype's world: a table of scenarios, and what each part of the controller is worth.
//
//   control_bench [--groups=N] [--targets=N] [--candidates=N] [--seconds=N] [--seed=N]
//                 [--scenarios=a,b] [--steering=a,b] [--json]
//
// Each cell: % of viewer-seconds on targets asked for more than they have / peak utilisation /
// sessions moved per viewer-hour.
#include <algorithm>
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

ABSL_FLAG(int, trace, 0, "print the fullest targets every so many seconds; 0 = never");
ABSL_FLAG(int, trace_from, 0, "from this second on");

namespace spillway::sim {
namespace {

// What the world and the plan say of the fullest targets, side by side.
void Trace(const World& world, const Facts& facts, const Plan& plan) {
  const int every = absl::GetFlag(FLAGS_trace);
  if (every == 0 || world.now_s() % every != 0 || world.now_s() < absl::GetFlag(FLAGS_trace_from))
    return;
  double load = 0, capacity = 0;
  std::vector<size_t> order;
  for (size_t t = 0; t < world.load_mbps().size(); ++t) {
    load += world.load_mbps()[t];
    capacity += world.capacity_mbps()[t];
    order.push_back(t);
  }
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return world.Utilisation(a) > world.Utilisation(b); });
  const ServiceStatus& service = plan.services[0];
  absl::PrintF("%d s: load %.1f of %.1f Tbps, refused %.3f, moved %.4f, arrivals %.0f -> %.0f, %d sweeps%s\n",
               world.now_s(), load / 1e6, capacity / 1e6, service.refused, service.moved,
               service.arrivals_now, service.arrivals_expected, plan.solver_sweeps,
               plan.solver_converged ? "" : ", not converged");
  for (size_t i = 0; i < std::min<size_t>(8, order.size()); ++i) {
    const size_t t = order[i];
    const TargetStatus& status = plan.targets[t];
    absl::PrintF(
        "    %-20s true %.3f of %.0fG | counts on %.0fG%s modelled %.0f corr %+.0f pinned %.0f planned "
        "%.0f room %.0f price %.1f %s\n",
        plan.policy().targets[t].name, world.Utilisation(t), world.capacity_mbps()[t] / 1e3,
        status.capacity_mbps / 1e3, status.capacity_estimated ? " (est)" : "",
        status.modelled_mbps / 1e3, status.correction_mbps / 1e3, status.pinned_mbps / 1e3,
        status.planned_mbps / 1e3, status.headroom_mbps / 1e3, status.price_ms,
        FeedStateName(facts.targets[t].feed));
  }
}

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
      const Result r = Rehearse(scenario, terrain, steering.get(), Trace);
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
