// dns/server/server.h -- the DNS front end: N workers on the same addresses.
//
//   SnapshotCell<ZoneSet>, SnapshotCell<Plan> ──► worker 0..N-1 ──► totals, metrics
//
// thread safety: Start and Stop from one thread; everything else from any.
#ifndef SPILLWAY_DNS_SERVER_SERVER_H_
#define SPILLWAY_DNS_SERVER_SERVER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/adopted_socket.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "dns/server/counters.h"
#include "dns/server/engine.h"
#include "dns/server/worker.h"

namespace spillway::dns {

struct DnsServerOptions {
  std::vector<Endpoint>
      endpoints;  // UDP and TCP; port 0 = the kernel's choice, the same for all workers
  std::vector<Endpoint> proxy_endpoints{};  // likewise, behind proxies (PROXY protocol v2)
  std::vector<IpPrefix> trusted_proxies{};  // who may speak on those
  std::vector<AdoptedSocket> adopted{};     // open during Start; duplicated for each worker
  int workers = 1;
  std::string nsid;                      // RFC 5001, at most 128 octets; empty = not told
  bool chaos_identity = false;           // nsid is also told as id.server CH TXT (RFC 4892)
  uint16_t udp_size_max = kUdpSizeMax;   // 512..4096
  int tcp_connections_max = 1024;        // per worker; then the most idle makes room
  int tcp_prefix_connections_max = 512;  // of these from one /24 or /56; then its own most idle
  absl::Duration tcp_idle_max = absl::Seconds(10);  // also told to clients that ask (RFC 7828)
  RateLimits rate;
};

class DnsServer {
 public:
  // Binds every socket of every worker, then starts the threads: when it fails nothing runs.
  // `sources` and `clock` outlive the server.
  static absl::StatusOr<std::unique_ptr<DnsServer>> Start(const DnsServerOptions& options,
                                                          const DnsSources& sources,
                                                          const Clock& clock = Clock::Real());
  ~DnsServer() { Stop(); }

  // Ends the threads and closes the sockets. May be called twice.
  void Stop();

  // As bound, in the order of the options: endpoints, proxy_endpoints, adopted.
  absl::Span<const Endpoint> endpoints() const { return endpoints_; }
  DnsTotals Totals() const;
  // spillway_dns_* families.
  void WriteMetrics(MetricsWriter* out) const;

 private:
  DnsServer() = default;

  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_SERVER_H_
