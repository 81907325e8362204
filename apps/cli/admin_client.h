// apps/cli/admin_client.h -- one question to spillwayd's admin listener, one answer.
//
//   Get("/v1/status")  Post("/v1/drain", json)  ──► AdminReply{code, body}, whatever the code
//
// No redirects, no proxies: an operator's environment must not send the token elsewhere.
// thread safety: none. limits: kReplySizeMax.
#ifndef SPILLWAY_APPS_CLI_ADMIN_CLIENT_H_
#define SPILLWAY_APPS_CLI_ADMIN_CLIENT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spillway::cli {

// A status of 10,000 targets is about 6 MB.
inline constexpr size_t kReplySizeMax = 64 << 20;

struct AdminReply {
  int code = 0;
  std::string body;
};

class AdminClient {
 public:
  struct Options {
    std::string url;    // "http://127.0.0.1:5380"; http:// may be left out
    std::string token;  // empty = none is sent
    absl::Duration timeout = absl::Seconds(5);
  };

  // kInvalidArgument when the URL or the token cannot be one.
  static absl::StatusOr<AdminClient> Create(Options options);

  // kUnavailable when nothing that speaks HTTP answers in time; the message names the URL.
  absl::StatusOr<AdminReply> Get(absl::string_view path) const { return Ask(path, nullptr); }
  absl::StatusOr<AdminReply> Post(absl::string_view path, const std::string& json) const {
    return Ask(path, &json);
  }
  const std::string& url() const { return options_.url; }

 private:
  explicit AdminClient(Options options) : options_(std::move(options)) {}
  absl::StatusOr<AdminReply> Ask(absl::string_view path, const std::string* body) const;

  Options options_;
};

// `text` for use as a value in a query string: all but unreserved characters (RFC 3986 2.3) as %XX.
std::string QueryEscape(absl::string_view text);

}  // namespace spillway::cli

#endif  // SPILLWAY_APPS_CLI_ADMIN_CLIENT_H_
