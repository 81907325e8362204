// tests/bench/dns_engine_bench.cc -- nanoseconds of user time per query, from bytes in to bytes
// out.
#include <benchmark/benchmark.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "dns/server/engine.h"
#include "dns/server/udp_socket.h"
#include "dns/zone/zone_file.h"
#include "steering/plan/heavy_set.h"
#include "steering/resolvers/answer_log.h"
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
  AnswerLog log;
  Engine engine{EngineOptions{}, &counters};
  Engine noting{EngineOptions{.books = {.log = &log}}, &counters};
};

// Whether answers are noted for the resolver table, as a worker has it: committed once per batch,
// drained by another.
enum class Noting : bool { kOff, kOn };

// The same plan with every row in halves, and 4,096 heavy resolvers, `peer` among them.
std::shared_ptr<const Plan> HeavyPlan(const Plan& plan, const IpAddress& peer) {
  auto heavy = std::make_shared<Plan>(plan);
  for (size_t row = 0; row < heavy->rows.size(); ++row) {
    heavy->rows[row].cells = static_cast<uint32_t>(heavy->cells.size());
    for (size_t i = 0; i < 2; ++i) {
      heavy->slots[heavy->frame->candidates->RowBegin(row) + i].quota = kCellCount / 2;
      heavy->cells.insert(heavy->cells.end(), kCellCount / 2, static_cast<uint8_t>(i));
    }
  }
  std::vector<uint64_t> resolvers = {ResolverHash(peer)};
  for (uint32_t i = 1; i < HeavySet::kSizeMax; ++i)
    resolvers.push_back(ResolverHash(IpAddress::V4(i)));
  heavy->heavy = std::make_shared<const HeavySet>(resolvers);
  return heavy;
}

void Run(benchmark::State& state, const std::vector<Question>& questions,
         Noting noting = Noting::kOff, bool split = false, Transport transport = Transport::kUdp) {
  static World& world = *new World;
  Engine& engine = noting == Noting::kOn ? world.noting : world.engine;
  std::vector<Octets> queries;
  for (const Question& question : questions) queries.push_back(question.Encode());
  const IpAddress peer = *IpAddress::Parse("203.0.113.1");
  const std::shared_ptr<const Plan> plan = split ? HeavyPlan(*world.plan, peer) : world.plan;
  const EngineView view{.zones = &world.zones, .plan = plan.get()};
  Octets out(transport == Transport::kTcp ? kTcpSizeMax : kUdpSizeMax);
  size_t i = 0, answered = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine.Answer(view, queries[i], peer, transport, absl::MakeSpan(out)));
    if (++i == queries.size()) i = 0;
    if (++answered % UdpSocket::kBatch != 0 || !world.log.pending()) continue;
    world.log.Commit(Clock::Real().Now());
    if (answered % (AnswerLog::kSize / 2) == 0) {
      world.log.Open();
      while (world.log.Front() != nullptr) world.log.Pop();
      world.log.Close();
    }
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
std::vector<Question> Subnets() {
  std::vector<Question> questions;
  for (int i = 0; i < 1000; ++i) {
    questions.push_back(
        {.name = "live.example",
         .subnet = absl::StrCat(1 + i % 200, ".", i * 31 % 256, ".", i % 256, ".0/24")});
  }
  return questions;
}
void BM_SteeredBySubnet(benchmark::State& state) { Run(state, Subnets()); }
void BM_SteeredBySubnetSplit(benchmark::State& state) {
  Run(state, Subnets(), Noting::kOff, /*split=*/true);
}
// The framing itself is two octets; what TCP adds beside is system calls.
void BM_SteeredBySubnetTcp(benchmark::State& state) {
  Run(state, Subnets(), Noting::kOff, /*split=*/false, Transport::kTcp);
}
void BM_SteeredByPeerNoted(benchmark::State& state) {
  Run(state, {{.name = "live.example", .edns = true}}, Noting::kOn);
}
void BM_SteeredByHeavyPeerNoted(benchmark::State& state) {
  Run(state, {{.name = "live.example", .edns = true}}, Noting::kOn, /*split=*/true);
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
BENCHMARK(BM_SteeredByPeerNoted);
BENCHMARK(BM_SteeredByHeavyPeerNoted);
BENCHMARK(BM_SteeredBySubnet);
BENCHMARK(BM_SteeredBySubnetSplit);
BENCHMARK(BM_SteeredBySubnetTcp);
BENCHMARK(BM_SteeredAlias);
BENCHMARK(BM_FormErr);

}  // namespace
}  // namespace spillway::dns
