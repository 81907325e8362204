// apps/daemon/server.h -- the whole program wired together: who feeds whom.
//
//   files ─► Reloader ─► PlanLoop ─► Plan, ZoneSet ─┬─► DnsServer    N workers
//                │           ▲                       └─► HttpServer   M workers: redirect, steering
//                ▼           │
//             Prober ─► FeedTable ◄─ PushFeed ◄─ admin HttpServer (1 worker), FileFeeds
//
// thread safety: Create, WriteReadyFile and Stop from the main thread; RequestReload from any.
#ifndef SPILLWAY_APPS_DAEMON_SERVER_H_
#define SPILLWAY_APPS_DAEMON_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apps/daemon/configuration.h"
#include "apps/daemon/reloader.h"
#include "apps/daemon/systemd.h"
#include "base/clock.h"
#include "base/ip.h"
#include "dns/server/server.h"
#include "dns/tap/dnstap.h"
#include "dns/transfer/notifier.h"
#include "dns/transfer/transfer_table.h"
#include "http/admin/answer_metrics.h"
#include "http/admin/backend.h"
#include "http/redirect/redirect_front.h"
#include "http/server/server.h"
#include "steering/collect/file_feed.h"
#include "steering/collect/prober.h"
#include "steering/collect/push_feed.h"
#include "steering/decisions/decision_log.h"
#include "steering/record/recorder.h"
#include "steering/resolvers/resolver_watch.h"

namespace spillway {

struct ServerSettings {
  std::string program_version;
  ConfigurationSources sources;     // workers are filled in from the two counts below
  std::vector<Endpoint> dns;        // empty = no DNS front
  std::vector<Endpoint> http;       // empty = no HTTP front
  std::vector<Endpoint> dns_proxy;  // likewise, for proxies that speak the PROXY protocol v2
  std::vector<Endpoint> http_proxy;
  Endpoint admin;
  int dns_workers = 1;
  int http_workers = 1;
  std::string nsid;
  bool chaos_identity = false;
  dns::RateLimits dns_rate;
  std::vector<IpPrefix> trusted_proxies;
  std::vector<InheritedSocket> inherited;  // named dns, http or admin; in place of their flags
  std::string dnstap_socket;               // dnstap goes there, or
  std::string dnstap_file;                 // there; both empty = off
  uint32_t dnstap_every = 1;               // one of so many messages
  std::string decision_log;                // a file, or "-" for standard error; empty = off
  uint32_t decision_log_every = 1000;      // one of so many decisions
  std::string user;                        // to become once every socket is bound; empty = stay
  std::string admin_token;
  std::vector<FeedToken> feed_tokens;
  std::vector<std::string> feed_files;
  std::string record_directory;  // empty = inputs are not recorded
  uint64_t record_bytes_max = uint64_t{1} << 30;
};

class Server {
 public:
  // Loads the configuration, binds every socket and starts everything. On failure nothing is left
  // running and the status holds every error, one per line.
  static absl::StatusOr<std::unique_ptr<Server>> Create(ServerSettings settings,
                                                        const Clock& clock);
  ~Server() { Stop(); }

  void RequestReload() { reloader_->Request(); }
  void Stop();

  // {"pid", "dns": [...], "http": [...], "admin": "..."}: where it listens, ports as bound.
  absl::Status WriteReadyFile(const std::string& path) const;
  std::string Describe() const;  // one line for the log

 private:
  Server(ServerSettings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}
  absl::Status AssignInherited();
  bool has_dns() const;
  bool has_http() const;
  absl::Status StartControl();
  absl::Status StartSamples();
  absl::Status StartFronts();
  absl::Status StartAdmin();
  absl::Status ChangeUser();

  ServerSettings settings_;
  const Clock& clock_;
  std::vector<AdoptedSocket> dns_sockets_;
  std::vector<AdoptedSocket> http_sockets_;
  std::vector<AdoptedSocket> admin_sockets_;
  SnapshotCell<dns::ZoneSet> zones_;
  SnapshotCell<dns::CookieSecrets> cookies_;
  SnapshotCell<dns::TransferTable> transfers_;
  std::unique_ptr<dns::Notifier> notifier_;
  std::unique_ptr<ResolverWatch> resolvers_;
  std::unique_ptr<FeedTable> feeds_;
  std::unique_ptr<record::Recorder> recorder_;  // or null
  std::unique_ptr<PlanLoop> plan_loop_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<PushFeed> push_;
  std::vector<std::unique_ptr<FileFeed>> file_feeds_;
  std::unique_ptr<dns::Dnstap> tap_;        // outlives the DNS workers
  std::unique_ptr<DecisionLog> decisions_;  // outlives all fronts
  std::unique_ptr<dns::DnsServer> dns_;
  std::unique_ptr<http::RedirectFront> redirect_;
  std::unique_ptr<http::HttpServer> http_;
  http::AdminBackend backend_;
  http::AnswerMetrics answers_;
  std::unique_ptr<http::HttpServer> admin_;
};

}  // namespace spillway

#endif  // SPILLWAY_APPS_DAEMON_SERVER_H_
