// tests/bench/rival_sweep.cc -- where the rivals' settings come from: each setting that a product
// leaves to its operator, a few values of it, over three evenings.
//
// One line for each setting: its name, mean and worst % of viewer-seconds above 100 % over the
// scenarios, moves per viewer-hour, then each scenario. The default in sim/rivals/rivals.h is the
// line with the lowest mean.
//
// usage: rival_sweep [--rival=shed-dice,...] [--seeds=1,2] [--scenarios=...]
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "sim/rehearsal.h"
#include "sim/rivals/rivals.h"
#include "sim/terrain.h"

ABSL_FLAG(std::vector<std::string>, rival, {}, "only these; none = all that have settings");
ABSL_FLAG(std::vector<std::string>, seeds, (std::vector<std::string>{"1"}), "worlds");
ABSL_FLAG(uint32_t, groups, 100, "client groups");
ABSL_FLAG(uint32_t, seconds, 5400, "of each evening; faults begin at 3900 s");
ABSL_FLAG(std::vector<std::string>, scenarios, (std::vector<std::string>{"none", "cdnloss", "lie"}),
          "evenings; where demand fits capacity, so that settings matter");

namespace spillway::sim {
namespace {

struct Setting {
  std::string rival, name;
  std::function<std::unique_ptr<Steering>()> make;
};

const char* PlayingName(Playing playing) {
  return playing == Playing::kStay ? "stay" : playing == Playing::kFollow ? "follow" : "rolled";
}

void AddSimple(std::vector<Setting>* out) {
  for (const Playing playing : {Playing::kStay, Playing::kFollow}) {
    const char* told = PlayingName(playing);
    for (const int threshold : {1, 3}) {
      const FailoverOptions o{.threshold = threshold, .playing = playing};
      out->push_back({"failover", absl::StrFormat("%d x %d s, %s", threshold, o.interval_s, told),
                      [o] { return MakeFailover(o); }});
    }
    for (const double threshold : {0.7, 0.75, 0.8, 0.85, 0.9}) {
      const MarkDownOptions o{.threshold = threshold, .playing = playing};
      out->push_back({"mark-down", absl::StrFormat("above %.2f, %s", threshold, told),
                      [o] { return MakeMarkDown(o); }});
    }
    for (const size_t among : {2, 4, 8, 12}) {
      const LeastLoadedOptions o{.among = among, .playing = playing};
      out->push_back({"least-loaded", absl::StrFormat("among %d, %s", among, told),
                      [o] { return MakeLeastLoaded(o); }});
    }
  }
}

void AddShedDice(std::vector<Setting>* out) {
  constexpr double kMarks[][2] = {{0.6, 0.9}, {0.7, 0.9}, {0.8, 0.9}, {0.4, 0.9}, {0.6, 1.0}};
  for (const bool nearest_first : {true, false}) {
    for (const auto& [low, high] : kMarks) {
      // Its answers are dice: who follows them is rolled.
      for (const Playing playing : {Playing::kStay, Playing::kRolled}) {
        const ShedDiceOptions o{low, high, nearest_first, playing};
        out->push_back(
            {"shed-dice",
             absl::StrFormat("%.2f-%.2f, %s, %s", low, high, nearest_first ? "nearest" : "shuffled",
                             PlayingName(playing)),
             [o] { return MakeShedDice(o); }});
      }
    }
  }
}

void AddLoadFeedback(std::vector<Setting>* out) {
  for (const double target : {0.65, 0.75, 0.85}) {
    for (const double raise : {0.3, 10.0}) {
      for (const double decay : {0.9, 0.98}) {
        for (const Playing playing : {Playing::kStay, Playing::kFollow}) {
          const LoadFeedbackOptions o{target, decay, raise, playing};
          out->push_back({"load-feedback",
                          absl::StrFormat("target %.2f, decay %.2f, raise %.2f, %s", target, decay,
                                          raise, PlayingName(playing)),
                          [o] { return MakeLoadFeedback(o); }});
        }
      }
    }
  }
}

void AddFastRoute(std::vector<Setting>* out) {
  constexpr double kLayers[][2] = {{0.6, 0.3}, {0.4, 0.15}, {0.8, 0.5}};
  constexpr double kSteps[][2] = {{0.05, 0.01}, {0.02, 0.02}};
  for (const double threshold : {0.85, 0.95, 0.7}) {
    for (const auto& [second, last] : kLayers) {
      for (const auto& [up, down] : kSteps) {
        for (const Playing playing : {Playing::kStay, Playing::kFollow}) {
          const FastRouteOptions o{second, last, threshold, up, down, playing};
          out->push_back({"fastroute",
                          absl::StrFormat("layers %.1f %.1f, above %.2f, +%.2f -%.2f, %s", second,
                                          last, threshold, up, down, PlayingName(playing)),
                          [o] { return MakeFastRoute(o); }});
        }
      }
    }
  }
}

// As `ops/bench/control --quick`, with fewer groups: settings differ by more than that.
WorldConfig QuickWorld(uint64_t seed) {
  WorldConfig config;
  config.seed = seed;
  config.groups = absl::GetFlag(FLAGS_groups);
  config.targets = 24;
  config.candidates = 12;
  return config;
}

void Play(const Setting& setting) {
  double sum = 0, worst = 0, moved = 0;
  int evenings = 0;
  std::string each;
  for (const std::string& name : absl::GetFlag(FLAGS_scenarios)) {
    for (const std::string& text : absl::GetFlag(FLAGS_seeds)) {
      uint64_t seed = 1;
      if (!absl::SimpleAtoi(text, &seed)) continue;
      Scenario scenario = MakeScenario(name, QuickWorld(seed));
      scenario.seconds = static_cast<int>(absl::GetFlag(FLAGS_seconds));
      const Terrain terrain = MakeTerrain(scenario.world);
      const std::unique_ptr<Steering> steering = setting.make();
      const Result result = Rehearse(scenario, terrain, steering.get());
      sum += result.over_100;
      worst = std::max(worst, result.over_100);
      moved += result.moved_per_hour;
      ++evenings;
      each += absl::StrFormat(" %s/%d %.2f", name, seed, 100 * result.over_100);
    }
  }
  if (evenings == 0) return;
  absl::PrintF("%-14s %-44s mean %6.2f worst %6.2f moves %5.1f |%s\n", setting.rival, setting.name,
               100 * sum / evenings, 100 * worst, moved / evenings, each);
  std::fflush(stdout);
}

int Main() {
  std::vector<Setting> settings;
  AddSimple(&settings);
  AddShedDice(&settings);
  AddLoadFeedback(&settings);
  AddFastRoute(&settings);
  const std::vector<std::string> only = absl::GetFlag(FLAGS_rival);
  for (const Setting& setting : settings)
    if (only.empty() || absl::c_linear_search(only, setting.rival)) Play(setting);
  return 0;
}

}  // namespace
}  // namespace spillway::sim

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("sweeps the settings that products leave to their operators");
  absl::ParseCommandLine(argc, argv);
  return spillway::sim::Main();
}
