// tests/bench/controller_bench.cc -- one whole tick of the controller, on one core: facts and counted
// answers in, plan out. Arguments: rows (groups x services), targets, services; 12 candidates a row.
//
//   warm     the audience grows and reports arrive, as every second of an evening
//   cold     the first tick of a full evening: no prices yet
//   loss     the largest target loses 60 % of what it has
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>

#include "sim/feeds.h"
#include "sim/terrain.h"
#include "sim/world.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"

namespace spillway::sim {
namespace {

constexpr int kWarmUp = 40;  // seconds until loads, caches and prices are those of an evening

// An evening that is a minute old.
class Evening {
 public:
  Evening(int64_t rows, int64_t targets, int64_t services) : config_(Config(rows, targets, services)) {
    terrain_ = MakeTerrain(config_);
    world_ = std::make_unique<World>(config_, terrain_);
    feeds_ = std::make_unique<Feeds>(terrain_.frame->policy, config_);
    for (int i = 0; i < kWarmUp; ++i) {
      Look();
      Take(controller_.Tick(terrain_.frame, Inputs()));
    }
  }

  void Look() {
    facts_ = feeds_->Snapshot(world_->now());
    world_->TakeActivity(&activity_);
  }
  ControllerInputs Inputs() const { return {.facts = facts_, .activity = activity_}; }
  void Take(std::shared_ptr<const Plan> plan) {
    world_->Step(*plan);
    feeds_->Measure(*world_);
    plan_ = std::move(plan);
  }
  void LoseLargest() {
    const std::vector<double>& capacity = world_->capacity_mbps();
    const size_t t = static_cast<size_t>(
        std::max_element(capacity.begin(), capacity.end()) - capacity.begin());
    facts_.targets[t].capacity.Set(Resource::kEgress, capacity[t] * 0.4);
  }

  Controller& controller() { return controller_; }
  const std::shared_ptr<const Frame>& frame() const { return terrain_.frame; }
  const Plan& plan() const { return *plan_; }

 private:
  static WorldConfig Config(int64_t rows, int64_t targets, int64_t services) {
    WorldConfig config;
    config.groups = static_cast<size_t>(rows / services);
    config.targets = static_cast<size_t>(targets);
    config.services = static_cast<size_t>(services);
    config.candidates = 12;
    config.audiences[0].base = 50e6;  // near the peak: many targets are priced
    config.audiences[0].surges = {{20, 10, 12e6}};
    return config;
  }

  const WorldConfig config_;
  Terrain terrain_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Feeds> feeds_;
  Controller controller_;
  Facts facts_;
  Activity activity_;
  std::shared_ptr<const Plan> plan_;
};

void Report(benchmark::State& state, const Evening& evening, double sweeps) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  size_t priced = 0;
  for (const TargetStatus& t : evening.plan().targets) priced += t.price_ms > 0;
  state.counters["priced"] = static_cast<double>(priced);
  state.counters["slots"] = static_cast<double>(evening.plan().slots.size());
  state.counters["sweeps"] = sweeps / static_cast<double>(state.iterations());
  state.counters["rss_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;  // of the process so far
}

void BM_Warm(benchmark::State& state) {
  Evening evening(state.range(0), state.range(1), state.range(2));
  double sweeps = 0;
  for (auto _ : state) {
    state.PauseTiming();
    evening.Look();
    state.ResumeTiming();
    auto plan = evening.controller().Tick(evening.frame(), evening.Inputs());
    state.PauseTiming();
    sweeps += plan->solver_sweeps;
    evening.Take(std::move(plan));
    state.ResumeTiming();
  }
  Report(state, evening, sweeps);
}

void BM_Cold(benchmark::State& state) {
  Evening evening(state.range(0), state.range(1), state.range(2));
  double sweeps = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto fresh = std::make_unique<Controller>();
    evening.Look();
    state.ResumeTiming();
    auto plan = fresh->Tick(evening.frame(), evening.Inputs());
    state.PauseTiming();
    sweeps += plan->solver_sweeps;
    evening.Take(std::move(plan));
    fresh.reset();
    state.ResumeTiming();
  }
  Report(state, evening, sweeps);
}

void BM_Loss(benchmark::State& state) {
  double sweeps = 0;
  std::unique_ptr<Evening> evening;
  for (auto _ : state) {
    state.PauseTiming();
    evening = std::make_unique<Evening>(state.range(0), state.range(1), state.range(2));
    evening->Look();
    evening->LoseLargest();
    state.ResumeTiming();
    auto plan = evening->controller().Tick(evening->frame(), evening->Inputs());
    state.PauseTiming();
    sweeps += plan->solver_sweeps;
    evening->Take(std::move(plan));
    state.ResumeTiming();
  }
  Report(state, *evening, sweeps);
}

BENCHMARK(BM_Warm)
    ->Unit(benchmark::kMillisecond)
    ->Args({1000, 50, 1})
    ->Args({10000, 50, 1})
    ->Args({10000, 300, 1})
    ->Args({10000, 300, 4})
    ->Args({10000, 1000, 1})
    ->Args({30000, 300, 1})
    ->Args({100000, 1000, 2});
BENCHMARK(BM_Cold)->Unit(benchmark::kMillisecond)->Args({10000, 300, 1})->Args({100000, 1000, 2});
BENCHMARK(BM_Loss)->Unit(benchmark::kMillisecond)->Iterations(1)->Args({10000, 300, 1});

}  // namespace
}  // namespace spillway::sim

BENCHMARK_MAIN();
