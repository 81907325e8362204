// tests/bench/dns_engine_bench.cc -- nanoseconds of user time per query, from bytes in to bytes
// out.
#include <benchmark/benchmark.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/steering_testing.h"

namespace spillway::dns {
namespace {

// The steered zone beside one of 10,000 static names.
struct World {
  World() {
    std::string text = "@ 3600 SOA ns1.example. hostmaster 1 2 3 4 300\n@ 3600 NS ns1.example.\n";
    for (int i = 0; i < 10'000; ++i)
      absl::StrAppend(&text, "host", i, " 60 A 192.0.2.", i % 256, "\n");
    absl::StrAppend(&text, "cut NS ns.cut\nns.cut A 192.0.2.1\n");
    std::vector<std::shared_ptr<const Zone>> all(steered.zones().begin(), steered.zones().end());
    all.push_back(std::move(*ParseZone(text, "bench", N("static.test"))));
    zones = *ZoneSet::Create(std::move(all));
  }
  ZoneSet steered = MakeSteeredZones();
  ZoneSet zones;
  std::shared_ptr<const Plan> plan = MakePlan(MakePolicy());
  DnsCounters counters;
  Engine engine{EngineOptions{}, &counters};
};

void Run(benchmark::State& state, const std::vector<Question>& questions) {
  static World& world = *new World;
  std::vector<Octets> queries;
  for (const Question& question : questions) queries.push_back(question.Encode());
  const EngineView view{.zones = &world.zones, .plan = world.plan.get()};
  const IpAddress peer = *IpAddress::Parse("203.0.113.1");
  Octets out(kUdpSizeMax);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        world.engine.Answer(view, queries[i], peer, Transport::kUdp, absl::MakeSpan(out)));
    if (++i == queries.size()) i = 0;
  }
}

// A thousand different names, so that caches and branch predictors do not learn one.
std::vector<Question> Spread(absl::string_view prefix, absl::string_view suffix) {
  std::vector<Question> questions;
  for (int i = 0; i < 1000; ++i) {
    questions.push_back({.name = absl::StrCat(prefix, i * 7 % 10'000, suffix), .edns = true});
  }
  return questions;
}

void BM_Static(benchmark::State& state) { Run(state, Spread("host", ".static.test")); }
void BM_NxDomain(benchmark::State& state) { Run(state, Spread("none", ".static.test")); }
void BM_Referral(benchmark::State& state) { Run(state, Spread("x", ".cut.static.test")); }
void BM_Refused(benchmark::State& state) { Run(state, Spread("x", ".elsewhere.net")); }
void BM_SteeredByPeer(benchmark::State& state) {
  Run(state, {{.name = "live.example", .edns = true}});
}
void BM_SteeredBySubnet(benchmark::State& state) {
  std::vector<Question> questions;
  for (int i = 0; i < 1000; ++i) {
    questions.push_back(
        {.name = "live.example",
         .subnet = absl::StrCat(1 + i % 200, ".", i * 31 % 256, ".", i % 256, ".0/24")});
  }
  Run(state, questions);
}
void BM_SteeredAlias(benchmark::State& state) {
  Run(state, {{.name = "alias.example", .edns = true}});
}
void BM_FormErr(benchmark::State& state) {
  Run(state, {{.name = "live.example", .options_hex = "0008 0004 00030000"}});
}

BENCHMARK(BM_Static);
BENCHMARK(BM_NxDomain);
BENCHMARK(BM_Referral);
BENCHMARK(BM_Refused);
BENCHMARK(BM_SteeredByPeer);
BENCHMARK(BM_SteeredBySubnet);
BENCHMARK(BM_SteeredAlias);
BENCHMARK(BM_FormErr);

}  // namespace
}  // namespace spillway::dns
