// steering/ledger/ledger.cc -- advancing: what was answered becomes cached answers and sessions. See
// ledger.h.
//
// A row's constants are computed once a service and TTL (RowRates); a slot costs a few
// multiplications. Values that have faded are set to 0: denormal floats would make a step many times
// slower.
#include "steering/ledger/ledger.h"

#include <algorithm>
#include <cmath>

namespace spillway {
namespace {

// One step is exact at any length; several only give the history its points in between.
constexpr absl::Duration kStepWhole = absl::Seconds(5);
// More than this long asleep, and reports of the gap are worth little; 32 steps at the largest size
// take about as long as a cold solve.
constexpr int kStepsMax = 32;

// Memory of the redirect rate shown as starts: twice the DESIGN's slowest publish interval (5 s).
constexpr double kStartsTau = 10;

// A row's model is raised to the sessions seen asking only beyond what chance explains: two
// deviations of a count smoothed over its period (sqrt(n / 2) each), and 5 % for sessions that ended
// within it.
constexpr double kRaiseRelative = 1.05;
constexpr double kRaiseChance = 1.5;
// Requests per second below which nobody asks any more.
constexpr double kSteeringRateMin = 1e-6;

// Counts and shares of a row that sum to less are none: nothing may be divided by them.
constexpr float kCountMin = 1e-6f;

template <typename V>
const float* DataIfSize(const V& values, size_t size) {
  return values.size() == size && size > 0 ? values.data() : nullptr;
}

}  // namespace

// Arrays are null where nothing is known.
struct Ledger::StepInput {
  double dt = 0;   // s
  float part = 1;  // of the counts, when they are spread over several steps
  double starts_kept = 1;
  const float *dns, *redirect, *steering, *shares;  // by slot
  const float *arrivals, *ttl_s;                    // by row
};

struct Ledger::RowInput {
  const StepInput& step;
  const ServiceRates& rates;
  const StepRates& constants;
  size_t row;
  uint32_t begin, end;  // slots
  double arrivals;      // by DNS, sessions/s
};

void Ledger::Advance(absl::Time now, const Activity& activity, const Demand& demand,
                     const Calibration& calibration, absl::Span<const float> shares,
                     absl::Span<const float> ttl_s) {
  if (frame_ == nullptr) return;
  TakeCalibration(calibration);
  const absl::Duration elapsed =
      std::clamp(activity.elapsed, absl::ZeroDuration(), absl::Hours(24));
  const int steps =
      elapsed <= kStepWhole
          ? 1
          : std::min(kStepsMax, static_cast<int>(std::ceil(absl::ToDoubleSeconds(elapsed))));
  const size_t slots = dns_.size(), rows = obey_.size();
  StepInput in{.dt = absl::ToDoubleSeconds(elapsed) / steps,
               .part = 1.0f / static_cast<float>(steps),
               .starts_kept = std::exp(-absl::ToDoubleSeconds(elapsed) / steps / kStartsTau),
               .dns = DataIfSize(activity.dns, slots),
               .redirect = DataIfSize(activity.redirect, slots),
               .steering = DataIfSize(activity.steering, slots),
               .shares = DataIfSize(shares, slots),
               .arrivals = DataIfSize(demand.dns_arrivals, rows),
               .ttl_s = DataIfSize(ttl_s, rows)};
  for (int step = 1; step <= steps; ++step) {
    Step(in);
    now_ = now - elapsed * (steps - step) / steps;
    for (size_t t = 0; t < targets_.size(); ++t) scratch_[t] = modelled_[t] + targets_[t].inherited;
    history_.Push(now_, scratch_);
  }
}

void Ledger::Step(const StepInput& in) {
  std::fill(at_.begin(), at_.end(), Sessions{});
  std::fill(raised_.begin(), raised_.end(), 0.0);
  const CandidateTable& table = *frame_->candidates;
  for (TargetState& t : targets_) {
    t.inherited *= std::exp(-in.dt / t.session_s);
    if (t.inherited < kFaded) t.inherited = 0;
    t.starts *= in.starts_kept;
  }
  RowConstants<StepRates> constants;
  const auto make = [&in](double session_s, double ttl_s) {
    return StepRates(in.dt, session_s, ttl_s);
  };
  for (size_t row = 0; row < obey_.size(); ++row) {
    const size_t service = table.RowService(row).index();
    const ServiceRates& rates = rates_[service];
    ttl_s_[row] = static_cast<float>(in.ttl_s == nullptr ? rates.ttl_s
                                                         : Within(in.ttl_s[row], kTtlMin, kTtlMax));
    const uint32_t begin = table.RowBegin(row);
    const RowInput row_in{
        .step = in,
        .rates = rates,
        .constants = constants.Get(service, rates.session_s, ttl_s_[row], make),
        .row = row,
        .begin = begin,
        .end = begin + static_cast<uint32_t>(table.Row(row).size()),
        .arrivals = in.arrivals == nullptr ? 0 : Within(in.arrivals[row], 0, kArrivalsMax)};
    const double requests = StepRow(row_in);
    if (requests > 0 || steering_rate_[row] > 0) SteerRow(row_in, requests);
    AddToCells(row);
  }
  SumModelled();
  SettleRaised();
}

void Ledger::AddToCells(size_t row) {
  const CandidateTable& table = *frame_->candidates;
  const uint32_t begin = table.RowBegin(row);
  const uint32_t end = begin + static_cast<uint32_t>(table.Row(row).size());
  Sessions* const at = at_.data() + table.RowService(row).index() * targets_.size();
  for (uint32_t s = begin; s < end; ++s) {
    Sessions& cell = at[slot_target_[s]];
    cell.dns += dns_[s];
    cell.redirect += redirect_[s];
  }
}

// Cached answers and sessions of a row; returns its steering requests.
double Ledger::StepRow(const RowInput& in) {
  const StepInput& step = in.step;
  float dns = 0, redirect = 0, steering = 0, shares = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    if (step.dns != nullptr) dns += Count(step.dns[s]);
    if (step.redirect != nullptr) redirect += Count(step.redirect[s]);
    if (step.steering != nullptr) steering += Count(step.steering[s]);
    if (step.shares != nullptr) shares += Count(step.shares[s]);
  }
  // What new cached answers point at: those counted, else those the plan gives, else as before.
  const float* mix = dns > kCountMin ? step.dns : shares > kCountMin ? step.shares : nullptr;
  const float mix_scale = dns > kCountMin ? 1 / dns : shares > kCountMin ? 1 / shares : 0;
  const StepRates& r = in.constants;
  if (mix != nullptr && !cached_known_[in.row]) {
    for (uint32_t s = in.begin; s < in.end; ++s)
      cached_fast_[s] = cached_slow_[s] = Count(mix[s]) * mix_scale;
    cached_known_[in.row] = 1;
  }
  const float arrivals = static_cast<float>(in.arrivals);
  const bool steers = steering_rate_[in.row] > 0;
  const float redirected = r.survives_uniform * step.part;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float fast = cached_fast_[s], slow = cached_slow_[s];
    const float target_mix = mix == nullptr ? fast : Count(mix[s]) * mix_scale;
    const float by_dns = arrivals * (r.on_mix * target_mix + r.on_fast * fast + r.on_slow * slow);
    const float by_redirect = redirect > 0 ? Count(step.redirect[s]) * redirected : 0;
    cached_fast_[s] = Settle(fast * r.fast_kept + target_mix * r.fast_new);
    if (mix != nullptr) cached_slow_[s] = Settle(slow * r.slow_kept + target_mix * r.slow_new);
    dns_[s] = Settle(dns_[s] * r.sessions_kept + by_dns);
    redirect_[s] = Settle(redirect_[s] * r.sessions_kept + by_redirect);
    if (steers) asking_[s] = Settle(asking_[s] * r.sessions_kept + by_dns + by_redirect);
  }
  if (redirect > 0 && step.dt > 0) {
    const double per_s = step.part * in.rates.redirect_weight * (1 - step.starts_kept) / step.dt;
    for (uint32_t s = in.begin; s < in.end; ++s)
      targets_[slot_target_[s]].starts += Count(step.redirect[s]) * per_s;
  }
  return steering * step.part;
}

// Mid-session moves: every request draws one of the sessions that ask anew. Those that never ask
// stay where they are, however long: only `asking_` moves as a whole.
void Ledger::SteerRow(const RowInput& in, double requests) {
  const ServiceRates& rates = in.rates;
  const double dt = in.step.dt, ttl_s = ttl_s_[in.row];
  if (!(steering_rate_[in.row] > 0)) {
    for (uint32_t s = in.begin; s < in.end; ++s) asking_[s] = dns_[s] + redirect_[s];
  }
  double dns = 0, redirect = 0, asking = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    dns += dns_[s];
    redirect += redirect_[s];
    asking += asking_[s];
  }
  double rate = steering_rate_[in.row];
  if (dt > 0) rate += (requests / dt - rate) * -std::expm1(-dt / ttl_s);
  steering_rate_[in.row] = rate > kSteeringRateMin ? static_cast<float>(rate) : 0;
  const double real = rates.dns_weight * dns + rates.redirect_weight * redirect;
  const double asked = rate * ttl_s;
  obey_[in.row] = real > 0 ? static_cast<float>(Within(asked / real, 0, 1)) : asked > 0;
  if (!(requests > kCountMin)) return;
  const double followers = obey_[in.row] * asking;
  if (followers > kFaded) {
    const float part = static_cast<float>(std::min(1.0, requests / followers));
    MoveRow(in, part, static_cast<float>(asking * part),
            static_cast<float>(in.step.part / requests));
    GatherRow(in);
  }
  const double most = real * kRaiseRelative + kRaiseChance * std::sqrt(real);
  if (asked > most) RaiseRow(in, (asked - most) / rates.redirect_weight, in.step.part / requests);
}

// `part` of the followers at every slot leave it and go where the counted answers, times `scale`,
// say; `moved` of asking_ do.
void Ledger::MoveRow(const RowInput& in, float part, float moved, float scale) {
  const float* const answers = in.step.steering;
  const float go = part * obey_[in.row];
  float dns_moved = 0, redirect_moved = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float dns = dns_[s], redirect = redirect_[s];
    const float leave =
        std::min(1.0f, go * asking_[s] / std::max(dns + redirect, static_cast<float>(kFaded)));
    dns_moved += dns * leave;
    redirect_moved += redirect * leave;
    dns_[s] = dns * (1 - leave);
    redirect_[s] = redirect * (1 - leave);
    asking_[s] *= 1 - part;
  }
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float to = Count(answers[s]) * scale;
    dns_[s] = Settle(dns_[s] + to * dns_moved);
    redirect_[s] = Settle(redirect_[s] + to * redirect_moved);
    asking_[s] = Settle(asking_[s] + to * moved);
  }
}

// Who asks is where it was told to be. When more ask than before, that is more than the model has
// there; they come from the slots that have more than their followers.
void Ledger::GatherRow(const RowInput& in) {
  const float obey = obey_[in.row];
  float missing = 0, spare = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float beyond = dns_[s] + redirect_[s] - obey * asking_[s];
    missing += std::max(0.0f, -beyond);
    spare += std::max(0.0f, beyond);
  }
  // Less than one in a million is rounding.
  if (!(missing > 1e-6f * spare) || !(spare > static_cast<float>(kFaded))) return;
  const float take = std::min(1.0f, missing / spare);
  float dns_moved = 0, redirect_moved = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float here = dns_[s] + redirect_[s];
    const float beyond = here - obey * asking_[s];
    if (!(beyond > 0)) continue;
    const float leave = take * beyond / here;
    dns_moved += dns_[s] * leave;
    redirect_moved += redirect_[s] * leave;
    dns_[s] -= dns_[s] * leave;
    redirect_[s] -= redirect_[s] * leave;
  }
  const float dns_each = dns_moved / missing, redirect_each = redirect_moved / missing;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float lacks = obey * asking_[s] - dns_[s] - redirect_[s];
    if (!(lacks > 0)) continue;
    dns_[s] += lacks * dns_each;
    redirect_[s] += lacks * redirect_each;
  }
}

// More sessions ask than the model has: there are `sessions` more, where the answers sent them.
void Ledger::RaiseRow(const RowInput& in, double sessions, double scale) {
  const float* const answers = in.step.steering;
  const double mbps = in.rates.bitrate_mbps * in.rates.redirect_weight;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const double more = sessions * Count(answers[s]) * scale;
    redirect_[s] += static_cast<float>(more);
    asking_[s] += static_cast<float>(more);
    raised_[slot_target_[s]] += more * mbps;
  }
}

void Ledger::SumModelled() {
  std::fill(modelled_.begin(), modelled_.end(), 0.0);
  for (size_t service = 0; service < rates_.size(); ++service) {
    const ServiceRates& rates = rates_[service];
    const Sessions* const at = at_.data() + service * targets_.size();
    for (size_t t = 0; t < targets_.size(); ++t) {
      modelled_[t] += rates.bitrate_mbps *
                      (rates.dns_weight * at[t].dns + rates.redirect_weight * at[t].redirect);
    }
  }
}

// Sessions that were found by asking were there before: what was inherited, or unexplained, of them
// is explained now, and the past had them too.
void Ledger::SettleRaised() {
  bool any = false;
  for (size_t t = 0; t < targets_.size(); ++t) {
    if (!(raised_[t] > 0)) continue;
    any = true;
    TargetState& target = targets_[t];
    const double inherited = std::min(target.inherited, raised_[t]);
    target.inherited -= inherited;
    raised_[t] -= inherited;
    target.correction -= std::min(raised_[t], std::max(0.0, target.correction));
  }
  if (any) history_.Shift(raised_);
}

// A new weight or bitrate explains what the correction held: the sum of both stays as it was.
void Ledger::TakeCalibration(const Calibration& calibration) {
  const size_t services = rates_.size();
  bool changed = false;
  for (size_t i = 0; i < services; ++i) {
    const ServiceRates next =
        CalibratedRates(frame_->policy->services[i], calibration, i, services);
    changed |= !(next == rates_[i]);
    rates_[i] = next;
  }
  if (!changed) return;
  std::swap(scratch_, modelled_);
  SumModelled();
  for (size_t t = 0; t < targets_.size(); ++t) {
    scratch_[t] = modelled_[t] - scratch_[t];
    if (targets_[t].reported_at != absl::InfinitePast()) targets_[t].correction -= scratch_[t];
  }
  history_.Shift(scratch_);
  SetInheritedEnd();
}

// Whose sessions were inherited is unknown: they end like the mean of the services that may use it.
void Ledger::SetInheritedEnd() {
  std::vector<double>& services = scratch_;
  std::fill(services.begin(), services.end(), 0.0);
  for (TargetState& t : targets_) t.session_s = 0;
  for (size_t i = 0; i < rates_.size(); ++i) {
    for (const Candidate& candidate : frame_->policy->services[i].candidates) {
      targets_[candidate.target.index()].session_s += rates_[i].session_s;
      services[candidate.target.index()] += 1;
    }
  }
  for (size_t t = 0; t < targets_.size(); ++t)
    targets_[t].session_s = services[t] > 0 ? targets_[t].session_s / services[t] : 1800;
}

}  // namespace spillway
