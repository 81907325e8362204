#include "http/redirect/redirect_front.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/strings.h"
#include "http/redirect/answers.h"
#include "http/redirect/location.h"
#include "http/redirect/pathways.h"
#include "http/server/client_address.h"
#include "http/server/request.h"
#include "http/server/response.h"
#include "steering/decide/decide.h"
#include "steering/decide/overload.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"

namespace spillway::http {
namespace {

using absl::string_view;

// What is derived from a policy once, so that requests need not: rebuilt when the policy changes.
struct PolicyTexts {
  std::shared_ptr<const Policy> policy;
  std::vector<std::string> authorities;  // by TargetId
  StringMap<ServiceId> services;         // by name

  void Follow(const std::shared_ptr<const Policy>& current) {
    if (policy == current) return;
    authorities.clear();
    services.clear();
    for (const Target& target : current->targets) authorities.push_back(AuthorityOf(target));
    for (size_t i = 0; i < current->services.size(); ++i) {
      services.emplace(current->services[i].name, ServiceId(i));
    }
    policy = current;
  }
};

class RedirectHandler : public Handler {
 public:
  RedirectHandler(const RedirectOptions& options, const SnapshotCell<Plan>& plans, size_t worker,
                  JoinMemory* joins, RedirectCounters* counters)
      : options_(options), plans_(plans), worker_(worker), joins_(joins), counters_(counters) {
    if (options.decisions == nullptr) return;
    redirects_ = options.decisions->ring(Front::kRedirect, worker);
    manifests_ = options.decisions->ring(Front::kSteering, worker);
  }

  void Handle(const Request& request, Response& response) override {
    counters_->outcomes[static_cast<size_t>(Answer(request, response))].Add();
  }

 private:
  RedirectOutcome Answer(const Request& request, Response& response) {
    if (request.method() != Method::kGet && request.method() != Method::kHead) {
      AnswerError(request, 405, "method not allowed", &scratch_, response);
      return RedirectOutcome::kMethod;
    }
    const Plan* plan = plans_.Get();
    if (plan == nullptr) {
      AnswerError(request, 503, "no plan yet", &scratch_, response);
      return RedirectOutcome::kNoPlan;
    }
    texts_.Follow(plan->frame->policy);
    if (!options_.steering_path.empty() &&
        absl::StartsWith(request.path(), options_.steering_path)) {
      return Steer(*plan, request, response);
    }
    std::optional<ServiceId> service =
        plan->frame->services->FindByUrl(request.host(), request.path());
    if (!service) return NotFound(request, response);
    return Redirect(*plan, *service, request, response);
  }

  RedirectOutcome Redirect(const Plan& plan, ServiceId id, const Request& request,
                           Response& response) {
    const Service& service = plan.policy().service(id);
    const IpAddress address = ClientAddress(request, options_.trusted_proxies);
    const Decision decision = Decide(plan, id, LocateClient(plan, address));
    const PlanRow& row = plan.rows[decision.row];
    const Target& target = plan.policy().target(decision.target);
    const std::string& authority = texts_.authorities[decision.target.index()];
    if (authority.empty()) {
      AnswerError(request, 503, "the target has no address", &scratch_, response);
      return RedirectOutcome::kNoAddress;
    }
    if (service.waiting_room) {
      const Admission admission = Join(plan, row, DrawKey(id, address), request);
      if (!admission.admitted) {
        plan.frame->grants->PutOff(worker_, decision.row);
        AnswerWaiting(request, service.name, admission.retry_after_s, &scratch_, response);
        return RedirectOutcome::kWaiting;
      }
    }
    const uint32_t max_kbps = Cap(service, row);
    AnswerRedirect(request,
                   {.scheme = SchemeOf(target),
                    .authority = authority,
                    .service = service.name,
                    .target = target.name,
                    .ttl_s = decision.ttl_s,
                    .max_kbps = max_kbps},
                   &scratch_, response);
    plan.frame->grants->Add(Front::kRedirect, worker_, decision.slot);
    Sample(redirects_, Front::kRedirect, plan, decision, request, address);
    return response.status() == 302 ? RedirectOutcome::kRedirect : RedirectOutcome::kJson;
  }

  // One join: remembered when let in, also while nothing is held back, because the interruption
  // that makes its client ask again comes first and the shortage after it.
  Admission Join(const Plan& plan, const PlanRow& row, uint64_t draw_key, const Request& request) {
    // The path without the query: players put a new session id there when they start again.
    const uint64_t key = CombineHash(draw_key, StableHash(request.path()));
    const bool retry = joins_->Contains(key, plan.made_at);
    const Admission admission = AdmitJoin(row, plan.made_at, draw_key, retry);
    if (admission.admitted) joins_->Remember(key, plan.made_at);
    const JoinOutcome outcome =
        retry ? admission.admitted ? JoinOutcome::kRetryAdmitted : JoinOutcome::kRetryWaiting
        : admission.admitted ? JoinOutcome::kNewAdmitted
                             : JoinOutcome::kNewWaiting;
    counters_->joins[static_cast<size_t>(outcome)].Add();
    return admission;
  }

  uint32_t Cap(const Service& service, const PlanRow& row) {
    const uint32_t max_kbps = LadderCapKbps(service, row);
    if (max_kbps != 0) counters_->capped.Add();
    return max_kbps;
  }

  // Never 503 for want of room: who asks is playing. Never 429: hls.js would stop steering for the
  // rest of the session.
  RedirectOutcome Steer(const Plan& plan, const Request& request, Response& response) {
    auto found = texts_.services.find(request.path().substr(options_.steering_path.size()));
    if (found == texts_.services.end()) return NotFound(request, response);
    const IpAddress address = ClientAddress(request, options_.trusted_proxies);
    const ClientFacts client = LocateClient(plan, address);
    const Decision decision = Decide(plan, found->second, client);
    OrderPathways(plan, found->second, client, decision, &pathways_);
    const uint32_t max_kbps = Cap(plan.policy().service(found->second), plan.rows[decision.row]);
    AnswerManifest(request, decision.ttl_s, max_kbps, pathways_.list(), &scratch_, response);
    plan.frame->grants->Add(Front::kSteering, worker_, decision.slot);
    Sample(manifests_, Front::kSteering, plan, decision, request, address);
    return RedirectOutcome::kManifest;
  }

  static void Sample(DecisionRing* ring, Front front, const Plan& plan, const Decision& decision,
                     const Request& request, const IpAddress& address) {
    if (ring == nullptr || !ring->Due()) return;
    DecisionNote note;
    note.front = front;
    note.peer = request.peer();
    note.client = address;
    note.client_bits = static_cast<uint8_t>(address.bits_max());
    note.scope_bits = decision.scope_bits;
    ring->Add(plan, decision, note);
  }

  RedirectOutcome NotFound(const Request& request, Response& response) {
    AnswerError(request, 404, "no such service", &scratch_, response);
    return RedirectOutcome::kNotFound;
  }

  const RedirectOptions& options_;
  SnapshotReader<Plan> plans_;
  const size_t worker_;
  JoinMemory* const joins_;
  RedirectCounters* const counters_;
  DecisionRing* redirects_ = nullptr;  // null: no decision log
  DecisionRing* manifests_ = nullptr;
  PolicyTexts texts_;
  AnswerScratch scratch_;
  Pathways pathways_;
};

}  // namespace

string_view NameOf(RedirectOutcome outcome) {
  switch (outcome) {
    case RedirectOutcome::kRedirect:
      return "redirect";
    case RedirectOutcome::kJson:
      return "json";
    case RedirectOutcome::kManifest:
      return "manifest";
    case RedirectOutcome::kWaiting:
      return "waiting";
    case RedirectOutcome::kNotFound:
      return "not_found";
    case RedirectOutcome::kMethod:
      return "method";
    case RedirectOutcome::kNoPlan:
      return "no_plan";
    case RedirectOutcome::kNoAddress:
      return "no_address";
  }
  return "unknown";
}

HandlerFactory RedirectFront::factory() {
  return [this](int index) -> std::unique_ptr<Handler> {
    const auto worker = static_cast<size_t>(index);
    CHECK(worker < counters_.size());
    return std::make_unique<RedirectHandler>(options_, plans_, worker, &joins_, &counters_[worker]);
  };
}

uint64_t RedirectFront::Count(RedirectOutcome outcome) const {
  uint64_t sum = 0;
  for (const RedirectCounters& worker : counters_)
    sum += worker.outcomes[static_cast<size_t>(outcome)].Get();
  return sum;
}

uint64_t RedirectFront::Count(JoinOutcome outcome) const {
  uint64_t sum = 0;
  for (const RedirectCounters& worker : counters_)
    sum += worker.joins[static_cast<size_t>(outcome)].Get();
  return sum;
}

uint64_t RedirectFront::CountCapped() const {
  uint64_t sum = 0;
  for (const RedirectCounters& worker : counters_) sum += worker.capped.Get();
  return sum;
}

void RedirectFront::AppendMetrics(MetricsWriter* out) const {
  out->Family(
      "spillway_redirect_answers_total", "counter",
      "Requests to the redirector by their one outcome; redirect, json and manifest are grants.");
  for (size_t i = 0; i < kRedirectOutcomeCount; ++i) {
    auto outcome = static_cast<RedirectOutcome>(i);
    out->Sample({{"outcome", NameOf(outcome)}}, static_cast<double>(Count(outcome)));
  }
  out->Family(
      "spillway_redirect_joins_total", "counter",
      "Joins of services with a waiting room: new ones and retries, let in or told to wait.");
  for (JoinOutcome outcome : {JoinOutcome::kNewAdmitted, JoinOutcome::kNewWaiting,
                              JoinOutcome::kRetryAdmitted, JoinOutcome::kRetryWaiting}) {
    const bool retry =
        outcome == JoinOutcome::kRetryAdmitted || outcome == JoinOutcome::kRetryWaiting;
    const bool waits = outcome == JoinOutcome::kNewWaiting || outcome == JoinOutcome::kRetryWaiting;
    out->Sample({{"kind", retry ? "retry" : "new"}, {"outcome", waits ? "waiting" : "admitted"}},
                static_cast<double>(Count(outcome)));
  }
  out->Family("spillway_redirect_capped_total", "counter",
              "Redirects, JSON answers and manifests that carry a bitrate cap.");
  out->Sample(static_cast<double>(CountCapped()));
}

}  // namespace spillway::http
