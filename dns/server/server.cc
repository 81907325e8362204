#include "dns/server/server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "dns/server/sockets.h"

namespace spillway::dns {
namespace {

constexpr size_t kNsidSizeMax =
    128;  // beside the longest question and every other option in 512 octets
constexpr int kWorkersMax = 256;
constexpr size_t kRateBucketsMax = size_t{1} << 24;  // 128 MB per worker

absl::Status Check(const DnsServerOptions& o) {
  auto wrong = [](auto... parts) {
    return absl::InvalidArgumentError(absl::StrCat("dns: ", parts...));
  };
  if (o.endpoints.empty() && o.proxy_endpoints.empty() && o.adopted.empty())
    return wrong("want at least one address to listen on");
  if (!o.proxy_endpoints.empty() && o.trusted_proxies.empty())
    return wrong("proxies: want prefixes that are trusted");
  if (o.workers < 1 || o.workers > kWorkersMax)
    return wrong("workers: want 1 to ", kWorkersMax, ", got ", o.workers);
  if (o.nsid.size() > kNsidSizeMax)
    return wrong("nsid: want at most ", kNsidSizeMax, " octets, got ", o.nsid.size());
  if (o.chaos_identity && o.nsid.empty()) return wrong("chaos identity: want an nsid to tell");
  if (o.udp_size_max < kUdpSizePlain || o.udp_size_max > 4096) {
    return wrong("udp size: want 512 to 4096, got ", o.udp_size_max);
  }
  if (o.tcp_connections_max < 1)
    return wrong("tcp connections: want at least 1, got ", o.tcp_connections_max);
  if (o.tcp_prefix_connections_max < 1)
    return wrong("tcp connections of a prefix: want at least 1, got ",
                 o.tcp_prefix_connections_max);
  if (o.tcp_idle_max < absl::Seconds(1) || o.tcp_idle_max > absl::Hours(1)) {
    return wrong("tcp idle time: want 1s to 1h, got ", absl::FormatDuration(o.tcp_idle_max));
  }
  if (o.rate.v4_bits > 32 || o.rate.v6_bits > 128 || o.rate.buckets > kRateBucketsMax)
    return wrong("rate: want prefixes of at most 32 and 128 bits and ", kRateBucketsMax,
                 " buckets");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsServer>> DnsServer::Start(const DnsServerOptions& options,
                                                            const DnsSources& sources,
                                                            const Clock& clock) {
  RETURN_IF_ERROR(Check(options));
  EngineOptions engine;
  engine.nsid = options.nsid;
  engine.chaos_identity = options.chaos_identity;
  engine.udp_size_max = options.udp_size_max;
  engine.rate = options.rate;
  engine.tcp_keepalive_ds = static_cast<uint16_t>(options.tcp_idle_max / absl::Milliseconds(100));
  TcpLimits tcp;
  tcp.connections_max = static_cast<size_t>(options.tcp_connections_max);
  tcp.prefix_connections_max = static_cast<size_t>(options.tcp_prefix_connections_max);
  tcp.idle_ns_max = absl::ToInt64Nanoseconds(options.tcp_idle_max);
  tcp.trusted_proxies = options.trusted_proxies;

  std::unique_ptr<DnsServer> server(new DnsServer());
  server->endpoints_ = options.endpoints;
  server->endpoints_.insert(server->endpoints_.end(), options.proxy_endpoints.begin(),
                            options.proxy_endpoints.end());
  for (int w = 0; w < options.workers; ++w) {
    std::vector<SocketPair> sockets;
    for (Endpoint& endpoint : server->endpoints_) {
      ASSIGN_OR_RETURN(SocketPair pair, OpenSockets(endpoint));
      endpoint = pair.endpoint;  // the next worker takes the port the kernel chose
      pair.proxy = sockets.size() >= options.endpoints.size();
      sockets.push_back(std::move(pair));
    }
    for (const AdoptedSocket& adopted : options.adopted) {
      ASSIGN_OR_RETURN(SocketPair pair, Adopt(adopted));
      sockets.push_back(std::move(pair));
    }
    engine.books.worker = static_cast<size_t>(w);
    if (sources.resolvers != nullptr)
      engine.books.log = sources.resolvers->log(engine.books.worker);
    if (sources.decisions != nullptr)
      engine.books.decisions = sources.decisions->ring(Front::kDns, engine.books.worker);
    ASSIGN_OR_RETURN(auto worker, Worker::Create(std::move(sockets), sources, engine, tcp, clock));
    server->workers_.push_back(std::move(worker));
  }
  for (const AdoptedSocket& adopted : options.adopted)
    server->endpoints_.push_back(adopted.endpoint);
  for (auto& worker : server->workers_) worker->Start();
  return server;
}

void DnsServer::Stop() {
  for (auto& worker : workers_) worker->Stop();
}

DnsTotals DnsServer::Totals() const {
  DnsTotals totals;
  for (const auto& worker : workers_) totals.Add(worker->counters());
  return totals;
}

void DnsServer::WriteMetrics(MetricsWriter* out) const {
  const DnsTotals totals = Totals();
  auto number = [](uint64_t value) { return static_cast<double>(value); };
  out->Family("spillway_dns_messages_total", "counter", "Messages received, by transport.");
  out->Sample({{"transport", "udp"}}, number(totals.udp_messages));
  out->Sample({{"transport", "tcp"}}, number(totals.tcp_messages));
  out->Family("spillway_dns_outcomes_total", "counter",
              "What became of each message; adds up to the messages.");
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    out->Sample({{"outcome", OutcomeName(static_cast<Outcome>(i))}}, number(totals.outcomes[i]));
  }
  const struct {
    const char* name;
    const char* help;
    uint64_t value;
  } kFamilies[] = {
      {"spillway_dns_truncated_total", "Replies with TC.", totals.truncated},
      {"spillway_dns_steered_total", "Replies in which the plan chose the answer.", totals.steered},
      {"spillway_dns_last_resort_total", "Steered replies given although every target was down.",
       totals.last_resort},
      {"spillway_dns_send_failures_total", "UDP replies the kernel would not take.",
       totals.udp_send_failed},
      {"spillway_dns_tcp_connections_total", "TCP connections accepted.", totals.tcp_accepted},
      {"spillway_dns_tcp_closed_idle_total", "TCP connections closed for idleness.",
       totals.tcp_closed_idle},
      {"spillway_dns_tcp_evicted_total", "TCP connections closed to make room.",
       totals.tcp_evicted},
      {"spillway_dns_proxy_refused_total",
       "Datagrams and connections to proxy listeners from peers not trusted, or without a sound "
       "header; not among the messages.",
       totals.proxy_refused},
      {"spillway_dns_transfers_whole_total",
       "Whole zones sent; other transfers were of what changed.", totals.transfers_whole},
  };
  for (const auto& family : kFamilies) {
    out->Family(family.name, "counter", family.help);
    out->Sample(number(family.value));
  }
  totals.udp_latency.Write("spillway_dns_udp_latency_seconds",
                           "From the kernel's hands into them again, of one batch of datagrams in "
                           "16: decoding, deciding and sending, not waiting in the socket.",
                           out);
}

}  // namespace spillway::dns
