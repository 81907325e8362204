// steering/solve/solve.cc -- see solve.h.
#include "steering/solve/solve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "steering/solve/exponential.h"

namespace spillway::solve {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Exponents are taken again when a target's price has moved by this many eps since the last time.
// A slot flushed to 0 (kExponentMin) then weighs at most e^(2 * 15 - 69) = e^-39 of its row: no
// share that anyone could count.
constexpr double kAbsorbedRange = 15.0;

// Largest change of a price in one sweep, in eps: a limit without load says nothing of how much.
constexpr double kStepMax = 20.0;

// Steps up to this (in eps) are over-relaxed; the linear model that justifies it ends there.
constexpr double kRelaxedStep = 0.5;

// When many limits bind at once their prices creep together, each sweep's step a little shorter
// than the last. If two steps point the same way (cosine) and shrink slowly (ratio), the rest of
// the series is added at once: up to kLeapFirst steps, twice as many each time the direction held,
// never twice within kLeapPause sweeps. Measured on the oracle's worlds and tests/bench.
constexpr double kLeapCosine = 0.98;
constexpr double kLeapRatio = 0.8;
constexpr double kLeapFirst = 8.0;
constexpr int kLeapPause = 4;

// Limits that share targets are brought into agreement by this many rounds for each sweep, or until
// none moves by more than kProjectionStep eps.
constexpr int kProjectionRounds = 16;
constexpr double kProjectionStep = 1e-4;

}  // namespace

const Solution& Solver::Solve(const Problem& problem, const Options& options,
                              absl::Span<const double> warm_price_ms) {
  CheckProblem(problem);
  CHECK(options.over_relaxation >= 1 && options.over_relaxation < 2);
  CHECK(warm_price_ms.empty() || warm_price_ms.size() == problem.limits());
  problem_ = &problem;
  Prepare(warm_price_ms);
  PriceTargets();
  Absorb();
  out_.sweeps = 0;
  bool fresh = true;  // the exponents are those of the present prices
  for (;;) {
    Sweep();
    ++out_.sweeps;
    out_.converged = MeasureLimits(options.slack) <= options.tolerance;
    const bool last = out_.converged || out_.sweeps >= options.sweeps_max;
    if (last && fresh) break;
    if (!last) {
      Project();
      Relax(options.over_relaxation);
      PriceTargets();
      fresh = false;
    }
    // Before leaving: exponents at the final prices, so that a warm start begins from these bits.
    if (last || PricesMovedFar()) {
      Absorb();
      fresh = true;
    }
  }
  Publish();
  Clamp(options.tolerance);
  problem_ = nullptr;
  return out_;
}

void Solver::Prepare(absl::Span<const double> warm_price_ms) {
  const Problem& p = *problem_;
  const size_t limits = p.limits(), targets = p.targets();
  closed_.assign(targets, 0);
  factor_max_.assign(limits, 0);
  limit_begin_.assign(limits + 1, 0);
  for (size_t j = 0; j < targets; ++j) {
    for (uint32_t u = p.use_begin[j]; u < p.use_begin[j + 1]; ++u) {
      const uint32_t l = p.use_limit[u];
      if (p.use_factor[u] > 0 && !(p.headroom[l] > 0)) closed_[j] = 1;
      factor_max_[l] = std::max(factor_max_[l], p.use_factor[u]);
    }
  }
  const auto counts = [&](size_t j, uint32_t u) { return !closed_[j] && p.use_factor[u] > 0; };
  for (size_t j = 0; j < targets; ++j) {
    for (uint32_t u = p.use_begin[j]; u < p.use_begin[j + 1]; ++u)
      if (counts(j, u)) ++limit_begin_[p.use_limit[u] + 1];
  }
  for (size_t l = 0; l < limits; ++l) limit_begin_[l + 1] += limit_begin_[l];
  limit_uses_.resize(limit_begin_[limits]);
  limit_next_.assign(limit_begin_.begin(), limit_begin_.end() - 1);
  for (size_t j = 0; j < targets; ++j) {
    for (uint32_t u = p.use_begin[j]; u < p.use_begin[j + 1]; ++u) {
      const uint32_t l = p.use_limit[u];
      if (counts(j, u))
        limit_uses_[limit_next_[l]++] = {static_cast<uint32_t>(j),
                                         p.use_factor[u] / factor_max_[l]};
    }
  }
  price_.assign(limits, 0);
  for (size_t l = 0; l < warm_price_ms.size(); ++l) {
    const bool in_use = limit_begin_[l] < limit_begin_[l + 1];
    if (in_use && std::isfinite(warm_price_ms[l])) price_[l] = std::max(0.0, warm_price_ms[l]);
  }
  load_.assign(limits, 0);
  step_.assign(limits, 0);
  since_leap_ = 0;
  leap_most_ = kLeapFirst;
  target_price_.assign(targets, 0);
  weight_.assign(targets, 0);
  kernel_.resize(p.slots());
  prior_part_.resize(p.slots());
  sink_kernel_.resize(p.rows());
}

void Solver::PriceTargets() {
  std::fill(target_price_.begin(), target_price_.end(), 0.0);
  for (size_t l = 0; l + 1 < limit_begin_.size(); ++l) {
    const double price = price_[l] * factor_max_[l];
    for (uint32_t u = limit_begin_[l]; u < limit_begin_[l + 1]; ++u)
      target_price_[limit_uses_[u].target] += limit_uses_[u].factor * price;
  }
  for (size_t j = 0; j < weight_.size(); ++j) {
    if (absorbed_price_.size() != weight_.size()) break;  // nothing absorbed yet
    const double moved = (absorbed_price_[j] - target_price_[j]) / problem_->epsilon_ms;
    // PricesMovedFar() has the exponents taken anew before a clipped weight is used.
    weight_[j] = closed_[j] ? 0.0f : static_cast<float>(std::exp(std::clamp(moved, -60.0, 60.0)));
  }
}

bool Solver::PricesMovedFar() const {
  const double far = kAbsorbedRange * problem_->epsilon_ms;
  for (size_t j = 0; j < target_price_.size(); ++j)
    if (std::abs(target_price_[j] - absorbed_price_[j]) > far) return true;
  return false;
}

void Solver::Absorb() {
  absorbed_price_ = target_price_;
  for (size_t j = 0; j < weight_.size(); ++j) weight_[j] = closed_[j] ? 0.0f : 1.0f;
  for (size_t i = 0; i < problem_->rows(); ++i) AbsorbRow(i);
  Exponentiate(absl::MakeSpan(kernel_));
  Exponentiate(absl::MakeSpan(sink_kernel_));
  for (size_t s = 0; s < kernel_.size(); ++s) kernel_[s] *= prior_part_[s];
}

// The exponents of a row, at most 0 where a slot counts, in kernel_ and sink_kernel_; and priors
// relative to their mean, which is the sink's: 1.
void Solver::AbsorbRow(size_t row) {
  const Problem& p = *problem_;
  const uint32_t begin = p.row_begin[row], end = p.row_begin[row + 1];
  const uint32_t* const target = p.slot_target.data();
  const float* const cost = p.slot_cost_ms.data();
  const float* const prior = p.slot_prior.data();
  const double sink_cost = p.sink_cost_ms[p.row_class[row]], per_eps = 1 / p.epsilon_ms;
  double least = sink_cost, prior_sum = 0;
  for (uint32_t s = begin; s < end; ++s) prior_sum += prior[s];
  const double prior_mean = prior_sum > 0 ? prior_sum / (end - begin) : 1;
  const double prior_min = kPriorMin * prior_mean, per_mean = 1 / prior_mean;
  for (uint32_t s = begin; s < end; ++s) {
    const bool usable = !closed_[target[s]] && prior[s] > prior_min;
    prior_part_[s] = usable ? static_cast<float>(prior[s] * per_mean) : 0;
    if (usable) least = std::min(least, cost[s] + absorbed_price_[target[s]]);
  }
  const auto exponent = [&](double at) { return static_cast<float>((least - at) * per_eps); };
  for (uint32_t s = begin; s < end; ++s)
    kernel_[s] = exponent(cost[s] + absorbed_price_[target[s]]);
  sink_kernel_[row] = exponent(sink_cost);
}

// The loop that costs: everything is streamed once except weights and loads, which stay in cache.
// The row's sum is taken as four, because an addition waits for the one before it.
void Solver::Sweep() {
  target_load_.assign(problem_->targets(), 0.0);
  const uint32_t* const begin = problem_->row_begin.data();
  const uint32_t* const target = problem_->slot_target.data();
  const double* const demand = problem_->demand.data();
  const float* const kernel = kernel_.data();
  const float* const weight = weight_.data();
  double* const load = target_load_.data();
  const auto weighed = [=](uint32_t s) { return kernel[s] * weight[target[s]]; };
  for (size_t i = 0; i < problem_->rows(); ++i) {
    const uint32_t first = begin[i], last = begin[i + 1];
    float sum[4] = {sink_kernel_[i], 0, 0, 0};
    uint32_t s = first;
    for (; s + 4 <= last; s += 4) {
      for (uint32_t k = 0; k < 4; ++k) sum[k] += weighed(s + k);
    }
    for (; s < last; ++s) sum[0] += weighed(s);
    const double per_unit = demand[i] / ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (s = first; s < last; ++s) load[target[s]] += per_unit * weighed(s);
  }
}

// How far from the optimum, as the worst limit sees it: over its headroom, or priced (in eps)
// without being full but for `slack`.
double Solver::MeasureLimits(double slack) {
  double worst = 0;
  out_.worst_violation = 0;
  for (size_t l = 0; l < load_.size(); ++l) {
    double load = 0;
    for (uint32_t u = limit_begin_[l]; u < limit_begin_[l + 1]; ++u)
      load += limit_uses_[u].factor * target_load_[limit_uses_[u].target];
    load_[l] = load * factor_max_[l];
    if (limit_begin_[l] == limit_begin_[l + 1]) continue;
    const double over = load_[l] / problem_->headroom[l] - 1;
    const double priced = price_[l] * factor_max_[l] / problem_->epsilon_ms;
    out_.worst_violation = std::max(out_.worst_violation, over);
    worst = std::max({worst, over, std::min(-over - slack, priced)});
  }
  return worst;
}

// New prices that would fit every limit if the rows' sums stayed as they are: the KL projection
// onto all limits at once. Where limits share targets that takes a few rounds; these are over
// targets, not slots, and cost little.
void Solver::Project() {
  price_before_ = price_;
  for (int round = 0; round < kProjectionRounds; ++round) {
    double moved = 0;
    for (size_t l = 0; l < price_.size(); ++l) {
      if (limit_begin_[l] == limit_begin_[l + 1]) continue;
      const double before = price_[l];
      ProjectLimit(l);
      moved = std::max(moved, std::abs(price_[l] - before) * factor_max_[l]);
    }
    if (moved <= kProjectionStep * problem_->epsilon_ms) break;
  }
}

void Solver::ProjectLimit(size_t limit) {
  const double eps = problem_->epsilon_ms / factor_max_[limit];
  const uint32_t begin = limit_begin_[limit], end = limit_begin_[limit + 1];
  double load = 0;
  for (uint32_t u = begin; u < end; ++u)
    load += limit_uses_[u].factor * target_load_[limit_uses_[u].target];
  load *= factor_max_[limit];
  if (price_[limit] == 0 && load <= problem_->headroom[limit]) return;
  // Factors are at most 1, so this step (exact where all are 1) never overshoots.
  const double ratio = std::log(problem_->headroom[limit] / load);
  const double step = std::clamp(ratio, -kStepMax, std::min(kStepMax, price_[limit] / eps));
  price_[limit] = std::max(0.0, price_[limit] - eps * step);
  const double whole = std::exp(step);
  for (uint32_t u = begin; u < end; ++u) {
    const Use& use = limit_uses_[u];
    target_load_[use.target] *= use.factor == 1 ? whole : std::exp(use.factor * step);
  }
}

void Solver::Relax(double over_relaxation) {
  double same = 0, now = 0, before = 0;  // products of this step and the last, in eps
  for (size_t l = 0; l < price_.size(); ++l) {
    if (factor_max_[l] == 0) continue;
    const double eps = problem_->epsilon_ms / factor_max_[l];
    const double cap = kRelaxedStep * eps;
    const double extra = std::clamp(price_[l] - price_before_[l], -cap, cap);
    price_[l] = std::max(0.0, price_[l] + (over_relaxation - 1) * extra);
    const double step = (price_[l] - price_before_[l]) / eps;
    same += step * step_[l];
    now += step * step;
    before += step_[l] * step_[l];
    step_[l] = step;
  }
  ++since_leap_;
  if (same < 0) leap_most_ = kLeapFirst;
  if (since_leap_ < kLeapPause || same <= kLeapCosine * std::sqrt(now * before)) return;
  const double ratio = same / before;
  if (ratio > kLeapRatio) Leap(ratio < 1 ? std::min(leap_most_, ratio / (1 - ratio)) : leap_most_);
}

// `steps` more steps like the last.
void Solver::Leap(double steps) {
  for (size_t l = 0; l < price_.size(); ++l) {
    if (factor_max_[l] == 0) continue;
    const double change = std::clamp(steps * step_[l], -kStepMax, kStepMax);
    price_[l] = std::max(0.0, price_[l] + change * problem_->epsilon_ms / factor_max_[l]);
  }
  since_leap_ = 0;
  leap_most_ *= 2;
}

// Requires Absorb() and Sweep() at the final prices: weights are 1, or 0 where closed.
void Solver::Publish() {
  const Problem& p = *problem_;
  out_.shares.resize(p.slots());
  out_.sink_shares.resize(p.rows());
  for (size_t i = 0; i < p.rows(); ++i) {
    float sum = sink_kernel_[i];
    for (uint32_t s = p.row_begin[i]; s < p.row_begin[i + 1]; ++s) sum += kernel_[s];
    for (uint32_t s = p.row_begin[i]; s < p.row_begin[i + 1]; ++s)
      out_.shares[s] = kernel_[s] / sum;
    out_.sink_shares[i] = sink_kernel_[i] / sum;
  }
  out_.price_ms = price_;
  for (size_t l = 0; l < price_.size(); ++l)
    if (!(p.headroom[l] > 0)) out_.price_ms[l] = kInfinity;
  out_.target_price_ms = target_price_;
  for (size_t j = 0; j < closed_.size(); ++j)
    if (closed_[j]) out_.target_price_ms[j] = kInfinity;
  out_.limit_load = load_;
  out_.clamped_demand = 0;
}

// A target of an overfilled limit keeps the part that fits; the rest of each share goes to the
// sink. A target in several keeps the least part, which fits them all.
void Solver::Clamp(double tolerance) {
  if (out_.worst_violation <= tolerance) return;
  const Problem& p = *problem_;
  keep_.assign(p.targets(), 1.0);
  for (size_t l = 0; l < load_.size(); ++l) {
    if (limit_begin_[l] == limit_begin_[l + 1]) continue;
    const double part = p.headroom[l] * (1 + tolerance) / load_[l];
    for (uint32_t u = limit_begin_[l]; u < limit_begin_[l + 1]; ++u)
      keep_[limit_uses_[u].target] = std::min(keep_[limit_uses_[u].target], part);
  }
  for (size_t i = 0; i < p.rows(); ++i) {
    double cut = 0;
    for (uint32_t s = p.row_begin[i]; s < p.row_begin[i + 1]; ++s) {
      const double part = keep_[p.slot_target[s]];  // 1 for most: no branch
      cut += out_.shares[s] * (1 - part);
      out_.shares[s] = static_cast<float>(out_.shares[s] * part);
    }
    out_.sink_shares[i] += static_cast<float>(cut);
    out_.clamped_demand += p.demand[i] * cut;
  }
  for (size_t l = 0; l < load_.size(); ++l) {
    double load = 0;
    for (uint32_t u = limit_begin_[l]; u < limit_begin_[l + 1]; ++u) {
      const Use& use = limit_uses_[u];
      load += use.factor * target_load_[use.target] * keep_[use.target];
    }
    out_.limit_load[l] = load * factor_max_[l];
  }
}

}  // namespace spillway::solve
