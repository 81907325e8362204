// http/redirect/redirect_front.h -- HTTP answers from the plan: redirects, and content steering.
//
//   request ─► host, path ─► service ┐
//           └► client address ───────┴─► Decide ─► 302 or JSON      (any path)
//                                               └► manifest         (GET <steering_path><service>)
//
// invariants: (1) each request has exactly one RedirectOutcome; (2) each redirect, JSON answer and
//   manifest is one grant of the slot it was decided by; (3) CONNECT is never redirected, nor any
//   method but GET and HEAD; (4) no heap per request once a worker is warm, but what RE2 takes to
//   match hosts or paths by pattern (tests/unit/http/redirect/heap_test.cc).
// thread safety: the front is shared and read only; each handler belongs to its worker.
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
#include "http/server/handler.h"
#include "steering/plan/plan.h"

namespace spillway::http {

struct RedirectOptions {
  // Peers whose X-Forwarded-For or Forwarded is believed (http/server/client_address.h).
  std::vector<IpPrefix> trusted_proxies;
  // Where manifests live, on any host; begins and ends with '/'. Empty: no content steering.
  std::string steering_path = "/steer/";
};

enum class RedirectOutcome : uint8_t {
  kRedirect,
  kJson,
  kManifest,
  kNotFound,   // no service for this host and path, or of this name
  kMethod,     // neither GET nor HEAD
  kNoPlan,     // nothing published yet
  kNoAddress,  // the decided target has neither host, address nor cname
};
inline constexpr size_t kRedirectOutcomeCount =
    static_cast<size_t>(RedirectOutcome::kNoAddress) + 1;
absl::string_view NameOf(RedirectOutcome outcome);

class RedirectFront {
 public:
  using Counters = std::array<Counter, kRedirectOutcomeCount>;

  // `plans` must outlive the front, the front its handlers.
  RedirectFront(RedirectOptions options, const SnapshotCell<Plan>& plans, size_t workers)
      : options_(std::move(options)), plans_(plans), counters_(workers) {}
  RedirectFront(const RedirectFront&) = delete;
  RedirectFront& operator=(const RedirectFront&) = delete;

  // For HttpServer::Create with as many workers; handler `index` counts grants as worker `index`.
  HandlerFactory factory();

  uint64_t Count(RedirectOutcome outcome) const;
  // spillway_redirect_answers_total{outcome}.
  void AppendMetrics(MetricsWriter* out) const;

 private:
  const RedirectOptions options_;
  const SnapshotCell<Plan>& plans_;
  std::vector<Counters> counters_;  // by worker
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_REDIRECT_REDIRECT_FRONT_H_
