#include "dns/server/zone_writer.h"

#include <algorithm>

#include "base/check.h"
#include "dns/wire/name.h"

namespace spillway::dns {
namespace {

// Names whose addresses go into the additional section; more than any sane RRset has.
constexpr size_t kAdditionalNamesMax = 16;

bool IsServiceBinding(RrType type) { return type == RrType::kSvcb || type == RrType::kHttps; }

// The host name in `rdata`, or empty for types that have none.
absl::string_view TargetName(RrType type, absl::string_view rdata) {
  switch (type) {
    case RrType::kNs:
      return rdata;
    case RrType::kMx:
      return rdata.substr(2);
    case RrType::kSrv:
      return rdata.substr(6);
    case RrType::kSvcb:
    case RrType::kHttps:
      return rdata.substr(2, NameSize(rdata.substr(2)));
    default:
      return {};
  }
}

}  // namespace

bool ZoneWriter::Add(Section section, absl::string_view owner, const Zone& zone,
                     const ZoneNode& node, const RrSet& set, uint32_t ttl_s_max) {
  return sections_.Add(section, owner, zone, set, std::min(set.ttl_s, ttl_s_max),
                       Signs(zone) ? zone.FindSignatures(node, set.type) : nullptr);
}

void ZoneWriter::Prove(const Zone& zone, const Proof& proof) {
  for (const uint32_t node : proof) {
    const auto end = pending_.begin() + static_cast<ptrdiff_t>(pending_count_);
    const bool there = std::any_of(
        pending_.begin(), end, [&](const Pending& p) { return p.zone == &zone && p.node == node; });
    if (there) continue;
    CHECK(pending_count_ < pending_.size());
    pending_[pending_count_++] = {&zone, node};
  }
}

bool ZoneWriter::AddProofs() {
  for (size_t i = 0; i < pending_count_; ++i) {
    const Zone& zone = *pending_[i].zone;
    const ZoneNode& node = zone.node(pending_[i].node);
    const RrSet& set = *zone.FindSet(node, zone.denial().type());
    if (!Add(Section::kAuthority, zone.owner(node), zone, node, set)) return false;
  }
  pending_count_ = 0;
  return true;
}

// True when the node has no such set, too.
bool ZoneWriter::AddSet(const Zone& zone, const ZoneNode& node, RrType type) {
  const RrSet* set = zone.FindSet(node, type);
  return set == nullptr || Add(Section::kAdditional, zone.owner(node), zone, node, *set);
}

bool ZoneWriter::AddAddresses(const Zone& zone, const ZoneNode& node) {
  return AddSet(zone, node, RrType::kA) && AddSet(zone, node, RrType::kAaaa);
}

void ZoneWriter::AddAdditional(const ZoneSet& zones, const Zone& zone, const RrSet& set,
                               absl::string_view owner) {
  std::array<const ZoneNode*, kAdditionalNamesMax> added;
  size_t added_count = 0;
  for (RdataCursor cursor(zone.rdata(set)); !cursor.done() && added_count < added.size();
       cursor.Next()) {
    const absl::string_view target = TargetName(set.type, cursor.data());
    if (target.empty()) return;
    const bool service = IsServiceBinding(set.type);
    const bool alias = service && cursor.data()[0] == 0 && cursor.data()[1] == 0;
    // RFC 9460 2.5: in ServiceMode "." is the owner itself; in AliasMode there is no service.
    if (alias && target.size() == 1) continue;
    Name host;
    host.Assign(service && target.size() == 1 ? owner : target);
    host.FoldCase();
    const Zone* home = zones.Find(host.wire());
    if (home == nullptr) continue;
    const ZoneMatch match = home->Find(host.wire());
    if (match.kind != ZoneMatch::Kind::kExact || match.node->steered) continue;
    const auto end = added.begin() + static_cast<ptrdiff_t>(added_count);
    if (std::find(added.begin(), end, match.node) != end) continue;
    added[added_count++] = match.node;
    // RFC 9460 4.1: what the alias leads to, too.
    if (alias && !AddSet(*home, *match.node, set.type)) return;
    if (!AddAddresses(*home, *match.node)) return;
  }
}

}  // namespace spillway::dns
