// steering/geo/runs.h -- the whole address space cut into runs of equal value, and laying cuts over
// each other.
//
//   key    0          a          b               c                max
//          |----------|----------|---------------|----------------|
//   value       0          7            3                0
//
// why: databases, ASNs and policy prefixes all become this one form; zipping them is one sweep, and
//      nested prefixes are de-aggregated by construction (RFC 7871 7.2.1).
// units: Key is uint32_t for IPv4, absl::uint128 for IPv6, host order.
// invariants: (1) not empty, the first run starts at 0; (2) starts rise strictly; (3) neighbours
//      differ in value. Append and Zip keep them.
#ifndef SPILLWAY_STEERING_GEO_RUNS_H_
#define SPILLWAY_STEERING_GEO_RUNS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/numeric/int128.h"
#include "base/ip.h"

namespace spillway::geo {

template <typename Key>
struct Run {
  Key start;
  uint32_t value;
  friend bool operator==(const Run&, const Run&) = default;
};

template <typename Key>
using Runs = std::vector<Run<Key>>;

template <typename Key>
inline constexpr int kKeyBits = sizeof(Key) * 8;

template <typename Key>
Key KeyOf(const IpAddress& a) {
  if constexpr (sizeof(Key) == 4) {
    return a.v4_host_order();
  } else {
    return absl::MakeUint128(a.high64(), a.low64());
  }
}

inline IpAddress AddressOf(uint32_t key) { return IpAddress::V4(key); }
inline IpAddress AddressOf(absl::uint128 key) {
  uint8_t bytes[16];
  for (int i = 0; i < 16; ++i) bytes[i] = static_cast<uint8_t>(key >> (120 - 8 * i));
  return IpAddress::V6Bytes(bytes);
}

// Last key of the prefix that starts at `first`.
template <typename Key>
Key LastKey(Key first, int bits) {
  return bits == 0 ? std::numeric_limits<Key>::max()
                   : first + ((Key{1} << (kKeyBits<Key> - bits)) - 1);
}

// Continues with `value` from `start` on. Requires `start` above the last run's, or 0 when empty.
template <typename Key>
void Append(Runs<Key>& runs, Key start, uint32_t value) {
  if (runs.empty() || runs.back().value != value) runs.push_back({start, value});
}

// Lays N cuts over each other. `combine(std::array<uint32_t, N> values, Key first, Key last)` is
// called once per piece, in order, and gives the piece's value.
template <typename Key, size_t N, typename Combine>
Runs<Key> Zip(const std::array<const Runs<Key>*, N>& inputs, Combine combine) {
  constexpr Key kMax = std::numeric_limits<Key>::max();
  Runs<Key> out;
  std::array<size_t, N> at{};
  for (Key first = 0;;) {
    std::array<uint32_t, N> values;
    Key last = kMax;
    for (size_t i = 0; i < N; ++i) {
      const Runs<Key>& runs = *inputs[i];
      values[i] = runs[at[i]].value;
      if (at[i] + 1 < runs.size()) last = std::min<Key>(last, runs[at[i] + 1].start - 1);
    }
    Append(out, first, combine(values, first, last));
    if (last == kMax) return out;
    first = last + 1;
    for (size_t i = 0; i < N; ++i) {
      const Runs<Key>& runs = *inputs[i];
      if (at[i] + 1 < runs.size() && runs[at[i] + 1].start == first) ++at[i];
    }
  }
}

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_RUNS_H_
