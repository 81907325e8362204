// http/server/head.h -- the head of one HTTP/1.1 request, as views into the bytes it came in.
//
//   GET http://Live.example:80/a%2Fb?q=1 HTTP/1.1 CRLF   Host: x CRLF   ...   CRLF   body...
//       \_____________ target _________/ 1 = minor       headers[0]               ^ size
//              \ host (lower) / \path/ query
//
// invariants: (1) no heap; (2) every view lies inside the bytes given, but `host`, which lies in
//   the head, and a `path` of "/" that the target lacks; (3) the outcome depends on the octets,
//   never on how reads cut them; what follows the head is not looked at
//   (tests/fuzz/http_head_fuzz.cc holds 2 and 3).
// limits: kHeadSizeMax, kTargetSizeMax, kHeadersMax, kHostSizeMax; each has its own HeadError.
// references: RFC 9112 2.2, 3, 5, 6; RFC 9110 7.2, 8.6; RFC 3986 3.2.
#ifndef SPILLWAY_HTTP_SERVER_HEAD_H_
#define SPILLWAY_HTTP_SERVER_HEAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "http/server/head_error.h"

namespace spillway::http {

// RFC 9112 3 asks for request lines of at least 8'000 octets; the usual servers allow 8 KiB each.
inline constexpr size_t kTargetSizeMax = 8 << 10;
// Twice the target: browsers send 1-2 KiB, cookies of a shared domain another 4-8.
inline constexpr size_t kHeadSizeMax = 16 << 10;
inline constexpr size_t kHeadersMax = 64;
// Longer than any registered method (the longest, UPDATEREDIRECTREF, has 17).
inline constexpr size_t kMethodSizeMax = 32;
inline constexpr size_t kRequestLineSizeMax = kTargetSizeMax + kMethodSizeMax +
                                              sizeof(
                                                  " "
                                                  " HTTP/1.1\r");
// A DNS name has at most 253 characters (RFC 1035 2.3.4).
inline constexpr size_t kHostSizeMax = 255;

enum class Method : uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
  kOther
};

// RFC 9112 3.2: origin "/a", absolute "http://h/a", authority "h:1" (CONNECT), "*" (OPTIONS).
enum class TargetForm : uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk };

struct HeaderField {
  absl::string_view name;   // as sent
  absl::string_view value;  // without surrounding blanks
};

struct RequestHead {
  RequestHead() = default;
  RequestHead(const RequestHead&) = delete;  // `host` points into the object
  RequestHead& operator=(const RequestHead&) = delete;

  Method method = Method::kOther;
  TargetForm form = TargetForm::kOrigin;
  uint8_t minor_version = 1;  // 0 or 1; HTTP/1.2 and later count as 1
  bool keep_alive = true;
  bool expects_continue = false;
  bool has_query = false;
  uint16_t port = 0;  // 0: none given
  absl::string_view method_name;
  absl::string_view target;  // octet for octet
  absl::string_view
      path_and_query;       // of origin and absolute form; may be empty or "?q" in the latter
  absl::string_view path;   // "/" when absent
  absl::string_view query;  // without '?'
  // Lower-case, without port and final dot; [v6] keeps its brackets. From the target when that is
  // absolute (RFC 9112 3.2.2), else from Host. Empty only for HTTP/1.0 without Host.
  absl::string_view host;
  size_t content_length = 0;
  size_t size = 0;  // of the whole head, final empty line included

  absl::Span<const HeaderField> headers() const { return {fields.data(), field_count}; }
  // Value of the first header of that name, whatever its case.
  std::optional<absl::string_view> Find(absl::string_view name) const;

  // For the parser.
  std::array<HeaderField, kHeadersMax> fields;
  size_t field_count = 0;
  std::array<char, kHostSizeMax> host_storage;
};

// Reads the head at the start of `bytes`, skipping one empty line before it (RFC 9112 2.2). `seen`
// is how many of these octets an earlier call answered with kIncomplete, 0 at first: it saves
// reading them again. `head` is valid when kNone is returned and as long as `bytes` is.
HeadError ParseHead(absl::string_view bytes, size_t seen, RequestHead* head);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_HEAD_H_
