// tests/integration/rehearse_shares.cc -- plays a scenario file in the simulator and prints, second
// by second, where its viewers are and where answers send them; rehearsal_test.py compares.
//
//   {"targets": ["sea", ...], "seconds": [{"sessions": [..], "answers": [..]}, ...]}
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sim/faults.h"
#include "sim/feeds.h"
#include "sim/scenario/stage.h"
#include "sim/steering.h"
#include "sim/world.h"
#include "steering/ledger/activity.h"

namespace spillway::sim {
namespace {

void PrintNumbers(const char* name, const std::vector<double>& numbers) {
  std::printf("\"%s\": [", name);
  for (size_t i = 0; i < numbers.size(); ++i) std::printf("%s%.6g", i == 0 ? "" : ", ", numbers[i]);
  std::printf("]");
}

std::vector<double> AnswersByTarget(const Terrain& terrain, const Activity& activity) {
  std::vector<double> answers(terrain.capacity_mbps.size(), 0);
  const CandidateTable& candidates = *terrain.frame->candidates;
  for (size_t row = 0; row < candidates.row_count(); ++row) {
    const absl::Span<const Slot> slots = candidates.Row(row);
    for (size_t k = 0; k < slots.size(); ++k) {
      const size_t slot = candidates.RowBegin(row) + k;
      answers[slots[k].target.index()] +=
          activity.dns[slot] + activity.redirect[slot] + activity.steering[slot];
    }
  }
  return answers;
}

void PlayAndPrint(const Stage& stage) {
  const Scenario& scenario = stage.scenario;
  World world(scenario.world, stage.terrain);
  Feeds feeds(stage.terrain.frame->policy, scenario.world);
  const std::unique_ptr<Steering> steering = MakeOurs();
  Activity activity;
  std::printf("{\"targets\": [");
  const std::vector<Target>& targets = stage.terrain.frame->policy->targets;
  for (size_t t = 0; t < targets.size(); ++t)
    std::printf("%s\"%s\"", t == 0 ? "" : ", ", targets[t].name.c_str());
  std::printf("], \"seconds\": [");
  for (int t = 0; t <= scenario.seconds; ++t) {
    ApplyFaults(scenario.faults, stage.terrain, &world, &feeds);
    const Facts facts = feeds.Snapshot(world.now());
    world.TakeActivity(&activity);
    if (t > 0) {  // of the second that has passed
      std::printf("%s\n{", t == 1 ? "" : ",");
      PrintNumbers("sessions", world.sessions());
      std::printf(", ");
      PrintNumbers("answers", AnswersByTarget(stage.terrain, activity));
      std::printf("}");
    }
    const auto plan = steering->Tick({.frame = stage.terrain.frame,
                                      .facts = facts,
                                      .activity = activity,
                                      .resolver_arrivals = world.resolver_arrivals(),
                                      .world = world});
    world.Step(*plan);
    feeds.Measure(world);
  }
  std::printf("\n]}\n");
}

}  // namespace
}  // namespace spillway::sim

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: rehearse_shares SCENARIO.yaml\n");
    return 2;
  }
  const auto stage = spillway::sim::LoadStage(argv[1]);
  if (!stage.ok()) {
    std::fprintf(stderr, "%s\n", std::string(stage.status().message()).c_str());
    return 1;
  }
  spillway::sim::PlayAndPrint(**stage);
  return 0;
}
