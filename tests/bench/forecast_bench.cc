// tests/bench/forecast_bench.cc -- one tick of the forecaster and one look of the calibrator.
//
// 10 services x 10'000 groups x 12 targets: 100'000 rows, 1.2 M slots, all of them answering. A tick
// of 1 s closes a bin every fifth time; BM_BinTick closes one each time (ticks of 5 s).
#include <benchmark/benchmark.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "steering/forecast/calibrator.h"
#include "steering/forecast/forecaster.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

constexpr int kServices = 10, kGroups = 10'000, kTargets = 12;

std::shared_ptr<const Frame> LargeFrame(bool event) {
  Policy policy = SmallPolicy();
  const Target target = policy.targets[0];
  const Service service = policy.services[0];
  policy.targets.clear();
  policy.services.clear();
  policy.groups.clear();
  for (int t = 0; t < kTargets; ++t) {
    policy.targets.push_back(target);
    policy.targets.back().name = absl::StrCat("t", t);
  }
  for (int s = 0; s < kServices; ++s) {
    policy.services.push_back(service);
    policy.services.back().name = absl::StrCat("s", s);
    policy.services.back().dns_names = {absl::StrCat("s", s, ".example.com")};
    policy.services.back().hosts = {absl::StrCat("s", s, ".example.com")};
    policy.services.back().candidates.clear();
    for (int t = 0; t < kTargets; ++t) policy.services.back().candidates.push_back({TargetId(t)});
    if (event)
      policy.events.push_back({.service = ServiceId(s),
                               .start = absl::FromUnixSeconds(1'700'000'600),
                               .peak_world = 6.5e6});
  }
  for (int g = 1; g < kGroups; ++g) {  // and those in none
    policy.groups.push_back(
        {.name = absl::StrCat("g", g),
         .prefixes = {*IpPrefix::Parse(absl::StrCat("10.", g / 256, ".", g % 256, ".0/24"))}});
  }
  return SmallFrame(std::move(policy));
}

void Tick(benchmark::State& state, double length_s, bool event) {
  const auto frame = LargeFrame(event);
  Forecaster forecaster;
  forecaster.Bind(frame);
  Activity activity{.elapsed = absl::Seconds(length_s)};
  std::mt19937 random(1);
  for (size_t i = 0; i < frame->candidates->slot_count(); ++i) {
    activity.dns.push_back(static_cast<float>(random() % 100));
    activity.redirect.push_back(static_cast<float>(random() % 10));
  }
  activity.steering.resize(frame->candidates->slot_count());
  const std::vector<float> resolvers(frame->candidates->row_count(), 30);
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  Demand demand;
  for (auto _ : state) {
    forecaster.Observe(now += activity.elapsed, activity, resolvers);
    forecaster.Predict(now, absl::Seconds(120), &demand);
    benchmark::DoNotOptimize(demand.dns_expected.data());
  }
  state.counters["rows"] = static_cast<double>(frame->candidates->row_count());
  state.counters["slots"] = static_cast<double>(frame->candidates->slot_count());
}
void BM_Tick(benchmark::State& state) { Tick(state, 1, false); }
void BM_BinTick(benchmark::State& state) { Tick(state, 5, false); }
void BM_EventBinTick(benchmark::State& state) { Tick(state, 5, true); }
BENCHMARK(BM_Tick)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BinTick)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_EventBinTick)->Unit(benchmark::kMillisecond);

void BM_Calibrate(benchmark::State& state) {
  Calibrator calibrator;
  calibrator.Bind(LargeFrame(false));
  Totals totals{.measured_mbps = 1e6};
  totals.dns_model_mbps.assign(kServices, 3e4);
  totals.redirect_model_mbps.assign(kServices, 7e4);
  Calibration calibration;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (auto _ : state) {
    totals.dns_model_mbps[0] += 10;
    calibrator.Update(now += absl::Seconds(5), totals, &calibration);
  }
}
BENCHMARK(BM_Calibrate)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace spillway
