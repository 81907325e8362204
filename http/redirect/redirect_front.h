// http/redirect/redirect_front.h -- HTTP answers from the plan: redirects, and content steering.
//
//   request ─► host, path ─► service ┐            ┌► 503, Retry-After (no room for this join)
//           └► client address ───────┴─► Decide ──┼► 302 or JSON      (any path)
//                                                 └► manifest         (GET <steering_path><name>)
//
// Order of sacrifice when the world is full (the planner says how far): a bitrate cap on every
// answer; then part of the new joins wait; then part of the retries. Steering requests come from
// players in the midst of a session: they are never refused. A join is a redirect or JSON answer of
// a service with a waiting room; a retry is a join of a client (address and path) that this front
// let in within the last 10 minutes. Many viewers behind one address look like one: after the first
// they count as retries. docs/OVERLOAD.md says it for operators.
//
// invariants: (1) each request has exactly one RedirectOutcome, each join exactly one JoinOutcome,
//   and kWaiting counts the joins that wait; (2) each redirect, JSON answer and manifest is one
//   grant of the slot it was decided by, a join that waits is none; (3) CONNECT is never
//   redirected, nor any method but GET and HEAD; (4) no heap per request once a worker is warm,
//   but what RE2 takes to match hosts or paths by pattern (tests/unit/http/redirect/heap_test.cc).
// thread safety: the front is shared and read only but for its join memory, which any thread may
//   use; each handler belongs to its worker.
#ifndef SPILLWAY_HTTP_REDIRECT_REDIRECT_FRONT_H_
#define SPILLWAY_HTTP_REDIRECT_REDIRECT_FRONT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "http/redirect/join_memory.h"
#include "http/server/handler.h"
#include "steering/decisions/decision_log.h"
#include "steering/plan/plan.h"

namespace spillway::http {

struct RedirectOptions {
  // Peers whose X-Forwarded-For or Forwarded is believed (http/server/client_address.h).
  std::vector<IpPrefix> trusted_proxies;
  // Where manifests live, on any host; begins and ends with '/'. Empty: no content steering.
  std::string steering_path = "/steer/";
  // Clients let in that are remembered, 8 octets each. 2^20 are 8 MiB and hold 10 minutes of about
  // 1'700 joins a second; with more, the oldest are forgotten sooner.
  size_t join_memory_entries = size_t{1} << 20;
  DecisionLog* decisions = nullptr;  // a sample of answers for people; outlives the front
};

enum class RedirectOutcome : uint8_t {
  kRedirect,
  kJson,
  kManifest,
  kWaiting,    // asked to come back later
  kNotFound,   // no service for this host and path, or of this name
  kMethod,     // neither GET nor HEAD
  kNoPlan,     // nothing published yet
  kNoAddress,  // the decided target has neither host, address nor cname
};
inline constexpr size_t kRedirectOutcomeCount =
    static_cast<size_t>(RedirectOutcome::kNoAddress) + 1;
absl::string_view NameOf(RedirectOutcome outcome);

enum class JoinOutcome : uint8_t { kNewAdmitted, kNewWaiting, kRetryAdmitted, kRetryWaiting };
inline constexpr size_t kJoinOutcomeCount = static_cast<size_t>(JoinOutcome::kRetryWaiting) + 1;

// Of one worker.
struct RedirectCounters {
  std::array<Counter, kRedirectOutcomeCount> outcomes;
  std::array<Counter, kJoinOutcomeCount> joins;
  Counter capped;  // redirects, JSON answers and manifests that carry a cap
};

class RedirectFront {
 public:
  // `plans` must outlive the front, the front its handlers.
  RedirectFront(RedirectOptions options, const SnapshotCell<Plan>& plans, size_t workers)
      : options_(std::move(options)),
        plans_(plans),
        joins_(options_.join_memory_entries),
        counters_(workers) {}
  RedirectFront(const RedirectFront&) = delete;
  RedirectFront& operator=(const RedirectFront&) = delete;

  // For HttpServer::Create with as many workers; handler `index` counts grants as worker `index`.
  HandlerFactory factory();

  uint64_t Count(RedirectOutcome outcome) const;
  uint64_t Count(JoinOutcome outcome) const;
  uint64_t CountCapped() const;
  // spillway_redirect_answers_total{outcome}, spillway_redirect_joins_total{kind,outcome},
  // spillway_redirect_capped_total.
  void AppendMetrics(MetricsWriter* out) const;

 private:
  const RedirectOptions options_;
  const SnapshotCell<Plan>& plans_;
  JoinMemory joins_;
  std::vector<RedirectCounters> counters_;  // by worker
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_REDIRECT_FRONT_H_
