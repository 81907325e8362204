// dns/zone/zone_builder.h -- from records to a checked Zone: every fault of a zone, with its line.
//
//   records ──Add──► ZoneBuilder ──Build──► Zone, or all faults at once
//
// Refused: no SOA or several, no NS at the apex, records outside the zone, a CNAME beside other
// data (RFC 1034 3.6.2; RRSIG and NSEC may stand there, RFC 4034) or twice, types that are
// questions only; a signed zone whose chain of NSEC or NSEC3 lacks the apex, or hashes names too
// often. Taken: a record given twice counts once (RFC 2181 5); TTLs that differ inside an
// RRset become the lowest (RFC 2181 5.2). thread safety: none.
#ifndef SPILLWAY_DNS_ZONE_ZONE_BUILDER_H_
#define SPILLWAY_DNS_ZONE_ZONE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dns/wire/name.h"
#include "dns/zone/denial.h"
#include "dns/zone/zone.h"

namespace spillway::dns {

struct ZoneRecord {
  Name owner;  // any case
  RrType type = RrType::kA;
  uint32_t ttl_s = 0;
  std::string rdata;  // wire form, names uncompressed
  int line = 0;       // where it began; 0 = nowhere
  int file = 0;       // of those the zone was read from: its own is 0, included ones follow
};

struct ZoneFault {
  int line = 0;
  std::string what;
  int file = 0;
};

class ZoneBuilder {
 public:
  void Add(ZoneRecord record) { records_.push_back(std::move(record)); }
  // Names the policy answers at. They become nodes even when the zone has no record there, so that
  // their parents exist (RFC 8020: an NXDOMAIN above them would deny them).
  void AddSteered(const Name& name) { steered_.push_back(name); }

  // The zone, or null and what is wrong in `faults`, by line. The builder is used up.
  std::unique_ptr<Zone> Build(std::vector<ZoneFault>* faults);

 private:
  bool FindApex();
  void CheckRecords();
  void CheckAlias(absl::Span<const ZoneRecord> node);
  void AppendSet(absl::Span<const ZoneRecord> records);
  void SortSignatures();
  // AddNode returns the node of `name`, a new one if need be; AppendNode one that cannot be found.
  uint32_t AddNode(absl::string_view name);
  uint32_t AppendNode(absl::string_view name);
  void AddNodes();
  void LinkNodes();
  const ZoneRecord* FindNsec3Parameters(Nsec3Parameters* out) const;
  void AddDenial();
  void FindSignaturesEnd();
  // At a record, or at none for what the whole zone lacks.
  void Fault(const ZoneRecord& at, std::string what) {
    faults_->push_back({at.line, std::move(what), at.file});
  }

  std::vector<ZoneRecord> records_;
  std::vector<Name> steered_;
  std::vector<ZoneFault>* faults_ = nullptr;
  Name apex_;
  std::unique_ptr<Zone> zone_;
};

// Rebuilds `zone` with `names` (at or below its apex) as steered nodes. `faults` gets a line 0
// entry for a name the zone cannot give away: one with a CNAME, or at or below a cut or DNAME; and
// for every name when the zone is signed.
std::unique_ptr<Zone> WithSteeredNames(const Zone& zone, absl::Span<const Name> names,
                                       std::vector<ZoneFault>* faults);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_ZONE_BUILDER_H_
