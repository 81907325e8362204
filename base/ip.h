// base/ip.h -- IPv4 and IPv6 addresses and prefixes as plain values.
//
// An address is 16 network-order bytes; IPv4 uses the first four. IPv4-mapped IPv6 (::ffff:a.b.c.d)
// is kept as IPv6 by Parse; Unmapped() turns it into IPv4, which listeners do with peers.
#ifndef SPILLWAY_BASE_IP_H_
#define SPILLWAY_BASE_IP_H_

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway {

enum class IpFamily : uint8_t { kV4 = 4, kV6 = 6 };

class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static IpAddress V4(uint32_t host_order) {
    IpAddress a;
    a.Store64(0, uint64_t{host_order} << 32);
    return a;
  }
  static IpAddress V4Bytes(const uint8_t bytes[4]) {
    IpAddress a;
    std::memcpy(a.bytes_.data(), bytes, 4);
    return a;
  }
  static IpAddress V6Bytes(const uint8_t bytes[16]) {
    IpAddress a;
    a.family_ = IpFamily::kV6;
    std::memcpy(a.bytes_.data(), bytes, 16);
    return a;
  }
  static std::optional<IpAddress> Parse(absl::string_view text);
  // Peer of a socket, unmapped. Any family but AF_INET/AF_INET6 gives 0.0.0.0.
  static IpAddress FromSockaddr(const sockaddr_storage& peer);

  constexpr IpFamily family() const { return family_; }
  constexpr bool is_v4() const { return family_ == IpFamily::kV4; }
  constexpr int bits_max() const { return is_v4() ? 32 : 128; }
  constexpr int size() const { return is_v4() ? 4 : 16; }
  constexpr const uint8_t* data() const { return bytes_.data(); }
  uint32_t v4_host_order() const { return static_cast<uint32_t>(high64() >> 32); }  // of IPv4
  // Top and bottom 64 bits in host order; for IPv4 the top 32 bits of high hold the address.
  uint64_t high64() const { return Load64(0); }
  uint64_t low64() const { return Load64(8); }

  // Bits after the first `bits` cleared; `bits` is clamped to bits_max().
  IpAddress Masked(int bits) const {
    bits = std::clamp(bits, 0, bits_max());
    IpAddress masked = *this;
    masked.Store64(0, high64() & Mask64(bits));
    masked.Store64(8, low64() & Mask64(bits - 64));
    return masked;
  }
  IpAddress Unmapped() const;
  std::string ToString() const;
  // Fills `out` for connect/bind; returns its length.
  socklen_t ToSockaddr(uint16_t port, sockaddr_storage* out) const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.family_, a.bytes_);
  }

 private:
  static_assert(std::endian::native == std::endian::little);
  static constexpr uint64_t Mask64(int bits) {
    return bits <= 0 ? 0 : ~uint64_t{0} << (64 - std::min(bits, 64));
  }
  uint64_t Load64(size_t at) const {
    uint64_t value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return __builtin_bswap64(value);
  }
  void Store64(size_t at, uint64_t value) {
    value = __builtin_bswap64(value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }

  IpFamily family_ = IpFamily::kV4;
  std::array<uint8_t, 16> bytes_{};
};

struct IpPrefix {
  IpAddress address;  // masked to `bits`
  int bits = 0;

  // "192.0.2.0/24", "2001:db8::/32", or a bare address (full length). Host bits set are an error.
  static std::optional<IpPrefix> Parse(absl::string_view text);
  bool Contains(const IpAddress& a) const;
  std::string ToString() const;
  friend constexpr auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

bool AnyContains(absl::Span<const IpPrefix> prefixes, const IpAddress& address);

// "127.0.0.1:5300", "[::1]:5300", "*:5300" (IPv6 any, dual stack); port 0 lets the kernel choose.
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  static std::optional<Endpoint> Parse(absl::string_view text);
  // As IpAddress::FromSockaddr; port 0 of other families.
  static Endpoint FromSockaddr(const sockaddr_storage& address);
  std::string ToString() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_IP_H_
