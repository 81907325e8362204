// dns/zone/zone_set.h -- all zones of a server: the longest matching one answers.
//
//   "a.b.example." ── sizes in use: {9, 11} octets ──► try "b.example." then "example."
//
// thread safety: immutable once created; shared through SnapshotCell<ZoneSet>. Zones are shared
//                between sets, so a set with one zone changed costs one zone.
#ifndef SPILLWAY_DNS_ZONE_ZONE_SET_H_
#define SPILLWAY_DNS_ZONE_ZONE_SET_H_

#include <bitset>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/flat_index.h"
#include "dns/wire/name.h"
#include "dns/zone/zone.h"

namespace spillway::dns {

// SOA and NS of steered names that no zone holds; each becomes a zone of its own.
struct ImplicitZoneSpec {
  std::vector<Name> nameservers;  // empty = such names are an error
  Name contact;                   // mailbox in the SOA
};

class ZoneSet {
 public:
  ZoneSet() = default;  // no zones: everything is refused

  // Every `*.zone` of the directory or none of them: all faults of all files come back together,
  // one `file:line: what` per line.
  static absl::StatusOr<ZoneSet> Load(const std::string& directory);
  // Two zones of one name are an error.
  static absl::StatusOr<ZoneSet> Create(std::vector<std::shared_ptr<const Zone>> zones);

  // This set with the policy's names in it: those at or below a zone become steered nodes there,
  // the others, and those their zone delegates without DS, get a zone of their own by `spec`. `serial` goes into those zones' SOA. Call it on a
  // set without steered names.
  absl::StatusOr<ZoneSet> WithSteered(absl::Span<const Name> names, const ImplicitZoneSpec& spec,
                                      uint32_t serial) const;

  // The zone with the longest apex at or above `name` (a folded wire name), or null.
  const Zone* Find(absl::string_view name) const;
  size_t size() const { return zones_.size(); }
  absl::Span<const std::shared_ptr<const Zone>> zones() const { return zones_; }

 private:
  auto ApexOf() const {
    return [this](uint32_t zone) { return zones_[zone]->apex(); };
  }

  std::vector<std::shared_ptr<const Zone>> zones_;
  FlatIndex by_apex_;                    // -> zones_
  std::bitset<kNameSizeMax + 1> sizes_;  // of the apexes; most names end in one or two of these
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_ZONE_SET_H_
