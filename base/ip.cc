#include "base/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

uint64_t LoadBig64(const uint8_t* p) {
  uint64_t v = 0;
  for (int i = 0; i < 8; ++i) v = v << 8 | p[i];
  return v;
}

// SimpleAtoi accepts signs and spaces; addresses do not.
std::optional<int> ParseDecimal(absl::string_view text, int max) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > max || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return value;
}

}  // namespace

IpAddress IpAddress::V4(uint32_t host_order) {
  const uint8_t b[4] = {static_cast<uint8_t>(host_order >> 24),
                        static_cast<uint8_t>(host_order >> 16),
                        static_cast<uint8_t>(host_order >> 8), static_cast<uint8_t>(host_order)};
  return V4Bytes(b);
}

IpAddress IpAddress::V4Bytes(const uint8_t bytes[4]) {
  IpAddress a;
  std::memcpy(a.bytes_.data(), bytes, 4);
  return a;
}

IpAddress IpAddress::V6Bytes(const uint8_t bytes[16]) {
  IpAddress a;
  a.family_ = IpFamily::kV6;
  std::memcpy(a.bytes_.data(), bytes, 16);
  return a;
}

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof(buffer)) return std::nullopt;
  if (text.find('\0') != absl::string_view::npos)
    return std::nullopt;  // inet_pton would stop there
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  uint8_t bytes[16];
  if (inet_pton(AF_INET, buffer, bytes) == 1) return V4Bytes(bytes);
  if (inet_pton(AF_INET6, buffer, bytes) == 1) return V6Bytes(bytes);
  return std::nullopt;
}

IpAddress IpAddress::FromSockaddr(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(peer);
    return V4(ntohl(in.sin_addr.s_addr));
  }
  if (peer.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(peer);
    return V6Bytes(in6.sin6_addr.s6_addr).Unmapped();
  }
  return IpAddress();
}

uint32_t IpAddress::v4_host_order() const {
  return static_cast<uint32_t>(LoadBig64(bytes_.data()) >> 32);
}
uint64_t IpAddress::high64() const { return LoadBig64(bytes_.data()); }
uint64_t IpAddress::low64() const { return LoadBig64(bytes_.data() + 8); }

IpAddress IpAddress::Masked(int bits) const {
  IpAddress a = *this;
  bits = std::clamp(bits, 0, bits_max());
  const size_t whole = static_cast<size_t>(bits) / 8;
  if (whole == a.bytes_.size()) return a;
  a.bytes_[whole] &= static_cast<uint8_t>(0xff00 >> bits % 8);
  std::memset(a.bytes_.data() + whole + 1, 0, a.bytes_.size() - whole - 1);
  return a;
}

IpAddress IpAddress::Unmapped() const {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (is_v4() || std::memcmp(bytes_.data(), kMapped, 12) != 0) return *this;
  return V4Bytes(bytes_.data() + 12);
}

std::string IpAddress::ToString() const {
  char buffer[INET6_ADDRSTRLEN];
  return inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof(buffer));
}

socklen_t IpAddress::ToSockaddr(uint16_t port, sockaddr_storage* out) const {
  std::memset(out, 0, sizeof(*out));
  if (is_v4()) {
    auto* in = reinterpret_cast<sockaddr_in*>(out);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    in->sin_addr.s_addr = htonl(v4_host_order());
    return sizeof(*in);
  }
  auto* in6 = reinterpret_cast<sockaddr_in6*>(out);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  std::memcpy(in6->sin6_addr.s6_addr, bytes_.data(), 16);
  return sizeof(*in6);
}

std::optional<IpPrefix> IpPrefix::Parse(absl::string_view text) {
  size_t slash = text.find('/');
  std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  int bits = address->bits_max();
  if (slash != absl::string_view::npos) {
    std::optional<int> parsed = ParseDecimal(text.substr(slash + 1), address->bits_max());
    if (!parsed) return std::nullopt;
    bits = *parsed;
  }
  if (address->Masked(bits) != *address) return std::nullopt;
  return IpPrefix{*address, bits};
}

bool IpPrefix::Contains(const IpAddress& a) const {
  return a.family() == address.family() && a.Masked(bits) == address;
}

std::string IpPrefix::ToString() const { return absl::StrCat(address.ToString(), "/", bits); }

std::optional<Endpoint> Endpoint::Parse(absl::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  std::optional<int> port = ParseDecimal(text.substr(colon + 1), 65535);
  if (!port) return std::nullopt;
  absl::string_view host = text.substr(0, colon);
  std::optional<IpAddress> address;
  if (host == "*") {
    address = IpAddress::Parse("::");
  } else if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    address = IpAddress::Parse(host.substr(1, host.size() - 2));
    if (address && address->is_v4()) return std::nullopt;
  } else {
    address = IpAddress::Parse(host);
    if (address && !address->is_v4()) return std::nullopt;  // "::1:53" is ambiguous
  }
  if (!address) return std::nullopt;
  return Endpoint{*address, static_cast<uint16_t>(*port)};
}

std::string Endpoint::ToString() const {
  return address.is_v4() ? absl::StrCat(address.ToString(), ":", port)
                         : absl::StrCat("[", address.ToString(), "]:", port);
}

}  // namespace spillway
