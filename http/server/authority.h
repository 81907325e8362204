// http/server/authority.h -- "host[:port]" taken apart (RFC 3986 3.2.2, 3.2.3), without user info.
#ifndef SPILLWAY_HTTP_SERVER_AUTHORITY_H_
#define SPILLWAY_HTTP_SERVER_AUTHORITY_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace spillway::http {

struct Authority {
  absl::string_view host;  // into the text; [v6] with its brackets; never empty
  uint16_t port = 0;       // 0: absent or empty
};

// Nothing when the host is empty or holds an octet no host may have ('@' among them), when brackets
// do not hold an IPv6 address, or when the port is not 0..65535.
std::optional<Authority> ParseAuthority(absl::string_view text);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_AUTHORITY_H_
