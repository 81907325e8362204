// tests/bench/record_bench.cc -- what recording costs a plan: octets and time for a tick of 1,000
// rows and 50 targets.
//
// Every tick: 5 targets have reported, 200 slots have answered, 300 rows have new arrivals; a
// quiet one: nothing but time.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/hash.h"
#include "benchmark/benchmark.h"
#include "policies/loader.h"
#include "steering/plan/plan_hash.h"
#include "steering/planner/controller.h"
#include "steering/record/encoder.h"

namespace spillway {
namespace {

constexpr size_t kTargets = 50, kGroups = 1000;

std::shared_ptr<const Frame> BigFrame() {
  std::string text = "targets:\n";
  for (size_t t = 0; t < kTargets; ++t) {
    absl::StrAppend(&text, "  t", t, ": {at: [", static_cast<int>(t) - 25, ", ", 3 * t,
                    "], addresses: [192.0.2.", t + 1,
                    "], capacity: {egress: 1 Tbps}, tags: [edge]}\n");
  }
  text += "services:\n  live: {names: [live.example.com], candidates: {tags: [edge]}}\n";
  PolicyResult loaded = LoadPolicyText({{"policy.yaml", text}});
  CHECK(loaded.ok());
  std::vector<Group> groups;
  for (size_t g = 0; g < kGroups; ++g) {
    Group group{.name = absl::StrCat("g", 10'000 + g)};
    group.location =
        GeoPoint{static_cast<double>(g % 120) - 60, static_cast<double>(g % 350) - 175};
    groups.push_back(group);
  }
  auto frame = MakeFrame(loaded.policy, GroupMap::OfGroups(groups), {1, 1, 1});
  CHECK(frame.ok());
  return *frame;
}

struct World {
  World() {
    facts.now = absl::FromUnixSeconds(1'700'000'000);
    facts.targets.resize(kTargets);
    activity.dns.assign(frame->candidates->slot_count(), 0);
    activity.redirect = activity.steering = activity.dns;
    arrivals.assign(frame->candidates->row_count(), 0);
  }
  uint64_t Draw(uint64_t end) { return (random = Mix64(random)) % end; }
  void Step(bool busy) {
    facts.now += absl::Milliseconds(200) + absl::Nanoseconds(Draw(100'000));
    for (std::vector<float>* front : {&activity.dns, &activity.redirect, &activity.steering})
      std::fill(front->begin(), front->end(), 0);
    activity.elapsed = absl::Milliseconds(200);
    for (size_t t = 0; t < kTargets; ++t) {
      facts.targets[t].age += absl::Milliseconds(200);
      facts.targets[t].feed = FeedState::kFresh;
    }
    for (int i = 0; busy && i < 5; ++i) {
      TargetFacts& target = facts.targets[Draw(kTargets)];
      target.load.Set(Resource::kEgress, static_cast<double>(Draw(1'000'000'000)) / 1009);
      target.load.Set(Resource::kSessions, static_cast<double>(Draw(100'000)));
      target.age = absl::Microseconds(Draw(900'000));
      ++target.sequence;
    }
    for (int i = 0; busy && i < 200; ++i)
      activity.dns[Draw(activity.dns.size())] = static_cast<float>(1 + Draw(30));
    for (int i = 0; busy && i < 300; ++i)
      arrivals[Draw(arrivals.size())] = static_cast<float>(Draw(1'000'000)) / 997;
  }
  ControllerInputs in() const {
    return {.facts = facts, .activity = activity, .resolver_arrivals = arrivals, .in_force = plan};
  }

  uint64_t random = 1;
  std::shared_ptr<const Frame> frame = BigFrame();
  Facts facts;
  Activity activity;
  std::vector<float> arrivals;
  Controller controller;
  std::shared_ptr<const Plan> plan;
};

void BM_Encode(benchmark::State& state) {
  World world;
  record::Encoder encoder;
  std::string bytes;
  encoder.BeginFile({}, &bytes);
  world.plan = world.controller.Tick(world.frame, world.in());
  encoder.Tick(world.frame, world.in(), world.plan, false, &bytes);
  state.counters["snapshot_octets"] = static_cast<double>(bytes.size());
  size_t octets = 0;
  for (auto _ : state) {
    state.PauseTiming();
    world.Step(state.range(0) != 0);
    bytes.clear();
    state.ResumeTiming();
    encoder.Tick(world.frame, world.in(), world.plan, false, &bytes);
    octets += bytes.size();
  }
  state.counters["octets"] = static_cast<double>(octets) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_Encode)->ArgName("busy")->Arg(0)->Arg(1);

// For comparison: the plan itself.
void BM_Plan(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    state.PauseTiming();
    world.Step(true);
    state.ResumeTiming();
    world.plan = world.controller.Tick(world.frame, world.in());
  }
}
BENCHMARK(BM_Plan);

void BM_PlanHash(benchmark::State& state) {
  World world;
  world.plan = world.controller.Tick(world.frame, world.in());
  for (auto _ : state) benchmark::DoNotOptimize(PlanHash(*world.plan));
}
BENCHMARK(BM_PlanHash);

}  // namespace
}  // namespace spillway
