#include "http/server/authority.h"

#include <cstddef>

#include "base/ip.h"
#include "http/server/chars.h"

namespace spillway::http {
namespace {

std::optional<uint16_t> ParsePort(absl::string_view digits) {
  uint32_t port = 0;
  if (digits.size() > 5) return std::nullopt;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  if (port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

}  // namespace

std::optional<Authority> ParseAuthority(absl::string_view text) {
  size_t host_size;
  if (!text.empty() && text.front() == '[') {
    size_t close = text.find(']');
    if (close == absl::string_view::npos) return std::nullopt;
    std::optional<IpAddress> address = IpAddress::Parse(text.substr(1, close - 1));
    if (!address || address->is_v4()) return std::nullopt;
    host_size = close + 1;
  } else {
    size_t colon = text.find(':');
    host_size = colon == absl::string_view::npos ? text.size() : colon;
    if (host_size == 0 || !AllChars(text.substr(0, host_size), kHostChar)) return std::nullopt;
  }
  Authority authority{text.substr(0, host_size), 0};
  absl::string_view rest = text.substr(host_size);
  if (rest.empty()) return authority;
  if (rest.front() != ':') return std::nullopt;
  std::optional<uint16_t> port = ParsePort(rest.substr(1));
  if (!port) return std::nullopt;
  authority.port = *port;
  return authority;
}

}  // namespace spillway::http
