// http/server/server.h -- an HTTP/1.1 server: N workers, each with its own sockets, loop, handler.
//
//   ASSIGN_OR_RETURN(auto server, HttpServer::Create(options, factory, Clock::Real()));
//   server->Start();  ...  server->Stop();
//
// why threads share nothing: the kernel spreads connections over the workers' SO_REUSEPORT
//   listeners, so no lock or queue lies between a packet and its answer.
// limits: see ServerOptions. TLS and HTTP/2 come later, between worker and session (session.h).
// thread safety: Start and Stop from one thread; all else from any.
#ifndef SPILLWAY_HTTP_SERVER_SERVER_H_
#define SPILLWAY_HTTP_SERVER_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/adopted_socket.h"
#include "base/clock.h"
#include "base/ip.h"
#include "http/server/counters.h"
#include "http/server/handler.h"
#include "http/server/worker.h"

namespace spillway::http {

struct ServerOptions {
  std::string name = "http";        // label `server` of the metrics, and part of the threads' names
  std::vector<Endpoint> endpoints;  // port 0 lets the kernel choose
  std::vector<Endpoint> proxy_endpoints{};  // where connections begin with a PROXY header (v2)
  std::vector<IpPrefix> trusted_proxies{};  // whose; others are closed
  std::vector<AdoptedSocket> adopted{};     // open during Create; at least one of the three
  int workers = 1;                          // 1..64
  size_t body_size_max = 0;           // largest Content-Length taken; the redirector takes none
  size_t connections_max = 10'000;    // per worker; a newer connection evicts the most idle
  size_t output_size_max = 64 << 10;  // answers waiting on a connection before it must read some
  absl::Duration idle_timeout = absl::Seconds(60);     // between requests
  absl::Duration request_timeout = absl::Seconds(10);  // first octet to last, body included
  absl::Duration send_timeout = absl::Seconds(10);     // without the peer taking an octet
  absl::Duration linger_timeout = absl::Seconds(2);    // for the peer to close after a refusal
  absl::Duration stop_grace = absl::Seconds(5);        // for requests under way when stopping
};

class HttpServer {
 public:
  // Binds and listens, so that ports are known and connects succeed; answers only after Start().
  // `clock` must outlive the server. Fails with kInvalidArgument for bad options, kUnavailable when
  // an endpoint cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Create(const ServerOptions& options,
                                                            const HandlerFactory& factory,
                                                            const Clock& clock);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void Start();
  // Refuses new connections, answers requests under way, closes, joins. Again is harmless.
  void Stop();
  // Makes every worker look at its clock now; for tests with a ManualClock.
  void Wake();

  // As bound, in the order of the options: endpoints, proxy_endpoints, adopted.
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  // The views live as long as the server.
  ServerMetrics metrics() const { return {name_, counters_}; }

 private:
  explicit HttpServer(std::string name) : name_(std::move(name)) {}

  std::string name_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<const WorkerCounters*> counters_;
  std::vector<std::thread> threads_;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_SERVER_SERVER_H_
