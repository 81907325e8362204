// apps/daemon/reloader.h -- keeps the running configuration equal to the files, or says why it is
// not.
//
//   files change (looked at 4 times a second) ─┐
//   SIGHUP ────────────────────────────────────┼─► Reload: load all ─ok─► zones, then plans; report
//   POST /v1/reload ───────────────────────────┘            └─bad─► nothing changes; report why
//
// A change is loaded when two looks in a row saw the same files, so that a save in several steps is
// one change. why looking and not inotify: mounted config maps swap links, network file systems
// send no events.
// thread safety: all methods from any thread; reloads take turns.
#ifndef SPILLWAY_APPS_DAEMON_RELOADER_H_
#define SPILLWAY_APPS_DAEMON_RELOADER_H_

#include <memory>
#include <thread>

#include "apps/daemon/configuration.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/snapshot.h"
#include "dns/wire/cookie.h"
#include "dns/zone/zone_set.h"
#include "http/admin/backend.h"
#include "steering/control/plan_loop.h"

namespace spillway {

class Reloader {
 public:
  static constexpr absl::Duration kLookEvery = absl::Milliseconds(250);

  // References must outlive the reloader. `on_load` is told of every configuration that begins to
  // serve.
  Reloader(ConfigurationSources sources, const Clock& clock, PlanLoop& plans,
           SnapshotCell<dns::ZoneSet>& zones, SnapshotCell<dns::CookieSecrets>& cookies,
           std::function<void(const Configuration&)> on_load);
  ~Reloader() { StopWatching(); }

  // Loads now and returns the outcome. On error everything stays as it was.
  http::ReloadReport Reload();
  http::ReloadReport last() const;

  void StartWatching();
  void StopWatching();
  // From a signal's thread: the watching thread reloads soon.
  void Request();

  void WriteMetrics(MetricsWriter* out) const;

 private:
  void Watch();
  http::ReloadReport Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(load_mu_);

  const ConfigurationSources sources_;
  const Clock& clock_;
  PlanLoop& plans_;
  SnapshotCell<dns::ZoneSet>& zones_;
  SnapshotCell<dns::CookieSecrets>& cookies_;
  const std::function<void(const Configuration&)> on_load_;

  Mutex load_mu_;
  std::shared_ptr<const Configuration> current_ ABSL_GUARDED_BY(load_mu_);
  uint64_t loaded_fingerprint_ ABSL_GUARDED_BY(load_mu_) = 0;

  mutable Mutex report_mu_;
  http::ReloadReport report_ ABSL_GUARDED_BY(report_mu_);
  uint64_t loads_ok_ ABSL_GUARDED_BY(report_mu_) = 0;
  uint64_t loads_failed_ ABSL_GUARDED_BY(report_mu_) = 0;

  Mutex watch_mu_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(watch_mu_) = false;
  bool requested_ ABSL_GUARDED_BY(watch_mu_) = false;
  std::thread thread_;
};

}  // namespace spillway

#endif  // SPILLWAY_APPS_DAEMON_RELOADER_H_
