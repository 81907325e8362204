// steering/forecast/load_filter.cc -- see load_filter.h.
#include "steering/forecast/load_filter.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace spillway {
namespace {

// One DNS answer stands for the clients behind a resolver: from part of one (short TTLs) to
// hundreds. A standard deviation of a factor of 4.5: 40 is 2.5 of them away, 500 is 4.
constexpr double kDnsDoubt = 1.5;
// Services share resolvers, so their answers are worth about the same.
constexpr double kDnsAlike = 0.9;
constexpr double kDnsMin = 0.02, kDnsMax = 500;
// What "no opinion" is to the linear filter: twice the largest weight.
constexpr double kDnsOpen = 1000;
// A redirect is a session; some players ask twice, some never play.
constexpr double kRedirectDoubt = 0.2;
constexpr double kRedirectMin = 0.2, kRedirectMax = 5;
// Inherited load was measured, but the sessions in it that ask for steering are modelled once more;
// and how it fades is unsure, by so much each square root of a minute: 16 % after a session of 30
// min, what a session length wrong by a quarter makes.
constexpr double kInheritedDoubt = 0.3;
constexpr double kInheritedDrift = 0.03;
constexpr double kInheritedMost = 0.5;
// Load nobody steers: within 5 % of the first total, moving by 0.2 % of the total each square root
// of a minute (1.5 % in an hour; more would explain away a wrong session length), and in the end
// believed to be none: over two hours what does not move with the background is ours.
constexpr double kBackgroundDoubt = 0.05;
constexpr double kBackgroundDrift = 0.002;
constexpr double kBackgroundLife_s = 7200;
constexpr double kBackgroundMin = -1, kBackgroundMax = 1;  // of the measured total
// A total more than 3 sigma from what the states allow is no news of our weights: the background
// jumped (another customer of a CDN, a quiet scene).
constexpr double kSurprise = 9;
// A weight drifts by 5 % as its traffic doubles (other clients than before), by 2 % in an hour.
constexpr double kWeightDrift = 0.05;
constexpr double kWeightDriftHour = 0.02;
// Variances stay above rounding.
constexpr double kVarianceMin = 1e-12;

// Steps to the most probable weights: a logarithm moves by 1 at most (beyond it the exponential is
// no line), from bound to bound is ln 25'000 = 10.
constexpr double kStepMax = 1;
constexpr int kStepsMax = 20;
constexpr double kStepSettled = 1e-7;

double Square(double x) { return x * x; }

// Solves a x = b in place (b becomes x, a its Cholesky factor) for `count` right-hand sides, one
// after another. False when the n x n matrix `a` is not positive definite.
bool Solve(size_t n, double* a, double* b, size_t count) {
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) a[j * n + j] -= Square(a[j * n + k]);
    if (!(a[j * n + j] > 0)) return false;
    a[j * n + j] = std::sqrt(a[j * n + j]);
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  for (double* x = b; x < b + n * count; x += n) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t k = 0; k < i; ++k) x[i] -= a[i * n + k] * x[k];
      x[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
      for (size_t k = i + 1; k < n; ++k) x[i] -= a[k * n + i] * x[k];
      x[i] /= a[i * n + i];
    }
  }
  return true;
}

}  // namespace

void LoadFilter::Resize(size_t services) {
  services_ = services;
  started_ = false;
  const size_t n = size();
  state_.assign(n, 1);
  state_[background()] = 0;
  best_ = state_;
  covariance_.assign(n * n, 0);
  for (auto* v : {&before_, &slope_, &spread_}) v->assign(n, 0);
  for (auto* v : {&logs_, &next_, &step_}) v->assign(services, 0);
  for (auto* v : {&precision_, &curvature_}) v->assign(services * services, 0);
  for (size_t s = 0; s < services; ++s) {
    Covariance(s, s) = Square(kDnsOpen);
    Covariance(services + s, services + s) = Square(kRedirectDoubt);
  }
  Covariance(n - 1, n - 1) = Square(kInheritedDoubt);  // the background's comes with the first look
}

void LoadFilter::Carry(const LoadFilter& other, absl::Span<const std::optional<size_t>> from) {
  CHECK(from.size() == services_);
  if (!other.started_) return;
  started_ = true;
  // Where each state was; a new service's are independent of all others.
  std::vector<std::optional<size_t>> old(size());
  for (size_t s = 0; s < services_; ++s) {
    if (!from[s]) continue;
    old[s] = *from[s];
    old[services_ + s] = other.services_ + *from[s];
    logs_[s] = other.logs_[*from[s]];
  }
  old[size() - 2] = other.size() - 2;
  old[size() - 1] = other.size() - 1;
  for (size_t i = 0; i < size(); ++i) {
    if (!old[i]) continue;
    state_[i] = other.state_[*old[i]];
    best_[i] = other.best_[*old[i]];
    before_[i] = other.before_[*old[i]];
    for (size_t j = 0; j < size(); ++j)
      if (old[j]) Covariance(i, j) = other.Covariance(*old[i], *old[j]);
  }
}

double LoadFilter::redirect_weight(size_t service) const { return best_[services_ + service]; }

// Of the inverse of kDnsDoubt^2 x (1 on the diagonal, kDnsAlike elsewhere).
double LoadFilter::PriorPrecision(size_t i, size_t j) const {
  const double n = static_cast<double>(services_);
  const double common = kDnsAlike / (1 - kDnsAlike + n * kDnsAlike);
  return ((i == j ? 1 : 0) - common) / (Square(kDnsDoubt) * (1 - kDnsAlike));
}

double LoadFilter::Load(const Loads& loads, size_t state) const {
  if (state < services_) return loads.dns[state];
  if (state < 2 * services_) return loads.redirect[state - services_];
  return state == background() ? 1 : loads.inherited;
}

void LoadFilter::AddDoubt(size_t state, double variance, double most) {
  Covariance(state, state) = std::max(Covariance(state, state),
                                      std::min(Covariance(state, state) + variance, most * most));
}

void LoadFilter::GainDoubt(double length_s, const Loads& loads, double measured) {
  const double minutes = length_s / 60;
  const size_t b = background();
  if (!started_) Covariance(b, b) = Square(kBackgroundDoubt * measured);
  const double keep = std::exp(-length_s / kBackgroundLife_s);
  state_[b] *= keep;
  for (size_t j = 0; j < size(); ++j) {
    Covariance(b, j) *= keep;
    Covariance(j, b) *= keep;
  }
  AddDoubt(b, Square(kBackgroundDrift * measured) * minutes, measured);
  AddDoubt(size() - 1, Square(kInheritedDrift) * minutes, kInheritedMost);
  for (size_t i = 0; i < 2 * services_; ++i) {
    const double load = Load(loads, i);
    const double most = std::max(load, before_[i]);
    if (most > 0 && started_) {
      const double changed = std::abs(load - before_[i]) / most;
      const double doubt = Square(kWeightDrift) * changed + Square(kWeightDriftHour) * minutes / 60;
      AddDoubt(i, Square(best_[i]) * doubt, i < services_ ? kDnsOpen : kRedirectDoubt);
    }
    before_[i] = load;
  }
  started_ = true;
}

double LoadFilter::Spread() {
  double all = 0;
  for (size_t i = 0; i < size(); ++i) {
    spread_[i] = 0;
    for (size_t j = 0; j < size(); ++j) spread_[i] += Covariance(i, j) * slope_[j];
    all += slope_[i] * spread_[i];
  }
  return all;
}

void LoadFilter::Learn(double off, double variance) {
  const double all = Spread() + variance;
  for (size_t i = 0; i < size(); ++i) {
    state_[i] += spread_[i] * off / all;
    for (size_t j = 0; j < size(); ++j) Covariance(i, j) -= spread_[i] * spread_[j] / all;
    Covariance(i, i) = std::max(Covariance(i, i), kVarianceMin);
  }
}

double LoadFilter::Update(double length_s, const Loads& loads, double measured, double noise) {
  CHECK(loads.dns.size() == services_ && loads.redirect.size() == services_);
  GainDoubt(length_s, loads, measured);
  double off = measured;
  for (size_t i = 0; i < size(); ++i) {
    slope_[i] = Load(loads, i);
    off -= slope_[i] * state_[i];
  }
  const double variance = Square(noise * measured);
  const double before = Spread() + variance;
  const double score = -0.5 * std::min(off * off / variance, kSurprise);
  surprised_ = off * off > kSurprise * before;
  if (surprised_) Covariance(background(), background()) += off * off;
  Learn(off, variance);
  state_[background()] =
      std::clamp(state_[background()], kBackgroundMin * measured, kBackgroundMax * measured);
  // Totals that differ by many orders of magnitude can use up a double's digits: begin again.
  if (!FindBest() || !std::isfinite(score)) {
    Resize(services_);
    return 0;
  }
  return score;
}

bool LoadFilter::InvertDnsCovariance() {
  const size_t n = services_;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      curvature_[i * n + j] = Covariance(i, j);
      precision_[i * n + j] = i == j ? 1 : 0;
    }
  }
  return Solve(n, curvature_.data(), precision_.data(), n);
}

// Half the squared distance, in sigmas, of DNS weights from what was measured and from the prior.
double LoadFilter::Misfit(absl::Span<const double> logs) const {
  double sum = 0;
  for (size_t i = 0; i < services_; ++i) {
    const double off = std::exp(logs[i]) - state_[i];
    for (size_t j = 0; j < services_; ++j) {
      sum += off * precision_[i * services_ + j] * (std::exp(logs[j]) - state_[j]) +
             logs[i] * PriorPrecision(i, j) * logs[j];
    }
  }
  return sum / 2;
}

// Gauss-Newton on the logarithms of the DNS weights.
bool LoadFilter::FindBest() {
  const size_t n = services_;
  if (!InvertDnsCovariance()) return false;
  double misfit = Misfit(logs_);
  for (int iteration = 0; iteration < kStepsMax; ++iteration) {
    for (size_t i = 0; i < n; ++i) {
      const double weight = std::exp(logs_[i]);
      step_[i] = 0;
      for (size_t j = 0; j < n; ++j) {
        const double other = std::exp(logs_[j]);
        step_[i] -=
            weight * precision_[i * n + j] * (other - state_[j]) + PriorPrecision(i, j) * logs_[j];
        curvature_[i * n + j] = weight * precision_[i * n + j] * other + PriorPrecision(i, j);
      }
    }
    if (!Solve(n, curvature_.data(), step_.data(), 1)) return false;
    double largest = 0;
    for (double step : step_) largest = std::max(largest, std::abs(step));
    if (!std::isfinite(largest)) return false;
    // Half as far, if it went too far.
    double part = largest > kStepMax ? kStepMax / largest : 1;
    double reached = misfit;
    for (int half = 0; half < 6; ++half, part /= 2) {
      for (size_t i = 0; i < n; ++i)
        next_[i] = std::clamp(logs_[i] + part * step_[i], std::log(kDnsMin), std::log(kDnsMax));
      reached = Misfit(next_);
      if (reached <= misfit) break;
    }
    if (!(reached <= misfit)) break;
    std::swap(logs_, next_);
    misfit = reached;
    if (largest < kStepSettled) break;
  }
  BestOthers();
  return true;
}

// The other states, given the DNS weights.
void LoadFilter::BestOthers() {
  const size_t n = services_;
  for (size_t s = 0; s < n; ++s) best_[s] = std::exp(logs_[s]);
  for (size_t i = n; i < size(); ++i) {
    best_[i] = state_[i];
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k)
        best_[i] += Covariance(i, j) * precision_[j * n + k] * (best_[k] - state_[k]);
    }
    if (i < 2 * n) best_[i] = std::clamp(best_[i], kRedirectMin, kRedirectMax);
  }
}

}  // namespace spillway
