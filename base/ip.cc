#include "base/ip.h"

#include <arpa/inet.h>

#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spillway {
namespace {

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

bool AnyContains(absl::Span<const IpPrefix> prefixes, const IpAddress& address) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.Contains(address); });
}

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

Endpoint Endpoint::FromSockaddr(const sockaddr_storage& address) {
  Endpoint endpoint{IpAddress::FromSockaddr(address)};
  if (address.ss_family == AF_INET)
    endpoint.port = ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    endpoint.port = ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return endpoint;
}

std::string Endpoint::ToString() const {
  return address.is_v4() ? absl::StrCat(address.ToString(), ":", port)
                         : absl::StrCat("[", address.ToString(), "]:", port);
}

}  // namespace spillway
