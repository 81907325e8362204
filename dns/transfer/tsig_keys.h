// dns/transfer/tsig_keys.h -- the shared secrets that messages are signed with, read from a file.
//
//   # name             algorithm    secret, base64
//   xfr.example.com.   hmac-sha256  hYjq...=
//
// why a file and not the policy: policies are reviewed and kept in repositories, secrets are not.
// thread safety: immutable once made; sessions keep the key they need.
// references: RFC 8945 6 (algorithms; MD5 and SHA-224 are left out: nobody needs to begin with
// them).
#ifndef SPILLWAY_DNS_TRANSFER_TSIG_KEYS_H_
#define SPILLWAY_DNS_TRANSFER_TSIG_KEYS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dns/wire/name.h"

namespace spillway::dns {

enum class TsigAlgorithm : uint8_t { kSha1, kSha256, kSha384, kSha512 };
inline constexpr size_t kMacSizeMax = 64;  // HMAC-SHA-512

// A MAC of up to kMacSizeMax octets.
struct TsigMac {
  std::array<uint8_t, kMacSizeMax> octets{};
  size_t size = 0;
  absl::Span<const uint8_t> span() const { return absl::MakeConstSpan(octets).first(size); }
};

struct TsigKey {
  Name name;       // folded
  Name algorithm;  // its name on the wire, folded
  TsigAlgorithm kind = TsigAlgorithm::kSha256;
  std::string secret;

  size_t mac_size() const;
  TsigMac Mac(absl::string_view bytes) const;
};

class TsigKeys {
 public:
  // `file` is what errors call the text. All faults at once, one `file:line: what` per line; no
  // secret is repeated in them.
  static absl::StatusOr<TsigKeys> Parse(absl::string_view text, absl::string_view file);

  // Null when there is none. Requires a folded name.
  std::shared_ptr<const TsigKey> Find(const Name& name) const;
  size_t size() const { return keys_.size(); }

 private:
  std::vector<std::shared_ptr<const TsigKey>> keys_;  // a handful
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_TRANSFER_TSIG_KEYS_H_
