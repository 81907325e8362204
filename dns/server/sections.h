// dns/server/sections.h -- writes RRsets into the sections of one reply, whole or not at all.
//
// invariants: (1) an RRset that does not fit leaves the message as it was (RFC 2181 9); (2) names
// are compressed only inside the types RFC 3597 4 allows; (3) counts() is what stands in the
// message.
// thread safety: a value on one worker's stack.
#ifndef SPILLWAY_DNS_SERVER_SECTIONS_H_
#define SPILLWAY_DNS_SERVER_SECTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/ip.h"
#include "dns/wire/types.h"
#include "dns/wire/writer.h"
#include "dns/zone/zone.h"

namespace spillway::dns {

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

class Sections {
 public:
  // `question` is the folded QNAME that stands at kHeaderSize of the message.
  Sections(Writer* writer, absl::string_view question) : writer_(*writer), question_(question) {
    if (!question.empty()) writer_.Remember(kHeaderSize, question);
  }

  // All of these return false, with nothing written, when there is no room. `owner` is a wire name.
  // `signatures`, the RRSIG set of `set` or null, comes along with the same TTL (RFC 4034 3).
  [[nodiscard]] bool Add(Section section, absl::string_view owner, const Zone& zone,
                         const RrSet& set, uint32_t ttl_s, const RrSet* signatures = nullptr);
  // One record made here; `rdata` is in wire form, a single name when `type` is an alias.
  [[nodiscard]] bool AddRecord(Section section, absl::string_view owner, RrType type,
                               uint32_t ttl_s, absl::string_view rdata,
                               RrClass rr_class = RrClass::kIn);
  // A or AAAA records, all of one family; none is an error of the caller.
  [[nodiscard]] bool AddAddresses(absl::string_view owner, absl::Span<const IpAddress> addresses,
                                  uint32_t ttl_s);

  // True when a CNAME of `owner` stands in the answer section. O(answer section).
  bool HasAlias(absl::string_view owner) const;

  // Forgets what was counted; the caller takes the writer back to the end of the question.
  void Clear() { counts_ = {}; }

  uint16_t count(Section section) const { return counts_[static_cast<size_t>(section)]; }

 private:
  void Record(absl::string_view owner, RrType type, uint32_t ttl_s, absl::string_view rdata,
              RrClass rr_class = RrClass::kIn);
  void Data(RrType type, absl::string_view rdata);
  // Keeps what was written since `mark` as `count` records of `section`, or takes it back.
  bool Close(Section section, const Writer::Mark& mark, size_t count);

  Writer& writer_;
  absl::string_view question_;
  std::array<uint16_t, 3> counts_{};
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_SECTIONS_H_
