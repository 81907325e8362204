#include "base/hash.h"

#include <bit>
#include <cstring>

namespace spillway {
namespace {

static_assert(std::endian::native == std::endian::little, "loads below assume little endian");

uint64_t Load64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

struct SipState {
  uint64_t v0, v1, v2, v3;
  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13);
    v1 ^= v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = std::rotl(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = std::rotl(v1, 17);
    v1 ^= v2;
    v2 = std::rotl(v2, 32);
  }
};

uint64_t LoadTail(const uint8_t* p, size_t size) {
  uint64_t v = 0;
  for (size_t i = 0; i < size; ++i) v |= static_cast<uint64_t>(p[i]) << (8 * i);
  return v;
}

}  // namespace

uint64_t StableHash(absl::string_view bytes, uint64_t seed) {
  const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  // Odd, so that no two seeds meet, and large, so that a seed cannot pass for another size.
  constexpr uint64_t kSpread = 0xd6e8feb86659fd93;
  uint64_t h = Mix64((seed * kSpread) ^ bytes.size());
  for (; left >= 8; left -= 8, p += 8) h = CombineHash(h, Load64(p));
  return left == 0 ? h : CombineHash(h, LoadTail(p, left));
}

uint64_t SipHash24(const SipKey& key, const uint8_t* data, size_t size) {
  const uint64_t k0 = Load64(key.data()), k1 = Load64(key.data() + 8);
  SipState s{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
             k1 ^ 0x7465646279746573};
  const uint8_t* p = data;
  size_t left = size;
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t m = Load64(p);
    s.v3 ^= m;
    s.Round();
    s.Round();
    s.v0 ^= m;
  }
  uint64_t last = (static_cast<uint64_t>(size) << 56) | LoadTail(p, left);
  s.v3 ^= last;
  s.Round();
  s.Round();
  s.v0 ^= last;
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.Round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

bool EqualConstantTime(absl::string_view a, absl::string_view b) {
  uint8_t diff = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    diff |= static_cast<uint8_t>(a[i] ^ (b.empty() ? 0 : b[i % b.size()]));
  }
  return diff == 0;
}

}  // namespace spillway
