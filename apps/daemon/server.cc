#include "apps/daemon/server.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apps/daemon/privileges.h"
#include "base/check.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "base/status.h"
#include "dns/wire/name.h"
#include "dns/zone/signatures_end.h"
#include "http/admin/admin_handler.h"
#include "steering/feed/batch_parser.h"

namespace spillway {
namespace {

// Largest body of the admin API: one batch of samples.
constexpr size_t kAdminBodyMax = kBatchSizeMax;

template <typename Endpoints>
std::vector<std::string> ToStrings(const Endpoints& endpoints) {
  std::vector<std::string> out;
  for (const Endpoint& e : endpoints) out.push_back(e.ToString());
  return out;
}

// A secret nobody else has.
std::shared_ptr<const dns::CookieSecrets> OneProcessSecrets() {
  auto secrets = std::make_shared<dns::CookieSecrets>();
  SipKey& key = secrets->current;
  // 16 octets come whole and without waiting once the kernel's pool is up (getrandom(2)).
  CHECK(getrandom(key.data(), key.size(), 0) == static_cast<ssize_t>(key.size()));
  return secrets;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(ServerSettings settings,
                                                       const Clock& clock) {
  std::unique_ptr<Server> server(new Server(std::move(settings), clock));
  RETURN_IF_ERROR(server->AssignInherited());
  RETURN_IF_ERROR(server->StartControl());
  RETURN_IF_ERROR(server->StartSamples());
  RETURN_IF_ERROR(server->StartFronts());
  RETURN_IF_ERROR(server->StartAdmin());
  if (!server->settings_.user.empty()) RETURN_IF_ERROR(server->ChangeUser());
  server->plan_loop_->Start();
  server->reloader_->StartWatching();
  return server;
}

// Sockets of the service manager stand in place of what the flags say for the same front.
absl::Status Server::AssignInherited() {
  for (const InheritedSocket& inherited : settings_.inherited) {
    if (inherited.name == "dns") {
      settings_.dns.clear();
      dns_sockets_.push_back(inherited.socket);
    } else if (inherited.name == "http") {
      settings_.http.clear();
      http_sockets_.push_back(inherited.socket);
    } else if (inherited.name == "admin") {
      admin_sockets_.push_back(inherited.socket);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("a socket of the service manager is named '", inherited.name,
                       "'; want FileDescriptorName= dns, http or admin"));
    }
  }
  return absl::OkStatus();
}

bool Server::has_dns() const {
  return !settings_.dns.empty() || !settings_.dns_proxy.empty() || !dns_sockets_.empty();
}

bool Server::has_http() const {
  return !settings_.http.empty() || !settings_.http_proxy.empty() || !http_sockets_.empty();
}

absl::Status Server::StartControl() {
  settings_.sources.workers = {has_dns() ? static_cast<size_t>(settings_.dns_workers) : 0,
                               has_http() ? static_cast<size_t>(settings_.http_workers) : 0,
                               has_http() ? static_cast<size_t>(settings_.http_workers) : 0};
  // Files may replace it; without any, cookies end with the process.
  cookies_.Publish(OneProcessSecrets());
  auto no_policy = std::make_shared<const Policy>();
  feeds_ = std::make_unique<FeedTable>(no_policy);
  ResolverTableOptions learning;
  learning.seed = static_cast<uint64_t>(getpid());
  resolvers_ = std::make_unique<ResolverWatch>(settings_.sources.workers[0], learning);
  if (!settings_.record_directory.empty()) {
    // Root's own would be closed to the user that writes there.
    if (!settings_.user.empty())
      RETURN_IF_ERROR(MakeDirectoryOf(settings_.user, settings_.record_directory));
    ASSIGN_OR_RETURN(recorder_, record::Recorder::Create({.directory = settings_.record_directory,
                                                          .bytes_max = settings_.record_bytes_max,
                                                          .program = settings_.program_version,
                                                          .seed = static_cast<uint64_t>(getpid())},
                                                         clock_));
  }
  plan_loop_ = std::make_unique<PlanLoop>(*feeds_, clock_, has_dns() ? resolvers_.get() : nullptr,
                                          recorder_.get());
  Prober::Options probing;
  probing.seed = static_cast<uint64_t>(getpid());
  prober_ = std::make_unique<Prober>(no_policy, feeds_.get(), &clock_, probing);
  reloader_ = std::make_unique<Reloader>(settings_.sources, clock_, *plan_loop_, zones_, cookies_,
                                         [this](const Configuration& loaded) {
                                           prober_->Update(loaded.frame->policy);
                                           transfers_.Publish(loaded.transfers);
                                           if (notifier_ != nullptr)
                                             notifier_->Update(loaded.transfers);
                                         });
  const http::ReloadReport report = reloader_->Reload();
  if (!report.ok) return absl::InvalidArgumentError(absl::StrJoin(report.diagnostics, "\n"));

  push_ = std::make_unique<PushFeed>(settings_.feed_tokens, feeds_.get(), &clock_);
  for (const std::string& path : settings_.feed_files) {
    FileFeed::Options options;
    options.path = path;
    ASSIGN_OR_RETURN(auto feed, FileFeed::Start(options, feeds_.get(), &clock_));
    file_feeds_.push_back(std::move(feed));
  }
  return absl::OkStatus();
}

absl::Status Server::StartSamples() {
  if (!settings_.dnstap_socket.empty() || !settings_.dnstap_file.empty()) {
    dns::DnstapOptions options;
    options.socket = settings_.dnstap_socket;
    options.file = settings_.dnstap_file;
    options.every = settings_.dnstap_every;
    options.identity = settings_.nsid;
    options.version = absl::StrCat("spillwayd ", settings_.program_version);
    ASSIGN_OR_RETURN(tap_,
                     dns::Dnstap::Start(std::move(options), settings_.sources.workers[0], clock_));
  }
  if (!settings_.decision_log.empty()) {
    DecisionLogOptions options;
    options.path = settings_.decision_log;
    options.every = settings_.decision_log_every;
    ASSIGN_OR_RETURN(decisions_, DecisionLog::Start(std::move(options), settings_.sources.workers,
                                                    plan_loop_->plans(), clock_));
  }
  return absl::OkStatus();
}

absl::Status Server::StartFronts() {
  if (has_dns()) {
    dns::DnsServerOptions options;
    options.endpoints = settings_.dns;
    options.proxy_endpoints = settings_.dns_proxy;
    options.trusted_proxies = settings_.trusted_proxies;
    options.adopted = dns_sockets_;
    options.workers = settings_.dns_workers;
    options.nsid = settings_.nsid;
    options.chaos_identity = settings_.chaos_identity;
    options.rate = settings_.dns_rate;
    ASSIGN_OR_RETURN(dns_, dns::DnsServer::Start(options,
                                                 {.zones = &zones_,
                                                  .plan = &plan_loop_->plans(),
                                                  .cookies = &cookies_,
                                                  .transfers = &transfers_,
                                                  .resolvers = resolvers_.get(),
                                                  .tap = tap_.get(),
                                                  .decisions = decisions_.get()},
                                                 clock_));
    // Secondaries that are told come at once: only when there is somebody to answer them.
    ASSIGN_OR_RETURN(notifier_, dns::Notifier::Start(clock_, static_cast<uint64_t>(getpid())));
    notifier_->Update(transfers_.Current());
  }
  if (has_http()) {
    http::RedirectOptions redirect;
    redirect.trusted_proxies = settings_.trusted_proxies;
    redirect.decisions = decisions_.get();
    redirect_ = std::make_unique<http::RedirectFront>(redirect, plan_loop_->plans(),
                                                      static_cast<size_t>(settings_.http_workers));
    http::ServerOptions options;
    options.name = "http";
    options.endpoints = settings_.http;
    options.proxy_endpoints = settings_.http_proxy;
    options.trusted_proxies = settings_.trusted_proxies;
    options.adopted = http_sockets_;
    options.workers = settings_.http_workers;
    ASSIGN_OR_RETURN(http_, http::HttpServer::Create(options, redirect_->factory(), clock_));
    http_->Start();
  }
  return absl::OkStatus();
}

absl::Status Server::StartAdmin() {
  backend_.clock = &clock_;
  backend_.plans = &plan_loop_->plans();
  backend_.plan_loop = plan_loop_.get();
  backend_.feeds = feeds_.get();
  backend_.push = push_.get();
  backend_.token = settings_.admin_token;
  backend_.program_version = settings_.program_version;
  backend_.policy_directory = settings_.sources.policy_directory;
  backend_.started_at = clock_.Now();
  if (dns_ != nullptr) backend_.dns_endpoints = ToStrings(dns_->endpoints());
  if (http_ != nullptr) backend_.http_endpoints = ToStrings(http_->endpoints());
  backend_.reload = [this] { return reloader_->Reload(); };
  backend_.last_reload = [this] { return reloader_->last(); };
  backend_.signatures = [this]() -> std::optional<http::SignaturesEnd> {
    const auto zones = zones_.Current();
    const dns::Zone* first = zones == nullptr ? nullptr : dns::FirstToEnd(*zones);
    if (first == nullptr) return std::nullopt;
    return http::SignaturesEnd{dns::NameToText(first->apex()), first->signatures_end()};
  };
  backend_.metrics.push_back([this](MetricsWriter* out) {
    reloader_->WriteMetrics(out);
    plan_loop_->WriteMetrics(out);
    if (recorder_ != nullptr) recorder_->WriteMetrics(out);
    prober_->WriteMetrics(out);
    push_->WriteMetrics(out);
    if (dns_ != nullptr) {
      dns_->WriteMetrics(out);
      if (auto end = backend_.signatures()) {
        out->Family("spillway_dns_signatures_end_timestamp_seconds", "gauge",
                    "When the first signature of all signed zones ends; absent without any.");
        out->Sample(absl::ToDoubleSeconds(end->at - absl::UnixEpoch()));
      }
      notifier_->WriteMetrics(out);
      resolvers_->WriteMetrics(out);
    }
    if (redirect_ != nullptr) redirect_->AppendMetrics(out);
    if (tap_ != nullptr) tap_->WriteMetrics(out);
    if (decisions_ != nullptr) decisions_->WriteMetrics(out);
    if (auto plan = plan_loop_->plans().Current(); plan != nullptr) answers_.Write(*plan, out);
    std::vector<http::ServerMetrics> servers = {admin_->metrics()};
    if (http_ != nullptr) servers.push_back(http_->metrics());
    http::AppendMetrics(servers, out);
  });
  http::ServerOptions options;
  options.name = "admin";
  if (admin_sockets_.empty()) options.endpoints = {settings_.admin};
  options.adopted = admin_sockets_;
  options.body_size_max = kAdminBodyMax;
  options.connections_max = 256;
  ASSIGN_OR_RETURN(
      admin_,
      http::HttpServer::Create(
          options, [this](int) { return std::make_unique<http::AdminHandler>(backend_); }, clock_));
  admin_->Start();
  return absl::OkStatus();
}

// What is written from now on, the user must be able to write.
absl::Status Server::ChangeUser() {
  RETURN_IF_ERROR(BecomeUser(settings_.user));
  const std::pair<absl::string_view, const std::string*> written[] = {
      {"--record", &settings_.record_directory},
      {"--state_dir", &settings_.sources.state_directory}};
  for (const auto& [flag, directory] : written) {
    if (!directory->empty() && access(directory->c_str(), W_OK | X_OK) != 0)
      return absl::ErrnoToStatus(
          errno, absl::StrCat(flag, ": ", *directory, ": cannot be written by ", settings_.user));
  }
  return absl::OkStatus();
}

void Server::Stop() {
  // Fronts first, so that nobody is answered from what is being taken apart.
  if (dns_ != nullptr) dns_->Stop();
  if (http_ != nullptr) http_->Stop();
  if (admin_ != nullptr) admin_->Stop();
  if (reloader_ != nullptr) reloader_->StopWatching();
  notifier_.reset();
  // What was sampled is written, and the streams end well.
  tap_.reset();
  decisions_.reset();
  if (plan_loop_ != nullptr) plan_loop_->Stop();
  if (recorder_ != nullptr) recorder_->Stop();
  file_feeds_.clear();
  prober_.reset();
}

std::string Server::Describe() const {
  return absl::StrCat("dns=", absl::StrJoin(backend_.dns_endpoints, ","),
                      " http=", absl::StrJoin(backend_.http_endpoints, ","),
                      " admin=", admin_->endpoints().front().ToString());
}

absl::Status Server::WriteReadyFile(const std::string& path) const {
  JsonWriter w;
  auto strings = [&w](absl::string_view key, const std::vector<std::string>& values) {
    w.Key(key).BeginArray();
    for (const std::string& value : values) w.String(value);
    w.EndArray();
  };
  w.BeginObject().Key("pid").Int(getpid());
  strings("dns", backend_.dns_endpoints);
  strings("http", backend_.http_endpoints);
  w.Key("admin").String(admin_->endpoints().front().ToString()).EndObject();
  return WriteFileAtomically(path, absl::StrCat(w.text(), "\n"));
}

}  // namespace spillway
