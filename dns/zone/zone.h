// dns/zone/zone.h -- one immutable zone: names, RRsets as wire bytes, and how a name is met.
//
//   example.        SOA NS       kExact     the name stands in the zone, maybe empty (RFC 4592)
//   ├ www           A A          kWildcard  it does not; `*` below its closest encloser does
//   ├ ent           (empty)      kReferral  it is at or below a zone cut
//   │ └ deep        TXT          kRedirect  it is below a DNAME (RFC 6672)
//   ├ *.wild        A            kNoName    none of these: NXDOMAIN
//   └ sub           NS  ← cut
//
// why: everything a look-up has to know about ancestors (cut, DNAME) is written into each node when
//      the zone is built, so a name that exists costs one hash look-up.
// invariants (ZoneBuilder holds them): (1) the apex has exactly one SOA and an NS; (2) every
// ancestor of a name up to the apex is a node; (3) names are folded wire names; (4) a CNAME stands
// alone; (5) the owners of NSEC3 records are nodes that no look-up finds (RFC 5155 7.2.8); (6) a
// signed zone has a chain of NSEC or NSEC3 with the apex in it.
// thread safety: immutable once built. Views handed out live as long as the zone.
// references: RFC 1034 4.3.2, 2308 3, 4035 3.1, 4592, 5155 7.2, 6672.
#ifndef SPILLWAY_DNS_ZONE_ZONE_H_
#define SPILLWAY_DNS_ZONE_ZONE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/flat_index.h"
#include "dns/wire/name.h"
#include "dns/wire/types.h"
#include "dns/zone/denial.h"

namespace spillway::dns {

// `rdata_size` octets at `rdata_offset` of the zone's bytes: per record a 16-bit length (network
// order) and the data, its names uncompressed.
struct RrSet {
  RrType type = RrType::kA;
  RrType covered =
      RrType{0};  // RRSIG: of which type; signatures of each type are a set of their own
  uint16_t count = 0;
  uint32_t ttl_s = 0;
  uint32_t rdata_offset = 0;
  uint32_t rdata_size = 0;
};

struct ZoneNode {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t set_first = 0;
  uint16_t set_count = 0;
  bool steered = false;       // the policy answers A, AAAA or CNAME here
  uint32_t wildcard = kNone;  // the node `*` below this one
  uint32_t cut = kNone;       // nearest zone cut at or above
  uint32_t redirect = kNone;  // nearest DNAME owner at or above, unless a cut comes first
  uint32_t name_offset = 0;   // of the owner in the zone's bytes
  uint8_t name_size = 0;
};

struct ZoneMatch {
  enum class Kind : uint8_t { kExact, kWildcard, kReferral, kRedirect, kNoName };
  Kind kind = Kind::kNoName;
  // kExact: the name's; kWildcard: the `*`; kReferral: the cut; kRedirect: the DNAME's owner;
  // kNoName: the closest encloser.
  const ZoneNode* node = nullptr;
};

class Zone {
 public:
  Zone(const Zone&) = delete;  // points into itself
  Zone& operator=(const Zone&) = delete;

  absl::string_view apex() const { return owner(*apex_node_); }
  const ZoneNode& apex_node() const { return *apex_node_; }
  const RrSet& soa() const { return *soa_; }
  const RrSet& ns() const { return *ns_; }
  // RFC 2308 5: TTL of the SOA in negative answers, min(SOA TTL, MINIMUM).
  uint32_t negative_ttl_s() const { return negative_ttl_s_; }
  size_t rr_set_count() const { return sets_.size(); }
  // Signed before we were given it: the SOA has an RRSIG.
  bool is_signed() const { return !denial_.empty(); }
  const Denial& denial() const { return denial_; }
  // When the first of its signatures ends (RFC 4034 3.1.5, read as seconds up to 2106); never when
  // it has none.
  absl::Time signatures_end() const { return signatures_end_; }
  // Of a proof's index.
  const ZoneNode& node(uint32_t index) const { return nodes_[index]; }

  // Requires a folded wire name at or below apex(). O(1) when it exists, else O(labels) look-ups.
  ZoneMatch Find(absl::string_view name) const;
  // The node of exactly this name, whatever stands above it (glue is found this way); or null.
  const ZoneNode* FindNode(absl::string_view name) const;

  // All of them, in no order.
  absl::Span<const ZoneNode> nodes() const { return nodes_; }
  absl::Span<const RrSet> sets(const ZoneNode& node) const {
    return absl::MakeConstSpan(sets_).subspan(node.set_first, node.set_count);
  }
  // Null when the node has no such type.
  const RrSet* FindSet(const ZoneNode& node, RrType type) const {
    for (const RrSet& set : sets(node)) {
      if (set.type == type) return &set;
    }
    return nullptr;
  }
  // The RRSIG records of `type` at the node, or null.
  const RrSet* FindSignatures(const ZoneNode& node, RrType type) const {
    for (const RrSet& set : sets(node)) {
      if (set.type == RrType::kRrsig && set.covered == type) return &set;
    }
    return nullptr;
  }
  absl::string_view owner(const ZoneNode& node) const {
    return absl::string_view(bytes_).substr(node.name_offset, node.name_size);
  }
  absl::string_view rdata(const RrSet& set) const {
    return absl::string_view(bytes_).substr(set.rdata_offset, set.rdata_size);
  }
  // Calls f(node, set) for every RRset, in no order.
  template <typename F>
  void ForEachSet(F f) const {
    for (const ZoneNode& node : nodes_) {
      for (const RrSet& set : sets(node)) f(node, set);
    }
  }

 private:
  friend class ZoneBuilder;
  Zone() = default;
  auto OwnerOf() const {
    return [this](uint32_t node) { return owner(nodes_[node]); };
  }

  std::string bytes_;
  std::vector<ZoneNode> nodes_;
  std::vector<RrSet> sets_;
  FlatIndex index_;  // owner -> nodes_
  const ZoneNode* apex_node_ = nullptr;
  const RrSet* soa_ = nullptr;
  const RrSet* ns_ = nullptr;
  uint32_t negative_ttl_s_ = 0;
  Denial denial_;
  absl::Time signatures_end_ = absl::InfiniteFuture();
};

// Splits the data of an RRset into records: `for (RdataCursor c(zone.rdata(set)); !c.done();
// c.Next())`.
class RdataCursor {
 public:
  explicit RdataCursor(absl::string_view rdata) : rest_(rdata) {}
  bool done() const { return rest_.empty(); }
  absl::string_view data() const { return rest_.substr(2, size()); }
  void Next() { rest_.remove_prefix(2 + size()); }

 private:
  size_t size() const {
    return static_cast<size_t>(static_cast<uint8_t>(rest_[0])) << 8 |
           static_cast<uint8_t>(rest_[1]);
  }
  absl::string_view rest_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_ZONE_H_
