// steering/resolvers/doorkeeper.h -- has this key been here before? A pair of Bloom filters.
//
//   young ◄─ insert      old: what young held before the last turn      known = in either
//
// why: most sources ask once; remembering that costs two bits instead of a place in the table.
// A generation is turned when it is kAgeMax old or a quarter of its bits may be set (6 % are then
// mistaken for known), so a flood of new keys shortens the memory and never grows it.
// limits: 1 MiB. thread safety: one thread's.
#ifndef SPILLWAY_STEERING_RESOLVERS_DOORKEEPER_H_
#define SPILLWAY_STEERING_RESOLVERS_DOORKEEPER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace spillway {

class Doorkeeper {
 public:
  static constexpr size_t kBits = size_t{1} << 22;
  static constexpr size_t kKeysMax = kBits / 8;   // two bits each
  static constexpr uint32_t kAgeMaxMs = 300'000;  // ten TTLs of 30 s

  // True when `key` (well mixed) was seen in this generation or the one before; it is from now on.
  bool Seen(uint64_t key, uint32_t now_ms) {
    if (keys_ >= kKeysMax || now_ms - turned_ms_ > kAgeMaxMs) Turn(now_ms);
    const std::array<size_t, 2> bits = {key % kBits, (key >> 32) % kBits};
    const bool young = Test(young_, bits[0]) && Test(young_, bits[1]);
    const bool old = Test(old_, bits[0]) && Test(old_, bits[1]);
    if (!young) {
      for (size_t bit : bits) young_[bit / 64] |= uint64_t{1} << bit % 64;
      ++keys_;
    }
    return young || old;
  }

 private:
  using Bits = std::vector<uint64_t>;
  static bool Test(const Bits& bits, size_t i) { return bits[i / 64] >> i % 64 & 1; }
  void Turn(uint32_t now_ms) {
    std::swap(young_, old_);
    young_.assign(kBits / 64, 0);
    keys_ = 0;
    turned_ms_ = now_ms;
  }

  Bits young_ = Bits(kBits / 64);
  Bits old_ = Bits(kBits / 64);
  size_t keys_ = 0;
  uint32_t turned_ms_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_RESOLVERS_DOORKEEPER_H_
