// base/hash.h -- hashes whose values may leave the process (absl::Hash is seeded anew each run).
//
// Mix64 is for tables and cells: fast, stable across nodes and versions, not secret.
// SipHash24 is keyed: for anything a stranger could attack or that proves where a value came from.
// references: SplitMix64 finaliser (Steele et al. 2014); SipHash (Aumasson, Bernstein 2012).
#ifndef SPILLWAY_BASE_HASH_H_
#define SPILLWAY_BASE_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace spillway {

constexpr uint64_t Mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr uint64_t CombineHash(uint64_t seed, uint64_t value) { return Mix64(seed ^ Mix64(value)); }

// Stable hash of bytes: not keyed, for versions and cells.
uint64_t StableHash(absl::string_view bytes, uint64_t seed = 0);

using SipKey = std::array<uint8_t, 16>;
uint64_t SipHash24(const SipKey& key, const uint8_t* data, size_t size);

// True when equal; time depends on the sizes only, never on where the first difference is.
bool EqualConstantTime(absl::string_view a, absl::string_view b);

}  // namespace spillway

#endif  // SPILLWAY_BASE_HASH_H_
