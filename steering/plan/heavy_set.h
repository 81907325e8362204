// steering/plan/heavy_set.h -- the resolvers whose one cached answer is worth more than one cell.
//
//   ResolverHash(address) ──► [ h | 0 | h | h | 0 | ... ]    open addressing, linear probes
//
// why: every client behind a resolver that sends no ECS gets what the resolver was told, so a fixed
//      cell would send all of them to one target; Decide gives such a resolver cells in turn.
// invariants: (1) at most kSizeMax members; (2) at most half of the places are taken, so that a
// look-up, found or not, is a probe or two.
// thread safety: immutable after construction; a Plan shares it.
#ifndef SPILLWAY_STEERING_PLAN_HEAVY_SET_H_
#define SPILLWAY_STEERING_PLAN_HEAVY_SET_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "base/hash.h"
#include "base/ip.h"

namespace spillway {

// Which resolver asks: the whole IPv4 address, the /64 of an IPv6 one (one link, RFC 4291 2.5.4:
// the hosts of a farm and the random source addresses of one host are in it). Never 0.
inline uint64_t ResolverHash(const IpAddress& peer) {
  return Mix64(peer.high64() ^ static_cast<uint64_t>(peer.family())) | 1;
}

class HeavySet {
 public:
  // 4,096: 25,000 resolvers make 95 % of the demand of the world and 1,800 make half of it
  // (End-User Mapping, SIGCOMM 2015); the set is 64 KiB then and stays in a core's second cache.
  static constexpr size_t kSizeMax = 4096;

  HeavySet() : HeavySet(absl::Span<const uint64_t>()) {}
  // Of ResolverHash() values, the most important first: those beyond kSizeMax are left out.
  explicit HeavySet(absl::Span<const uint64_t> resolvers) {
    if (resolvers.size() > kSizeMax) resolvers = resolvers.first(kSizeMax);
    places_.resize(std::bit_ceil(2 * resolvers.size() + 2));
    for (const uint64_t resolver : resolvers) {
      uint64_t& place = places_[Find(resolver)];
      size_ += place == 0;
      place = resolver;
    }
  }

  bool Contains(uint64_t resolver) const { return places_[Find(resolver)] != 0; }
  size_t size() const { return size_; }
  // In no order that means anything.
  std::vector<uint64_t> members() const {
    std::vector<uint64_t> all;
    all.reserve(size_);
    for (const uint64_t place : places_) {
      if (place != 0) all.push_back(place);
    }
    return all;
  }

 private:
  // Where `resolver` is, or the free place where it would be.
  size_t Find(uint64_t resolver) const {
    const size_t mask = places_.size() - 1;
    size_t at = static_cast<size_t>(resolver >> 20) & mask;
    while (places_[at] != 0 && places_[at] != resolver) at = (at + 1) & mask;
    return at;
  }

  std::vector<uint64_t> places_;  // 0 = free
  size_t size_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLAN_HEAVY_SET_H_
