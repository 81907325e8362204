// tests/fuzz/zone_fuzz.cc -- any text as a zone file: every fault has its place, or the zone holds
// names that are found and records that ldns reads.
#include "dns/zone/zone_file.h"

#include <ldns/ldns.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace {

namespace dns = spillway::dns;

void Require(bool holds, absl::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", std::string(what).c_str());
  std::abort();
}

// "f:12: what".
bool HasPlace(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
  return parts.size() == 3 && parts[0] == "f" && !parts[1].empty() && parts[1] != "0" &&
         absl::ascii_isdigit(static_cast<unsigned char>(parts[1][0]));
}

bool LdnsReads(absl::string_view owner, const dns::RrSet& set, absl::string_view data) {
  std::string wire(owner);
  for (const unsigned word :
       {static_cast<unsigned>(set.type), 1u, 0u, 0u, static_cast<unsigned>(data.size())}) {
    wire.push_back(static_cast<char>(word >> 8));
    wire.push_back(static_cast<char>(word));
  }
  wire.append(data.data(), data.size());
  ldns_rr* raw = nullptr;
  size_t at = 0;
  const ldns_status status = ldns_wire2rr(&raw, reinterpret_cast<const uint8_t*>(wire.data()),
                                          wire.size(), &at, LDNS_SECTION_ANSWER);
  ldns_rr_free(raw);
  return status == LDNS_STATUS_OK && at == wire.size();
}

}  // namespace

// ldns 1.8.3 forgets two strings, some octets, of each IPSECKEY that it cannot read.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT: the sanitizer's name for it
  return "leak:ldns_str2rdf_ipseckey";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (absl::StrContains(absl::AsciiStrToUpper(text), "$INCLUDE")) return 0;  // reads other files
  const auto zone = dns::ParseZone(text, "f", *dns::Name::FromText("example"));
  if (!zone.ok()) {
    const absl::string_view faults = zone.status().message();
    for (absl::string_view line : absl::StrSplit(faults, '\n')) Require(HasPlace(line), faults);
    return 0;
  }
  const dns::Zone& z = **zone;
  z.ForEachSet([&z](const dns::ZoneNode& node, const dns::RrSet& set) {
    const absl::string_view owner = z.owner(node);
    Require(z.Find(owner).node != nullptr, "a name that is not met");
    uint16_t count = 0;
    for (dns::RdataCursor cursor(z.rdata(set)); !cursor.done(); cursor.Next()) {
      ++count;
      Require(LdnsReads(owner, set, cursor.data()), dns::NameToText(owner));
    }
    Require(count == set.count, "a count that is not the set's");
  });
  return 0;
}
