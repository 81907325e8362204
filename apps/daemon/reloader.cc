#include "apps/daemon/reloader.h"

#include <utility>

#include "base/log.h"

namespace spillway {

Reloader::Reloader(ConfigurationSources sources, const Clock& clock, PlanLoop& plans,
                   SnapshotCell<dns::ZoneSet>& zones, SnapshotCell<dns::CookieSecrets>& cookies,
                   std::function<void(const Configuration&)> on_load)
    : sources_(std::move(sources)),
      clock_(clock),
      plans_(plans),
      zones_(zones),
      cookies_(cookies),
      on_load_(std::move(on_load)) {}

http::ReloadReport Reloader::Load() {
  http::ReloadReport report;
  report.at = clock_.Now();
  loaded_fingerprint_ = Fingerprint(sources_);
  ConfigurationResult result = LoadConfiguration(sources_, report.at, current_.get());
  // Zones just before the plan: a name steered by the new plan must already be a steered node.
  auto publish_zones = [&] { zones_.Publish(result.configuration->zones); };
  if (result.configuration != nullptr &&
      !plans_.SetFrame(result.configuration->frame, publish_zones)) {
    result.errors.push_back("the first plan of this policy broke an invariant; see the log");
    result.configuration = nullptr;
  }
  report.ok = result.configuration != nullptr;
  report.diagnostics = report.ok ? std::move(result.warnings) : std::move(result.errors);
  if (report.ok) {
    current_ = std::move(result.configuration);
    if (current_->cookies != nullptr) cookies_.Publish(current_->cookies);
    on_load_(*current_);
  }
  if (current_ != nullptr) report.version = current_->frame->policy->version;
  return report;
}

http::ReloadReport Reloader::Reload() {
  MutexLock load_lock(load_mu_);
  http::ReloadReport report = Load();
  // At start nothing serves yet, and who starts us prints the errors.
  const bool at_start = !report.ok && report.version.empty();
  for (const std::string& line : report.diagnostics) {
    if (at_start) break;
    report.ok ? LogWarning("%s", line) : LogError("%s", line);
  }
  MutexLock lock(report_mu_);
  report.loaded_at = report.ok ? report.at : report_.loaded_at;
  if (report.ok) {
    ++loads_ok_;
    LogInfo("policy %s serves (%d targets, %d services, %d client groups)", report.version,
            current_->frame->policy->targets.size(), current_->frame->policy->services.size(),
            current_->frame->groups->groups().size());
  } else {
    ++loads_failed_;
    if (!report.version.empty()) LogError("not loaded; policy %s keeps serving", report.version);
  }
  report_ = report;
  return report;
}

http::ReloadReport Reloader::last() const {
  MutexLock lock(report_mu_);
  return report_;
}

void Reloader::StartWatching() {
  thread_ = std::thread([this] { Watch(); });
}

void Reloader::StopWatching() {
  {
    MutexLock lock(watch_mu_);
    stop_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Reloader::Request() {
  MutexLock lock(watch_mu_);
  requested_ = true;
  wake_.NotifyAll();
}

void Reloader::Watch() {
  uint64_t seen = 0;
  for (;;) {
    bool asked = false;
    {
      MutexLock lock(watch_mu_);
      if (!stop_ && !requested_) wake_.WaitFor(watch_mu_, kLookEvery);
      if (stop_) return;
      asked = std::exchange(requested_, false);
    }
    const uint64_t now = Fingerprint(sources_);
    uint64_t loaded = 0;
    {
      MutexLock lock(load_mu_);
      loaded = loaded_fingerprint_;
    }
    if (asked || (now != loaded && now == seen)) Reload();
    seen = now;
  }
}

void Reloader::WriteMetrics(MetricsWriter* out) const {
  MutexLock lock(report_mu_);
  out->Family("spillway_policy_loads_total", "counter",
              "Loads of policy, zones and geo database, by outcome.");
  out->Sample({{"outcome", "ok"}}, static_cast<double>(loads_ok_));
  out->Sample({{"outcome", "failed"}}, static_cast<double>(loads_failed_));
  out->Family("spillway_policy_stale", "gauge",
              "1 while the files on disk are refused and an older policy serves.");
  out->Sample(report_.ok ? 0 : 1);
  out->Family("spillway_policy_info", "gauge", "1, labelled with the version that serves.");
  out->Sample({{"version", report_.version}}, 1);
}

}  // namespace spillway
