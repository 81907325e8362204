// tests/unit/dns/server/engine_mutation_test.cc -- damaged questions: always a sound reply, counted
// once. 60'000 in `ops/test`; SPILLWAY_ORACLE_MESSAGES=1000000 for more.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/reply_check.h"
#include "tests/unit/dns/steering_testing.h"

namespace spillway::dns {
namespace {

constexpr int kRounds = 60'000;

std::vector<Octets> Seeds() {
  std::vector<Octets> seeds;
  for (const char* name : {".", "example", "live.example", "alias.example", "tolive.example",
                           "nothing.example", "x.event.example", "mail.example", "elsewhere"}) {
    seeds.push_back(Question{.name = name}.Encode());
    seeds.push_back(
        Question{.name = name, .type = RrType::kAaaa, .subnet = "198.51.100.0/24"}.Encode());
    seeds.push_back(Question{.name = name,
                             .type = RrType::kAny,
                             .dnssec_ok = true,
                             .options_hex = "0003 0000 000a 0008 0102030405060708 000b 0000"}
                        .Encode());
  }
  return seeds;
}

TEST(EngineMutation, EveryReadableHeaderGetsASoundReplyAndOneOutcome) {
  const ZoneSet zones = MakeSteeredZones();
  const std::shared_ptr<const Plan> plan = MakePlan(MakePolicy());
  const EngineView view{.zones = &zones, .plan = plan.get()};
  DnsCounters counters;
  Engine engine(EngineOptions{.nsid = "node", .tcp_keepalive_ds = 100}, &counters);
  const std::vector<Octets> seeds = Seeds();
  std::mt19937 random(7421);
  Octets out(kTcpSizeMax);
  const int rounds = OracleMessages(kRounds);
  for (int round = 0; round < rounds; ++round) {
    Octets query = seeds[static_cast<size_t>(round) % seeds.size()];
    for (int i = round % 4; i >= 0; --i) Mutate(&random, &query);
    const Transport transport = round % 3 == 0 ? Transport::kTcp : Transport::kUdp;
    const size_t size = engine.Answer(view, query, *IpAddress::Parse("198.51.100.1"), transport,
                                      absl::MakeSpan(out));
    const std::string fault = FaultOf(query, absl::MakeConstSpan(out).first(size), transport);
    ASSERT_EQ(fault, "") << absl::BytesToHexString(
        {reinterpret_cast<const char*>(query.data()), query.size()});
  }
  uint64_t outcomes = 0;
  for (const Counter& counter : counters.outcomes) outcomes += counter.Get();
  EXPECT_EQ(outcomes, static_cast<uint64_t>(rounds));
  EXPECT_EQ(counters.udp_messages.Get() + counters.tcp_messages.Get(),
            static_cast<uint64_t>(rounds));
  EXPECT_GT(counters.outcome(Outcome::kAnswer).Get(), 1000u);
  EXPECT_GT(counters.outcome(Outcome::kFormErr).Get(), 1000u);
}

}  // namespace
}  // namespace spillway::dns
