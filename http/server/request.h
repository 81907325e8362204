// http/server/request.h -- one request, as a handler sees it. Views live until Handle returns.
#ifndef SPILLWAY_HTTP_SERVER_REQUEST_H_
#define SPILLWAY_HTTP_SERVER_REQUEST_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/ip.h"
#include "http/server/head.h"

namespace spillway::http {

class Request {
 public:
  Request(const RequestHead& head, absl::string_view body, const IpAddress& peer)
      : head_(head), body_(body), peer_(peer) {}

  Method method() const { return head_.method; }
  absl::string_view method_name() const { return head_.method_name; }
  TargetForm form() const { return head_.form; }
  absl::string_view target() const { return head_.target; }
  // Octet for octet, without scheme and authority; may be empty or "?q" in absolute form.
  absl::string_view path_and_query() const { return head_.path_and_query; }
  absl::string_view path() const { return head_.path; }  // raw; empty for "*" and CONNECT
  absl::string_view query() const { return head_.query; }
  absl::string_view host() const { return head_.host; }  // lower-case, no port, no final dot
  uint16_t port() const { return head_.port; }
  std::optional<absl::string_view> Header(absl::string_view name) const { return head_.Find(name); }
  absl::Span<const HeaderField> headers() const { return head_.headers(); }
  absl::string_view body() const { return body_; }
  // The other end of the socket: perhaps a proxy. See client_address.h.
  const IpAddress& peer() const { return peer_; }

 private:
  const RequestHead& head_;
  absl::string_view body_;
  const IpAddress& peer_;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_REQUEST_H_
