// tests/fuzz/dns_message_fuzz.cc -- any octets: a sound reply by UDP and by TCP, or none where none
// is due.
//
// The first octet picks who asks, so that the plan is met from several groups.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "dns/server/engine.h"
#include "dns/transfer/transfer_table.h"
#include "tests/unit/dns/reply_check.h"
#include "tests/unit/dns/steering_testing.h"

namespace {

using spillway::IpAddress;
namespace dns = spillway::dns;

// Everybody may copy, and two keys are known.
std::shared_ptr<const dns::TransferTable> MakeTransfers(const dns::ZoneSet& zones) {
  spillway::Policy policy = *dns::MakePolicy();
  policy.transfers.allow = {*spillway::IpPrefix::Parse("0.0.0.0/0"),
                            *spillway::IpPrefix::Parse("::/0")};
  auto keys = dns::TsigKeys::Parse(
      "key hmac-sha256 MDEyMzQ1Njc4OWFiY2RlZg==\nold hmac-sha1 MDEyMzQ1Njc4OWFiY2RlZg==\n", "f");
  std::vector<std::string> warnings;
  return *dns::TransferTable::Make(
      zones, policy, std::make_shared<const dns::TsigKeys>(*std::move(keys)), nullptr, &warnings);
}

struct World {
  dns::ZoneSet zones = dns::MakeSteeredZones();
  std::shared_ptr<const spillway::Plan> plan = dns::MakePlan(dns::MakePolicy());
  dns::CookieSecrets cookies;
  std::shared_ptr<const dns::TransferTable> transfers = MakeTransfers(zones);
  dns::DnsCounters counters;
  dns::Engine engine{dns::EngineOptions{.nsid = "node", .tcp_keepalive_ds = 100}, &counters};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World;
  if (size == 0) return 0;
  const IpAddress peer =
      data[0] % 2 == 0 ? *IpAddress::Parse("198.51.100.1") : *IpAddress::Parse("2001:db8::1");
  const absl::Span<const uint8_t> query(data + 1, size - 1);
  const dns::EngineView view{.zones = &world.zones,
                             .plan = world.plan.get(),
                             .cookies = &world.cookies,
                             .unix_s = 1'700'000'000,
                             .transfers = world.transfers.get()};
  for (const dns::Transport transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
    // As large as allowed and no larger, so that ASan sees a write past the end.
    std::vector<uint8_t> out(transport == dns::Transport::kUdp ? dns::kUdpSizeMax
                                                               : dns::kTcpSizeMax);
    const size_t reply_size =
        world.engine.Answer(view, query, peer, transport, absl::MakeSpan(out));
    // What is left of a transfer ends.
    if (auto transfer = world.engine.TakeTransfer(); transfer != nullptr) {
      std::vector<uint8_t> next(dns::kTcpSizeMax);
      while (!transfer->done()) transfer->Next(view.unix_s, absl::MakeSpan(next));
    }
    const std::string fault =
        dns::FaultOf(query, absl::MakeConstSpan(out).first(reply_size), transport);
    if (!fault.empty()) {
      std::fprintf(stderr, "%s\n", fault.c_str());
      std::abort();
    }
  }
  return 0;
}
