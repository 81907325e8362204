// dns/transfer/zone_copy.h -- one zone as secondaries get it, and how it came from earlier ones.
//
//   Zone (records) ──────────┐
//   steered names ─ policy ──┼─► ZoneCopy ── CopyCursor: every record but the SOA
//   the copy before ─ deltas ┘       └────── DeltasSince(serial): what changed since (RFC 1995)
//
// A secondary cannot steer. At a steered name it gets what the zone file has there, if that holds
// addresses; else the fallback set: the addresses of all candidates, cheapest preference first, at
// most kFallbackMax of a family, or, where answers are CNAMEs, the CNAME of the heaviest candidate.
// Names given as patterns are not in the copy: they cannot be listed.
// limits: the deltas kept are together no larger than the copy: beyond that a whole transfer is
//         shorter. A serial that does not rise, or content that changed under the same serial, ends
//         the history.
// thread safety: immutable once made.
#ifndef SPILLWAY_DNS_TRANSFER_ZONE_COPY_H_
#define SPILLWAY_DNS_TRANSFER_ZONE_COPY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dns/wire/types.h"
#include "dns/zone/zone.h"
#include "steering/model/policy.h"

namespace spillway::dns {

// 32 AAAA records are 896 octets with their owner compressed: an answer that fits UDP.
inline constexpr size_t kFallbackMax = 32;

// True when `a` is newer than `b` (RFC 1982 3.2).
constexpr bool SerialIsNewer(uint32_t a, uint32_t b) {
  return a != b && static_cast<int32_t>(a - b) > 0;
}
// Of an SOA's data in wire form.
uint32_t SerialOf(absl::string_view soa_rdata);

// Views of a record; valid as long as what it came from.
struct RecordView {
  absl::string_view owner;
  RrType type = RrType::kA;
  uint32_t ttl_s = 0;
  absl::string_view rdata;
};

struct OwnedRecord {
  std::string owner;
  RrType type = RrType::kA;
  uint32_t ttl_s = 0;
  std::string rdata;
  RecordView view() const { return {owner, type, ttl_s, rdata}; }
};

// From one serial to the next; SOA records apart.
struct ZoneDelta {
  OwnedRecord old_soa;
  OwnedRecord new_soa;
  std::vector<OwnedRecord> removed;
  std::vector<OwnedRecord> added;
  size_t octets = 0;
};

// Folded wire names of the policy's exact names.
using SteeredServices = absl::flat_hash_map<std::string, const Service*>;
SteeredServices SteeredServicesOf(const Policy& policy);

class ZoneCopy {
 public:
  // `previous` is the copy of the same apex that was served until now, or null. `steered` and
  // `policy` are used during the call only.
  static std::shared_ptr<const ZoneCopy> Make(std::shared_ptr<const Zone> zone,
                                              const Policy& policy, const SteeredServices& steered,
                                              const ZoneCopy* previous);

  const Zone& zone() const { return *zone_; }
  RecordView soa() const;
  uint32_t serial() const { return serial_; }
  // Equal when the records are, the SOA apart.
  uint64_t content_hash() const { return content_hash_; }
  // Names, types and data of all records: about what a transfer takes.
  size_t octets() const { return octets_; }
  absl::Span<const OwnedRecord> fallback() const { return fallback_; }

  // The deltas that lead from `serial` to this copy, oldest first; empty when there are none.
  absl::Span<const std::shared_ptr<const ZoneDelta>> DeltasSince(uint32_t serial) const;

 private:
  ZoneCopy() = default;
  void AddFallback(const ZoneNode& node, const Policy& policy, const Service& service);
  void KeepHistory(const ZoneCopy& previous);

  std::shared_ptr<const Zone> zone_;
  std::vector<OwnedRecord> fallback_;
  std::vector<std::shared_ptr<const ZoneDelta>> history_;  // oldest first
  uint32_t serial_ = 0;
  uint64_t content_hash_ = 0;
  size_t octets_ = 0;
};

// Walks every record of a copy but the SOA, in no order.
class CopyCursor {
 public:
  // `copy` outlives the cursor.
  explicit CopyCursor(const ZoneCopy& copy);
  bool done() const { return done_; }
  const RecordView& record() const { return record_; }
  void Next();

 private:
  void Settle();

  const ZoneCopy* copy_;
  size_t node_ = 0;
  size_t set_ = 0;
  absl::string_view rest_;  // of the set's data, from the current record on
  bool in_set_ = false;
  size_t fallback_ = 0;
  bool done_ = false;
  RecordView record_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_ZONE_COPY_H_
