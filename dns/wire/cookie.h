// dns/wire/cookie.h -- DNS cookies: proof that who asks can also be reached where it says it is.
//
//   0   CLIENT COOKIE 64   made by the client
//   8   VERSION 8 = 1, RESERVED 24 = 0
//   12  TIMESTAMP 32       seconds since 1970, serial arithmetic
//   16  HASH 64            SipHash-2-4(secret; octets 0..15, client address), little endian
//
// why: nothing is remembered per client, and every server of an anycast set that has the secret
//      takes the others' cookies.
// references: RFC 7873 4, 5.2; RFC 9018 4 (layout), 4.3 (times), 5 (rollover).
#ifndef SPILLWAY_DNS_WIRE_COOKIE_H_
#define SPILLWAY_DNS_WIRE_COOKIE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/hash.h"
#include "base/ip.h"

namespace spillway::dns {

inline constexpr size_t kClientCookieSize = 8;
inline constexpr size_t kFullCookieSize = 24;  // of both parts, as RFC 9018 4 lays them out

// RFC 9018 4.3: taken up to an hour after it was made, and up to 5 minutes before (clocks differ);
// after half an hour a new one goes out with the answer.
inline constexpr int32_t kCookieAgeMax = 3600;
inline constexpr int32_t kCookieAheadMax = 300;
inline constexpr int32_t kCookieRenewAge = 1800;

// RFC 9018 5: a new secret is first put into `other` of all servers, then changes places with the
// old one, which stays in `other` for an hour.
struct CookieSecrets {
  SipKey current{};             // makes cookies, and takes them
  std::optional<SipKey> other;  // only takes them
};

// One secret of 32 hex digits per line, at most two: `current`, then `other`. Empty lines and those
// that begin with '#' do not count.
absl::StatusOr<CookieSecrets> ParseCookieSecrets(absl::string_view text, absl::string_view file);

using Cookie = std::array<uint8_t, kFullCookieSize>;

// The cookie of a client at `peer` whose part is `client` (kClientCookieSize octets).
Cookie MakeCookie(const SipKey& secret, absl::Span<const uint8_t> client, const IpAddress& peer,
                  uint32_t unix_s);

enum class CookieState : uint8_t {
  kAbsent,  // no option
  kClient,  // the client's part alone: a first contact
  kBad,     // a server's part that we did not make, or too old, or from the future
  kValid,   // the client has heard from us at this address
};

struct CookieCheck {
  CookieState state = CookieState::kAbsent;
  Cookie reply;  // what goes back: the client's own while young, else a new one; not when kAbsent
};

// `option` is the content of a COOKIE option of a size RFC 7873 5.2.2 allows. At most three SipHash
// of 20 or 32 octets.
CookieCheck CheckCookie(const CookieSecrets& secrets, absl::Span<const uint8_t> option,
                        const IpAddress& peer, uint32_t unix_s);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_COOKIE_H_
