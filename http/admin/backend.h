// http/admin/backend.h -- what the admin listener may ask of the rest of the program.
//
// why a struct of references and functions: the listener must not know how policies are loaded or
// how many fronts there are; the program wires it once at start (apps/daemon).
// thread safety: everything here may be called from any thread.
#ifndef SPILLWAY_HTTP_ADMIN_BACKEND_H_
#define SPILLWAY_HTTP_ADMIN_BACKEND_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "steering/collect/push_feed.h"
#include "steering/control/plan_loop.h"
#include "steering/feed/feed_table.h"
#include "steering/plan/plan.h"

namespace spillway::http {

// Outcome of loading policy, zones and geo database together.
struct ReloadReport {
  bool ok = false;
  std::string version;                          // of the policy that serves now
  absl::Time at = absl::InfinitePast();         // when this load was tried
  absl::Time loaded_at = absl::InfinitePast();  // when what serves now was loaded
  std::vector<std::string> diagnostics;         // errors when !ok, else warnings; one line each
};

// The signed zone whose signatures end first.
struct SignaturesEnd {
  std::string zone;
  absl::Time at;
};

struct AdminBackend {
  const Clock* clock = nullptr;
  const SnapshotCell<Plan>* plans = nullptr;
  const PlanLoop* plan_loop = nullptr;
  FeedTable* feeds = nullptr;
  PushFeed* push = nullptr;

  std::string token;  // of operators; empty = every request is refused
  std::string program_version;
  std::string policy_directory;
  absl::Time started_at;
  std::vector<std::string> dns_endpoints;
  std::vector<std::string> http_endpoints;

  std::function<ReloadReport()> reload;                      // loads now; returns when done
  std::function<ReloadReport()> last_reload;                 // newest outcome
  std::function<std::optional<SignaturesEnd>()> signatures;  // null when no zone is signed
  std::vector<std::function<void(MetricsWriter*)>> metrics;  // of the fronts and collectors
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_BACKEND_H_
