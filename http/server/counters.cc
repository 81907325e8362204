#include "http/server/counters.h"

#include "http/server/head_error.h"

namespace spillway::http {
namespace {

template <typename Read>
double Sum(const ServerMetrics& server, const Read& read) {
  uint64_t sum = 0;
  for (const WorkerCounters* worker : server.workers) sum += read(*worker).Get();
  return static_cast<double>(sum);
}

void AppendRequests(const ServerMetrics& server, MetricsWriter* out) {
  static constexpr absl::string_view kClasses[] = {"", "", "2xx", "3xx", "4xx", "5xx"};
  for (size_t i = 2; i < 6; ++i) {
    out->Sample({{"server", server.server}, {"outcome", kClasses[i]}},
                Sum(server, [i](const WorkerCounters& w) -> const Counter& {
                  return w.session.answered[i];
                }));
  }
  for (size_t i = static_cast<size_t>(HeadError::kBadMethod); i < kHeadErrorCount; ++i) {
    out->Sample({{"server", server.server}, {"outcome", NameOf(static_cast<HeadError>(i))}},
                Sum(server, [i](const WorkerCounters& w) -> const Counter& {
                  return w.session.refused[i];
                }));
  }
  out->Sample(
      {{"server", server.server}, {"outcome", "abandoned"}},
      Sum(server, [](const WorkerCounters& w) -> const Counter& { return w.session.abandoned; }));
}

template <typename Read>
void AppendFamily(absl::Span<const ServerMetrics> servers, absl::string_view name,
                  absl::string_view help, const Read& read, MetricsWriter* out) {
  out->Family(name, "counter", help);
  for (const ServerMetrics& server : servers)
    out->Sample({{"server", server.server}}, Sum(server, read));
}

}  // namespace

absl::string_view NameOf(CloseReason reason) {
  switch (reason) {
    case CloseReason::kDone:
      return "done";
    case CloseReason::kPeer:
      return "peer";
    case CloseReason::kRefused:
      return "refused";
    case CloseReason::kIdleTimeout:
      return "idle_timeout";
    case CloseReason::kReadTimeout:
      return "read_timeout";
    case CloseReason::kSendTimeout:
      return "send_timeout";
    case CloseReason::kEvicted:
      return "evicted";
    case CloseReason::kStopped:
      return "stopped";
    case CloseReason::kProxy:
      return "proxy";
  }
  return "unknown";
}

void AppendMetrics(absl::Span<const ServerMetrics> servers, MetricsWriter* out) {
  out->Family("spillway_http_requests_total", "counter",
              "Requests by their one outcome: status class of the answer, name of the refusal, or "
              "abandoned.");
  for (const ServerMetrics& server : servers) AppendRequests(server, out);
  AppendFamily(
      servers, "spillway_http_connections_accepted_total", "Connections accepted.",
      [](const WorkerCounters& w) -> const Counter& { return w.accepted; }, out);
  AppendFamily(
      servers, "spillway_http_accept_failures_total", "Connections that could not be accepted.",
      [](const WorkerCounters& w) -> const Counter& { return w.accept_failed; }, out);
  out->Family("spillway_http_connections_closed_total", "counter",
              "Connections closed, by reason.");
  for (const ServerMetrics& server : servers) {
    for (size_t i = 0; i < kCloseReasonCount; ++i) {
      out->Sample(
          {{"server", server.server}, {"reason", NameOf(static_cast<CloseReason>(i))}},
          Sum(server, [i](const WorkerCounters& w) -> const Counter& { return w.closed[i]; }));
    }
  }
  AppendFamily(
      servers, "spillway_http_received_bytes_total", "Octets received.",
      [](const WorkerCounters& w) -> const Counter& { return w.received_octets; }, out);
  AppendFamily(
      servers, "spillway_http_sent_bytes_total", "Octets sent.",
      [](const WorkerCounters& w) -> const Counter& { return w.sent_octets; }, out);
}

}  // namespace spillway::http
