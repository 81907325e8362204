// steering/forecast/session_models.cc -- see session_models.h.
#include "steering/forecast/session_models.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace spillway {
namespace {

constexpr size_t kModels = SessionModels::kFactors.size();
// The policy's own figure is the likeliest; its neighbours half as much each.
constexpr std::array<double, kModels> kPrior = {0.1, 0.2, 0.4, 0.2, 0.1};

// A look at reports of half an hour ago counts 1/e: about a session.
constexpr double kMemory_s = 1800;
// A model leads when it is 20 times as likely as the one in force (e^3).
constexpr double kLead = 3;
// The length in force moves by 4 % a minute at most: the ledger's sessions must have time to
// follow, for the weights are learned against them.
constexpr double kSpeed_per_s = 0.04 / 60;
// Services below this part of the modelled load cannot be heard in the total.
constexpr double kHeard = 0.1;
// The ledger's load falls faster than all of its sessions ending only when targets stop reporting.
constexpr double kLost = 0.97;

double LogFactor(size_t k) { return std::log(SessionModels::kFactors[k]); }

// Sessions after `length_s` of `starts` each second.
double After(double load, double starts, double length_s, double session_s) {
  const double keep = std::exp(-length_s / session_s);
  return load * keep + starts * session_s * (1 - keep);
}

// The starts that make `after` of `before`; < 0 when even none would leave more.
double Starts(double before, double after, double length_s, double session_s) {
  const double keep = std::exp(-length_s / session_s);
  return (after - before * keep) / (session_s * (1 - keep));
}

}  // namespace

double SessionModels::Service::session_s() const { return policy_s * std::exp(log_factor); }

void SessionModels::Resize(absl::Span<const double> session_s) {
  services_.assign(session_s.size(), Service());
  dns_.assign(session_s.size(), 0);
  redirect_.assign(session_s.size(), 0);
  inherited_ = 0;
  for (size_t s = 0; s < services_.size(); ++s) {
    services_[s].policy_s = std::max(1.0, session_s[s]);
    for (Model& model : services_[s].models) model.filter.Resize(services_.size());
  }
}

void SessionModels::Carry(const SessionModels& other,
                          absl::Span<const std::optional<size_t>> from) {
  CHECK(from.size() == services_.size());
  inherited_ = other.inherited_;
  for (size_t s = 0; s < services_.size(); ++s) {
    if (!from[s]) continue;
    const Service& old = other.services_[*from[s]];
    Service& service = services_[s];
    // The length in force is what was learned; the policy's may have been corrected meanwhile.
    service.log_factor = std::clamp(old.log_factor + std::log(old.policy_s / service.policy_s),
                                    LogFactor(0), LogFactor(kModels - 1));
    service.started = old.started;
    service.dns = old.dns;
    service.redirect = old.redirect;
    for (size_t k = 0; k < kModels; ++k) {
      const Model& was = old.models[k];
      Model& model = service.models[k];
      model.dns = was.dns;
      model.redirect = was.redirect;
      model.inherited = was.inherited;
      // Judgements on other lengths do not carry.
      model.likelihood = old.policy_s == service.policy_s ? was.likelihood : std::log(kPrior[k]);
      model.filter.Carry(was.filter, from);
    }
  }
}

void SessionModels::Start(size_t s, const LoadFilter::Loads& loads) {
  Service& service = services_[s];
  service.started = true;
  service.dns = loads.dns[s];
  service.redirect = loads.redirect[s];
  for (size_t k = 0; k < kModels; ++k) {
    service.models[k].dns = loads.dns[s];
    service.models[k].redirect = loads.redirect[s];
    service.models[k].inherited = loads.inherited;
    service.models[k].likelihood = std::log(kPrior[k]);
  }
}

void SessionModels::Advance(size_t s, double length_s, const LoadFilter::Loads& loads) {
  Service& service = services_[s];
  const double in_force_s = service.session_s();
  const auto follow = [&](double before, double after, double Model::*load) {
    double starts = Starts(before, after, length_s, in_force_s);
    const double left = before * std::exp(-length_s / in_force_s);
    const double part = starts < 0 && after < kLost * left ? after / left : 1;
    starts = std::max(0.0, starts);
    for (size_t k = 0; k < kModels; ++k) {
      double& mine = service.models[k].*load;
      mine = After(mine * part, starts, length_s, service.policy_s * kFactors[k]);
    }
  };
  follow(service.dns, loads.dns[s], &Model::dns);
  follow(service.redirect, loads.redirect[s], &Model::redirect);
  follow(inherited_, loads.inherited, &Model::inherited);
  service.dns = loads.dns[s];
  service.redirect = loads.redirect[s];
}

void SessionModels::Judge(size_t s, double length_s, const LoadFilter::Loads& loads,
                          double measured, double noise, bool judge) {
  Service& service = services_[s];
  std::copy(loads.dns.begin(), loads.dns.end(), dns_.begin());
  std::copy(loads.redirect.begin(), loads.redirect.end(), redirect_.begin());
  const double keep = std::exp(-length_s / kMemory_s);
  double best = -1e300;
  for (Model& model : service.models) {
    dns_[s] = model.dns;
    redirect_[s] = model.redirect;
    const LoadFilter::Loads mine{.dns = dns_, .redirect = redirect_, .inherited = model.inherited};
    const double score = model.filter.Update(length_s, mine, measured, noise);
    if (judge) model.likelihood = keep * model.likelihood + score;
    best = std::max(best, model.likelihood);
  }
  for (Model& model : service.models) model.likelihood -= best;  // only differences matter
  if (judge) Follow(length_s, &service);
}

void SessionModels::Follow(double length_s, Service* service) {
  double sum = 0, mean = 0, in_force = service->models[0].likelihood;
  for (size_t k = 0; k < kModels; ++k) {
    const double p = std::exp(service->models[k].likelihood);
    sum += p;
    mean += p * LogFactor(k);
    if (k == 0 || service->log_factor < LogFactor(k - 1)) continue;
    // Between two models: as likely as a mixture of them.
    const double part = std::clamp(
        (service->log_factor - LogFactor(k - 1)) / (LogFactor(k) - LogFactor(k - 1)), 0.0, 1.0);
    in_force =
        service->models[k - 1].likelihood * (1 - part) + service->models[k].likelihood * part;
  }
  mean /= sum;
  if (-in_force < kLead) return;
  const double step = kSpeed_per_s * length_s;
  service->log_factor += std::clamp(mean - service->log_factor, -step, step);
}

void SessionModels::Update(double length_s, const LoadFilter::Loads& loads, double measured,
                           double noise, bool judge) {
  CHECK(loads.dns.size() == services_.size() && loads.redirect.size() == services_.size());
  const double all = std::accumulate(loads.dns.begin(), loads.dns.end(), 0.0) +
                     std::accumulate(loads.redirect.begin(), loads.redirect.end(), 0.0);
  for (size_t s = 0; s < services_.size(); ++s) {
    const double load = loads.dns[s] + loads.redirect[s];
    if (!services_[s].started) {
      if (load > 0) Start(s, loads);
      continue;
    }
    Advance(s, length_s, loads);
    if (load >= kHeard * all && load > 0) Judge(s, length_s, loads, measured, noise, judge);
  }
  inherited_ = loads.inherited;
}

}  // namespace spillway
