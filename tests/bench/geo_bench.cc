// tests/bench/geo_bench.cc -- group map: nanoseconds per look-up, time to build, memory.
//
// Uses the real country database when .cache/geo/country.mmdb is there (data/geo/make_mmdb makes
// it) and SPILLWAY_COUNTRY_MMDB when set; without either it says so and does nothing.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/ip.h"
#include "benchmark/benchmark.h"
#include "steering/geo/group_map.h"
#include "steering/geo/mmdb_file.h"

namespace spillway {
namespace {

std::string CountryPath() {
  const char* path = std::getenv("SPILLWAY_COUNTRY_MMDB");
  return path != nullptr ? path : SPILLWAY_SOURCE_DIR "/.cache/geo/country.mmdb";
}

const GroupMap* Map() {
  static const auto map = GroupMap::Build({.country = CountryPath()}, {});
  return map.ok() ? map->get() : nullptr;
}

constexpr size_t kAddresses = 1 << 20;

std::vector<IpAddress> RandomV4() {
  std::mt19937_64 random(1);
  std::vector<IpAddress> out;
  for (size_t i = 0; i < kAddresses; ++i)
    out.push_back(IpAddress::V4(static_cast<uint32_t>(random())));
  return out;
}

// A random network of the file that has a record, and a random address in it: clients are where
// networks are.
std::vector<IpAddress> RoutedV6() {
  std::mt19937_64 random(2);
  struct Net {
    absl::uint128 first;
    int bits;
  };
  std::vector<Net> nets;
  auto file = geo::MmdbFile::Open(CountryPath());
  if (!file.ok()) return {};
  absl::Status walked = (*file)->Walk6([&](absl::uint128 first, int bits, size_t record) {
    if (record != geo::MmdbFile::kNoRecord) nets.push_back({first, bits});
    return absl::OkStatus();
  });
  if (!walked.ok() || nets.empty()) return {};
  std::vector<IpAddress> out;
  for (size_t i = 0; i < kAddresses; ++i) {
    const Net& net = nets[random() % nets.size()];
    absl::uint128 any = absl::MakeUint128(random(), random());
    out.push_back(
        geo::AddressOf(net.first | (any & (geo::LastKey(net.first, net.bits) - net.first))));
  }
  return out;
}

void Locate(benchmark::State& state, const std::vector<IpAddress>& addresses) {
  const GroupMap* map = Map();
  if (map == nullptr || addresses.empty()) {
    state.SkipWithError("no country.mmdb: run data/geo/make_mmdb or set SPILLWAY_COUNTRY_MMDB");
    return;
  }
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map->Locate(addresses[i]));
    i = (i + 1) % addresses.size();
  }
}

void LocateV4(benchmark::State& state) {
  static const std::vector<IpAddress> addresses = RandomV4();
  Locate(state, addresses);
}
BENCHMARK(LocateV4);

void LocateV6Routed(benchmark::State& state) {
  static const std::vector<IpAddress> addresses = RoutedV6();
  Locate(state, addresses);
}
BENCHMARK(LocateV6Routed);

void Build(benchmark::State& state) {
  size_t bytes = 0, runs = 0, groups = 0;
  for (auto _ : state) {
    auto map = GroupMap::Build({.country = CountryPath()}, {});
    if (!map.ok()) {
      state.SkipWithError(std::string(map.status().message()).c_str());
      return;
    }
    bytes = (*map)->memory_bytes();
    runs = (*map)->run_count();
    groups = (*map)->groups().size();
  }
  state.counters["MB"] = static_cast<double>(bytes) / 1e6;
  state.counters["runs"] = static_cast<double>(runs);
  state.counters["groups"] = static_cast<double>(groups);
}
BENCHMARK(Build)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace spillway
