// tests/bench/ledger_bench.cc -- one tick of the ledger: reading the board, advancing, committing.
//
// Arguments: services, groups, candidates of each service. 1'000 targets (fewer where candidates are).
// Every row has arrivals; a tenth of the slots answer in a look; `steering` says of how many rows the
// players ask for steering.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "steering/ledger/ledger.h"

namespace spillway {
namespace {

std::shared_ptr<const Frame> MakeWorld(int services, int groups, int candidates) {
  constexpr int kTargets = 1'000;
  Policy policy;
  policy.version = "bench";
  for (int t = 0; t < kTargets; ++t) {
    policy.targets.push_back({.name = absl::StrCat("t", t)});
    policy.targets.back().addresses_v4 = {*IpAddress::Parse("192.0.2.1")};
  }
  for (int g = 0; g + 1 < groups; ++g) {
    policy.groups.push_back({.name = absl::StrCat("g", g)});
    policy.groups.back().prefixes = {
        *IpPrefix::Parse(absl::StrCat("10.", g / 256, ".", g % 256, ".0/24"))};
  }
  for (int s = 0; s < services; ++s) {
    Service service{.name = absl::StrCat("s", s)};
    service.dns_names = {absl::StrCat("s", s, ".example")};
    for (int c = 0; c < candidates; ++c)
      service.candidates.push_back({TargetId((s * candidates + c) % kTargets)});
    std::sort(service.candidates.begin(), service.candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.target < b.target; });
    policy.services.push_back(std::move(service));
  }
  auto map = GroupMap::Build(GeoSources{}, policy.groups);
  CHECK(map.ok());
  auto frame = MakeFrame(std::make_shared<const Policy>(std::move(policy)), *map, {2, 2, 1});
  CHECK(frame.ok());
  return *frame;
}

struct Input {
  explicit Input(const Frame& frame, double steering_rows) {
    std::mt19937_64 random(7);
    const CandidateTable& table = *frame.candidates;
    const size_t slots = table.slot_count(), rows = table.row_count();
    activity.elapsed = absl::Seconds(1);
    activity.dns.resize(slots);
    activity.redirect.resize(slots);
    activity.steering.resize(slots);
    shares.resize(slots);
    for (size_t row = 0; row < rows; ++row) {
      const bool steers = random() % 1000 < steering_rows * 1000;
      for (size_t i = 0; i < table.Row(row).size(); ++i) {
        const size_t s = table.RowBegin(row) + i;
        shares[s] = 1.0f / static_cast<float>(table.Row(row).size());
        if (random() % 10 == 0) activity.dns[s] = static_cast<float>(random() % 20);
        if (random() % 10 == 0) activity.redirect[s] = static_cast<float>(random() % 20);
        if (steers) activity.steering[s] = static_cast<float>(random() % 20);
      }
    }
    for (auto* by_row : {&demand.dns_arrivals, &demand.redirect_arrivals, &demand.dns_expected,
                         &demand.redirect_expected})
      by_row->assign(rows, 3);
    demand.margin.assign(rows, 1.1f);
    ttl_s.resize(rows);
    for (float& ttl : ttl_s) ttl = static_cast<float>(10 * (random() % 3 + 1));
  }
  Activity activity;
  Demand demand;
  Calibration calibration;
  std::vector<float> shares, ttl_s;
};

std::shared_ptr<const Frame> WorldOf(const benchmark::State& state) {
  return MakeWorld(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                   static_cast<int>(state.range(2)));
}

void BM_Tick(benchmark::State& state, double steering_rows) {
  const auto frame = WorldOf(state);
  const Input in(*frame, steering_rows);
  Ledger ledger;
  ledger.Bind(frame);
  Ledger::Commitment out;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (int i = 0; i < 3; ++i)
    ledger.Advance(now += absl::Seconds(1), in.activity, in.demand, in.calibration, in.shares);
  for (auto _ : state) {
    ledger.Advance(now += absl::Seconds(1), in.activity, in.demand, in.calibration, in.shares,
                   in.ttl_s);
    ledger.Commit(now, absl::Seconds(120), in.demand, in.calibration, &out);
    benchmark::DoNotOptimize(out.pinned_mbps.data());
  }
  state.counters["slots"] = static_cast<double>(frame->candidates->slot_count());
  state.counters["MB"] = static_cast<double>(ledger.memory_bytes()) / 1e6;
}

void BM_Commit(benchmark::State& state) {
  const auto frame = WorldOf(state);
  const Input in(*frame, 0.5);
  Ledger ledger;
  ledger.Bind(frame);
  Ledger::Commitment out;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (int i = 0; i < 3; ++i)
    ledger.Advance(now += absl::Seconds(1), in.activity, in.demand, in.calibration, in.shares);
  for (auto _ : state) {
    ledger.Commit(now, absl::Seconds(120), in.demand, in.calibration, &out);
    benchmark::DoNotOptimize(out.pinned_mbps.data());
  }
}

// An hour later nobody watches: fading values must not make it slower (denormal floats).
void BM_TickWhenFaded(benchmark::State& state) {
  const auto frame = WorldOf(state);
  Input in(*frame, 0.5);
  Ledger ledger;
  ledger.Bind(frame);
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  ledger.Advance(now, in.activity, in.demand, in.calibration, in.shares);
  const size_t slots = frame->candidates->slot_count();
  for (auto* counts : {&in.activity.dns, &in.activity.redirect, &in.activity.steering})
    counts->assign(slots, 0);
  for (size_t row = 0; row < frame->candidates->row_count(); ++row) {
    for (size_t i = 1; i < frame->candidates->Row(row).size(); ++i)
      in.shares[frame->candidates->RowBegin(row) + i] = 0;
  }
  in.activity.elapsed = absl::Hours(20);
  ledger.Advance(now += absl::Hours(20), in.activity, {}, in.calibration, in.shares);
  in.activity.elapsed = absl::Seconds(1);
  for (auto _ : state)
    ledger.Advance(now += absl::Seconds(1), in.activity, {}, in.calibration, in.shares);
}

void BM_ReadBoard(benchmark::State& state) {
  const auto frame = WorldOf(state);
  ActivityReader reader;
  reader.Bind(frame);
  Activity out;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (auto _ : state) {
    reader.Read(now += absl::Seconds(1), &out);
    benchmark::DoNotOptimize(out.dns.data());
  }
}

void BM_Bind(benchmark::State& state) {
  const auto one = WorldOf(state), other = WorldOf(state);
  Ledger ledger;
  ledger.Bind(one);
  for (auto _ : state) {
    ledger.Bind(other);
    ledger.Bind(one);
  }
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->Args({10, 10'000, 12})->Args({100, 1'000, 12})->Args({1, 10'000, 120});
  bench->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_Tick, no_steering, 0.0)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Tick, half_steer, 0.5)->Apply(Sizes);
BENCHMARK(BM_Commit)->Apply(Sizes);
BENCHMARK(BM_TickWhenFaded)->Apply(Sizes);
BENCHMARK(BM_ReadBoard)->Apply(Sizes);
BENCHMARK(BM_Bind)->Apply(Sizes);

}  // namespace
}  // namespace spillway
