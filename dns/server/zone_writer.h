// dns/server/zone_writer.h -- sets of zones into a reply: with their signatures when these are
// wanted, with the proofs of what is denied, with the addresses of the hosts they name.
//
//   answer: sets (+ RRSIG) │ authority: SOA or NS, then the proofs │ additional: addresses
//                            Prove() remembers, AddProofs() writes when the answer is complete
//
// thread safety: a value on one worker's stack.
// references: RFC 2181 9, 4035 3.1, 9460 4.1, 9471.
#ifndef SPILLWAY_DNS_SERVER_ZONE_WRITER_H_
#define SPILLWAY_DNS_SERVER_ZONE_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "dns/server/sections.h"
#include "dns/wire/types.h"
#include "dns/zone/denial.h"
#include "dns/zone/zone.h"
#include "dns/zone/zone_set.h"

namespace spillway::dns {

// RFC 1034 sets no number; 8 are asked for by resolvers' habits, and a loop must not fill a
// message: 10 owners of at most 2 records each (DNAME and its CNAME).
inline constexpr int kAliasHopsMax = 9;

class ZoneWriter {
 public:
  // `dnssec_ok`: the question's DO (RFC 3225). Everything is written to `sections`.
  ZoneWriter(bool dnssec_ok, Sections* sections) : dnssec_ok_(dnssec_ok), sections_(*sections) {}

  // True when signatures and proofs of this zone belong into the reply.
  bool Signs(const Zone& zone) const { return dnssec_ok_ && zone.is_signed(); }

  // `set` of `node` under the name `owner`, with its signatures, or false and nothing.
  [[nodiscard]] bool Add(Section section, absl::string_view owner, const Zone& zone,
                         const ZoneNode& node, const RrSet& set, uint32_t ttl_s_max = UINT32_MAX);

  // The records of `proof` are to stand in the authority section, each once. Requires Signs(zone).
  void Prove(const Zone& zone, const Proof& proof);
  // Writes them; false when there is no room for all.
  [[nodiscard]] bool AddProofs();

  // A and AAAA of `node` into the additional section; false when there is no room for both.
  [[nodiscard]] bool AddAddresses(const Zone& zone, const ZoneNode& node);
  // Addresses of the hosts `set` (of the name `owner`) names, as far as `zones` hold them and there
  // is room: left out without a word (RFC 2181 9).
  void AddAdditional(const ZoneSet& zones, const Zone& zone, const RrSet& set,
                     absl::string_view owner);

 private:
  // What one answer can have to prove: for each hop that nothing is closer, and what the last zone
  // denies.
  static constexpr size_t kPendingMax = kAliasHopsMax + 1 + Proof::kSizeMax;
  struct Pending {
    const Zone* zone;
    uint32_t node;
  };

  bool AddSet(const Zone& zone, const ZoneNode& node, RrType type);

  const bool dnssec_ok_;
  Sections& sections_;
  std::array<Pending, kPendingMax> pending_;
  size_t pending_count_ = 0;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_ZONE_WRITER_H_
