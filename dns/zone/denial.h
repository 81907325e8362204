// dns/zone/denial.h -- the chain of NSEC or NSEC3 records of a pre-signed zone: which of them prove
// that something is not there.
//
//   NSEC:  example. ─► a.example. ─► ns1.example. ─► (example.)    by canonical name (RFC 4034 6.1)
//   NSEC3: 0p9m.. ───► 2t7b.. ─────► 2vpt.. ───────► (0p9m..)      by SHA-1 of the names
//
// A record matches the name that is its owner; it covers those between its owner and the next.
//
// why: both kinds are one sorted list of octet strings; only how a name becomes one differs, and
//      which records make a proof.
// cost: a binary search per record; with NSEC3 a hash of 1 + iterations SHA-1 more.
// limits: NSEC3 of algorithm 1 with at most kNsec3IterationsMax iterations: each costs every
//         question for a name that is not there, and validators take fewer and fewer (RFC 9276).
// thread safety: immutable once built.
// references: RFC 4035 3.1.3 and B, 5155 7.2, 9276.
#ifndef SPILLWAY_DNS_ZONE_DENIAL_H_
#define SPILLWAY_DNS_ZONE_DENIAL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dns/wire/name.h"
#include "dns/wire/types.h"

namespace spillway::dns {

inline constexpr unsigned kNsec3IterationsMax = 150;

// How the zone's NSEC3 records hash names (RFC 5155 3.1).
struct Nsec3Parameters {
  uint16_t iterations = 0;
  std::string salt;

  // From the data of an NSEC3 or NSEC3PARAM record (ALGORITHM, FLAGS, ITERATIONS, SALT; whatever
  // follows is not read). False for another algorithm or data cut short.
  [[nodiscard]] bool Read(absl::string_view rdata);
  friend bool operator==(const Nsec3Parameters& a, const Nsec3Parameters& b) {
    return a.iterations == b.iterations && a.salt == b.salt;
  }
};

// The records of a proof, each once, as indexes of the zone's nodes.
class Proof {
 public:
  // Closest encloser, next closer name and wildcard (RFC 5155 7.2.2).
  static constexpr size_t kSizeMax = 3;

  void Add(uint32_t node) {
    for (uint32_t other : *this) {
      if (other == node) return;
    }
    if (size_ < kSizeMax) nodes_[size_++] = node;
  }
  const uint32_t* begin() const { return nodes_.data(); }
  const uint32_t* end() const { return nodes_.data() + size_; }

 private:
  std::array<uint32_t, kSizeMax> nodes_{};
  size_t size_ = 0;
};

class Denial {
 public:
  Denial() = default;  // not signed: nothing can be proven
  explicit Denial(const Nsec3Parameters* nsec3) : hashed_(nsec3 != nullptr) {
    if (nsec3 != nullptr) parameters_ = *nsec3;
  }

  // While building: a record at `owner` (folded) in node `node`; false when `owner` is no hash and
  // should be. Sort before the first question.
  [[nodiscard]] bool AddLink(absl::string_view owner, uint32_t node);
  void Sort();

  bool empty() const { return links_.empty(); }
  // NSEC or NSEC3.
  RrType type() const { return hashed_ ? RrType::kNsec3 : RrType::kNsec; }
  // True when a record stands exactly at `name`.
  bool Matches(absl::string_view name) const;

  // Below: not empty(); names are folded wire names in the zone; `encloser` is the closest one that
  // exists. RFC 4035 3.1.3.2 / 5155 7.2.2: `name` does not exist, nor the wildcard that could stand
  // for it.
  Proof NoName(absl::string_view name, absl::string_view encloser) const;
  // RFC 4035 3.1.3.1 / 5155 7.2.3, 7.2.4: `name`, which exists, does not have the type. Where an
  // opted-out delegation has no record: that it has none.
  Proof NoData(absl::string_view name) const;
  // RFC 4035 3.1.3.4 / 5155 7.2.5: the wildcard below `encloser` stands for `name` and does not
  // have the type.
  Proof NoDataAtWildcard(absl::string_view name, absl::string_view encloser) const;
  // RFC 4035 3.1.3.3 / 5155 7.2.6: nothing is closer to `name` than the wildcard below `encloser`.
  Proof NothingCloser(absl::string_view name, absl::string_view encloser) const;

 private:
  struct Link {
    std::string key;
    uint32_t node = 0;
  };
  using Keys = std::array<uint8_t, 2 * kNameSizeMax>;

  // What `name` is sorted by, written into `keys`.
  absl::string_view KeyOf(absl::string_view name, Keys* keys) const;
  // The last link at or before `name`, around the end of the zone.
  const Link& Before(absl::string_view name, bool* matches) const;
  void Cover(absl::string_view name, Proof* proof) const;
  // That `name` is not there; returns the encloser this was proven with.
  absl::string_view CoverName(absl::string_view name, absl::string_view encloser,
                              Proof* proof) const;

  bool hashed_ = false;
  Nsec3Parameters parameters_;
  std::vector<Link> links_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_DENIAL_H_
