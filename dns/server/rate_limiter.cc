#include "dns/server/rate_limiter.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace spillway::dns {
namespace {

// Answers that look alike to a victim share a bucket; refusals of every kind are one class.
uint64_t ClassOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswer:
    case Outcome::kNoData:
    case Outcome::kNxDomain:
    case Outcome::kReferral:
      return static_cast<uint64_t>(outcome);
    default:
      return static_cast<uint64_t>(Outcome::kRefused);
  }
}

uint64_t KeyOf(const IpAddress& peer, const RateLimits& limits, Outcome outcome) {
  const IpAddress prefix = peer.Masked(peer.is_v4() ? limits.v4_bits : limits.v6_bits);
  std::array<uint64_t, 2> words{};
  std::memcpy(words.data(), prefix.data(), static_cast<size_t>(prefix.size()));
  const uint64_t kind = ClassOf(outcome) << 1 | static_cast<uint64_t>(peer.is_v4());
  return CombineHash(CombineHash(kind, words[0]), words[1]);
}

size_t LineCount(const RateLimits& limits, size_t ways) {
  if (limits.per_second == 0) return 0;
  size_t lines = 1;
  while (lines * ways < limits.buckets) lines *= 2;
  return lines;
}

}  // namespace

RateLimiter::RateLimiter(const RateLimits& limits)
    : limits_(limits), lines_(LineCount(limits, kWays)) {}

// The bucket of `key`; a fresh one takes the place of the one unused for longest.
RateLimiter::Bucket& RateLimiter::Find(uint64_t key, uint16_t second) {
  Line& line = lines_[key & (lines_.size() - 1)];
  const auto tag = static_cast<uint32_t>(key >> 32);
  Bucket* oldest = &line[0];
  auto age = [second](const Bucket& b) { return static_cast<uint16_t>(second - b.second); };
  for (Bucket& bucket : line) {
    if (bucket.tag == tag) return bucket;
    if (age(bucket) > age(*oldest) ||
        (age(bucket) == age(*oldest) && bucket.given < oldest->given)) {
      oldest = &bucket;
    }
  }
  *oldest = {.tag = tag, .second = second, .given = 0};
  return *oldest;
}

RateLimiter::Verdict RateLimiter::Judge(const IpAddress& peer, Outcome outcome, uint32_t unix_s) {
  const auto second = static_cast<uint16_t>(unix_s);
  Bucket& bucket = Find(KeyOf(peer, limits_, outcome), second);
  const auto passed = static_cast<uint16_t>(second - bucket.second);
  // Never more than the rate is owed, so one second pays it all.
  if (passed > 0) bucket.given = 0;
  bucket.second = second;
  if (bucket.given < limits_.per_second) {
    ++bucket.given;
    return Verdict::kSend;
  }
  ++over_;
  return limits_.slip != 0 && over_ % limits_.slip == 0 ? Verdict::kSlip : Verdict::kDrop;
}

}  // namespace spillway::dns
