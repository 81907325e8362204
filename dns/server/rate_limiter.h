// dns/server/rate_limiter.h -- no client prefix gets more than so many UDP answers of a class per
// second from one worker.
//
//   hash(prefix, class) ─► line of 8 buckets { tag 32 | second 16 | given 16 } = 64 octets
//     next second: given = 0     given < rate: send, and given rises
//     else: every slip-th reply goes out empty with TC, the others not at all
//
// why: whoever forges a victim's address gets at most `rate` answers a second sent there, while a
//      real client behind it is told by TC to come by TCP, or with a cookie, which are not limited.
// Classes, because a flood of names that do not exist must not cost a prefix its real answers.
// invariants: (1) memory is what the constructor took; (2) a prefix and class get at most
// rate x (t + 1) answers in t seconds, unless seven busier ones share its line and push it out.
// thread safety: one worker's. The kernel keeps a client's address and port with one worker, so a
// prefix with many ports may get the rate from each of them.
#ifndef SPILLWAY_DNS_SERVER_RATE_LIMITER_H_
#define SPILLWAY_DNS_SERVER_RATE_LIMITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "dns/server/counters.h"

namespace spillway::dns {

struct RateLimits {
  uint16_t per_second = 0;  // answers of one class to one prefix; 0 = no limit
  uint8_t slip = 2;         // of so many replies over the rate one goes out empty; 0 = none does
  uint8_t v4_bits = 24;     // the prefix a forger can choose inside (BCP 38 filters by it)
  uint8_t v6_bits = 56;     // what one site is given (RFC 6177 2)
  size_t buckets = 65536;   // 8 octets each; rounded up to a power of two of at least 8
};

class RateLimiter {
 public:
  enum class Verdict : uint8_t { kSend, kSlip, kDrop };

  explicit RateLimiter(const RateLimits& limits);

  bool enabled() const { return limits_.per_second != 0; }
  // Counts one reply to `peer`. Only the change of `unix_s` matters. Requires enabled().
  Verdict Judge(const IpAddress& peer, Outcome outcome, uint32_t unix_s);

 private:
  struct Bucket {
    uint32_t tag = 0;
    uint16_t second = 0;
    uint16_t given = 0;
  };
  static constexpr size_t kWays = 8;
  using Line = std::array<Bucket, kWays>;

  Bucket& Find(uint64_t key, uint16_t second);

  const RateLimits limits_;
  std::vector<Line> lines_;
  uint32_t over_ = 0;  // replies over the rate so far
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_RATE_LIMITER_H_
