// tests/fuzz/zone_fuzz.cc -- any text as a zone file: every fault has its line, or the zone answers
// soundly for each of its names.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dns/server/engine.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/reply_check.h"

namespace {

using spillway::IpAddress;
namespace dns = spillway::dns;

constexpr size_t kSetsAsked = 40;

void Require(bool holds, absl::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", std::string(what).c_str());
  std::abort();
}

// "f:12: what".
bool HasPlace(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
  return parts.size() == 3 && parts[0] == "f" && !parts[1].empty() &&
         absl::ascii_isdigit(parts[1][0]) && parts[1] != "0";
}

dns::Octets Question(absl::string_view owner, dns::RrType type) {
  dns::Octets out = {0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  out.insert(out.end(), owner.begin(), owner.end());
  for (unsigned word : {static_cast<unsigned>(type), 1u}) dns::Put16(word, &out);
  out.push_back(0);
  for (unsigned word : {41u, 1232u, 0u, 0x8000u, 0u}) dns::Put16(word, &out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (absl::StrContains(absl::AsciiStrToUpper(text), "$INCLUDE")) return 0;  // reads other files
  auto zone = dns::ParseZone(text, "f", dns::N("example"));
  if (!zone.ok()) {
    for (absl::string_view line : absl::StrSplit(zone.status().message(), '\n'))
      Require(HasPlace(line), line);
    return 0;
  }
  const std::shared_ptr<const dns::Zone> shared = std::move(*zone);
  auto zones = dns::ZoneSet::Create({shared});
  Require(zones.ok(), "a zone that cannot be served");
  dns::DnsCounters counters;
  dns::Engine engine(dns::EngineOptions{}, &counters);
  size_t asked = 0;
  shared->ForEachSet([&](const dns::ZoneNode& node, const dns::RrSet& set) {
    if (++asked > kSetsAsked) return;
    const dns::Octets query = Question(shared->owner(node), set.type);
    for (const dns::Transport transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
      std::vector<uint8_t> out(transport == dns::Transport::kUdp ? dns::kUdpSizeMax
                                                                 : dns::kTcpSizeMax);
      out.resize(engine.Answer({.zones = &*zones}, query, *IpAddress::Parse("192.0.2.1"), transport,
                               absl::MakeSpan(out)));
      Require(dns::FaultOf(query, out, transport).empty(), dns::FaultOf(query, out, transport));
    }
  });
  return 0;
}
