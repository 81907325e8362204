#include "http/redirect/redirect_front.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "base/check.h"
#include "base/strings.h"
#include "http/redirect/answers.h"
#include "http/redirect/location.h"
#include "http/redirect/pathways.h"
#include "http/server/client_address.h"
#include "http/server/request.h"
#include "http/server/response.h"
#include "steering/decide/decide.h"
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
                  RedirectFront::Counters* counters)
      : options_(options), plans_(plans), worker_(worker), counters_(counters) {}

  void Handle(const Request& request, Response& response) override {
    (*counters_)[static_cast<size_t>(Answer(request, response))].Add();
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

  RedirectOutcome Redirect(const Plan& plan, ServiceId service, const Request& request,
                           Response& response) {
    const Decision decision = Decide(plan, service, Locate(plan, request));
    const Target& target = plan.policy().target(decision.target);
    const std::string& authority = texts_.authorities[decision.target.index()];
    if (authority.empty()) {
      AnswerError(request, 503, "the target has no address", &scratch_, response);
      return RedirectOutcome::kNoAddress;
    }
    AnswerRedirect(request,
                   {.scheme = SchemeOf(target),
                    .authority = authority,
                    .service = plan.policy().service(service).name,
                    .target = target.name,
                    .ttl_s = decision.ttl_s},
                   &scratch_, response);
    plan.frame->grants->Add(Front::kRedirect, worker_, decision.slot);
    return response.status() == 302 ? RedirectOutcome::kRedirect : RedirectOutcome::kJson;
  }

  // Never 429: hls.js would stop steering for the rest of the session.
  RedirectOutcome Steer(const Plan& plan, const Request& request, Response& response) {
    auto found = texts_.services.find(request.path().substr(options_.steering_path.size()));
    if (found == texts_.services.end()) return NotFound(request, response);
    const ClientFacts client = Locate(plan, request);
    const Decision decision = Decide(plan, found->second, client);
    OrderPathways(plan, found->second, client, decision, &pathways_);
    AnswerManifest(request, decision.ttl_s, pathways_.list(), &scratch_, response);
    plan.frame->grants->Add(Front::kSteering, worker_, decision.slot);
    return RedirectOutcome::kManifest;
  }

  RedirectOutcome NotFound(const Request& request, Response& response) {
    AnswerError(request, 404, "no such service", &scratch_, response);
    return RedirectOutcome::kNotFound;
  }

  ClientFacts Locate(const Plan& plan, const Request& request) const {
    return LocateClient(plan, ClientAddress(request, options_.trusted_proxies));
  }

  const RedirectOptions& options_;
  SnapshotReader<Plan> plans_;
  const size_t worker_;
  RedirectFront::Counters* const counters_;
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
    return std::make_unique<RedirectHandler>(options_, plans_, worker, &counters_[worker]);
  };
}

uint64_t RedirectFront::Count(RedirectOutcome outcome) const {
  uint64_t sum = 0;
  for (const Counters& counters : counters_) sum += counters[static_cast<size_t>(outcome)].Get();
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
}

}  // namespace spillway::http
