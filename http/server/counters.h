// http/server/counters.h -- what a worker counts, and the metrics it is read as.
//
// invariants: accepted = closed (sum over reasons) + open; each request adds one to exactly one of
//   SessionCounters' (tests/unit/http/server/server_test.cc adds both up).
#ifndef SPILLWAY_HTTP_SERVER_COUNTERS_H_
#define SPILLWAY_HTTP_SERVER_COUNTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/metrics.h"
#include "http/server/session.h"

namespace spillway::http {

enum class CloseReason : uint8_t {
  kDone,         // answered and asked to close, by either side
  kPeer,         // the peer ended or reset it
  kRefused,      // after a refused request
  kIdleTimeout,  // no request for options.idle_timeout
  kReadTimeout,  // a request not complete in options.request_timeout
  kSendTimeout,  // the peer did not read for options.send_timeout
  kEvicted,      // made room for a newer one
  kStopped,      // the server stopped
  kProxy,        // at a proxy listener: a peer not trusted, or no PROXY header
};
inline constexpr size_t kCloseReasonCount = static_cast<size_t>(CloseReason::kProxy) + 1;
absl::string_view NameOf(CloseReason reason);

struct WorkerCounters {
  SessionCounters session;
  Counter accepted;
  Counter accept_failed;  // no descriptor left, or the peer had gone
  std::array<Counter, kCloseReasonCount> closed;
  Counter received_octets;
  Counter sent_octets;
};

struct ServerMetrics {
  absl::string_view server;  // value of the label `server`
  absl::Span<const WorkerCounters* const> workers;
};

// spillway_http_* families over all servers of the process.
void AppendMetrics(absl::Span<const ServerMetrics> servers, MetricsWriter* out);

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_COUNTERS_H_
