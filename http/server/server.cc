#include "http/server/server.h"

#include <pthread.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "http/server/listener.h"

namespace spillway::http {
namespace {

constexpr int kWorkersMax = 64;
// Linux keeps 15 characters of a thread's name.
constexpr size_t kThreadNameSizeMax = 15;

absl::Status Check(const ServerOptions& options) {
  if (options.endpoints.empty() && options.proxy_endpoints.empty() && options.adopted.empty())
    return absl::InvalidArgumentError("http server: want an endpoint, got none");
  if (!options.proxy_endpoints.empty() && options.trusted_proxies.empty())
    return absl::InvalidArgumentError("http server: proxies: want prefixes that are trusted");
  if (options.workers < 1 || options.workers > kWorkersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("http server: want 1 <= workers <= ", kWorkersMax, ", got ", options.workers));
  }
  if (options.connections_max < 1) {
    return absl::InvalidArgumentError("http server: want connections_max >= 1, got 0");
  }
  for (absl::Duration timeout :
       {options.idle_timeout, options.request_timeout, options.send_timeout, options.linger_timeout,
        options.stop_grace}) {
    if (timeout <= absl::ZeroDuration() || timeout > absl::Hours(24)) {
      return absl::InvalidArgumentError(absl::StrCat("http server: want 0 < timeout <= 24h, got ",
                                                     absl::FormatDuration(timeout)));
    }
  }
  return absl::OkStatus();
}

WorkerLimits LimitsOf(const ServerOptions& options) {
  WorkerLimits limits;
  limits.body_size_max = options.body_size_max;
  limits.output_size_max = options.output_size_max;
  limits.connections_max = options.connections_max;
  limits.patience[static_cast<size_t>(Phase::kIdle)] = options.idle_timeout;
  limits.patience[static_cast<size_t>(Phase::kReading)] = options.request_timeout;
  limits.patience[static_cast<size_t>(Phase::kWriting)] = options.send_timeout;
  limits.patience[static_cast<size_t>(Phase::kLingering)] = options.linger_timeout;
  limits.stop_grace = options.stop_grace;
  limits.trusted_proxies = options.trusted_proxies;
  return limits;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Create(const ServerOptions& options,
                                                               const HandlerFactory& factory,
                                                               const Clock& clock) {
  RETURN_IF_ERROR(Check(options));
  std::unique_ptr<HttpServer> server(new HttpServer(options.name));
  std::vector<std::vector<WorkerListener>> listeners(static_cast<size_t>(options.workers));
  const auto add = [&](ListenerSet set, bool proxy) {
    server->endpoints_.push_back(set.endpoint);
    for (size_t i = 0; i < listeners.size(); ++i)
      listeners[i].push_back({std::move(set.fds[i]), proxy});
  };
  for (const Endpoint& endpoint : options.endpoints) {
    ASSIGN_OR_RETURN(ListenerSet set, Listen(endpoint, options.workers));
    add(std::move(set), false);
  }
  for (const Endpoint& endpoint : options.proxy_endpoints) {
    ASSIGN_OR_RETURN(ListenerSet set, Listen(endpoint, options.workers));
    add(std::move(set), true);
  }
  for (const AdoptedSocket& socket : options.adopted) {
    ASSIGN_OR_RETURN(ListenerSet set, Adopt(socket, options.workers));
    add(std::move(set), false);
  }
  for (int i = 0; i < options.workers; ++i) {
    server->workers_.push_back(std::make_unique<Worker>(
        LimitsOf(options), factory(i), std::move(listeners[static_cast<size_t>(i)]), clock));
    server->counters_.push_back(&server->workers_.back()->counters());
  }
  return server;
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Start() {
  if (!threads_.empty()) return;
  for (size_t i = 0; i < workers_.size(); ++i) {
    Worker* worker = workers_[i].get();
    threads_.emplace_back([worker] { worker->Run(); });
    std::string name = absl::StrCat(name_, "-", i).substr(0, kThreadNameSizeMax);
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

void HttpServer::Stop() {
  for (auto& worker : workers_) worker->RequestStop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void HttpServer::Wake() {
  for (auto& worker : workers_) worker->Wake();
}

}  // namespace spillway::http
