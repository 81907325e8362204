// steering/ledger/ledger.cc -- advancing: what was answered becomes cached answers and sessions.
//
// See ledger.h. A row's constants are computed once a service and period (StepRates); a slot costs
// a few multiplications. What has faded is set to 0: denormal floats would make a step many times
// slower.
#include "steering/ledger/ledger.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace spillway {
namespace {

// One step is exact at any length; several only give the history its points in between.
constexpr absl::Duration kStepWhole = absl::Seconds(5);
// After a longer sleep the points stand further apart: 32 steps of 1.2 million slots take 0.6 s
// (ledger_bench).
constexpr int kStepsMax = 32;

// Memory of the redirect rate shown as starts: twice the slowest interval of publishing (5 s,
// papers-and-algorithms 4.3).
constexpr double kStartsTau = 10;

// Memory, in periods, of how many ask. Players that all ask in one burst each period (a changed TTL
// has that effect) make a count with this memory swing up to 13 %: x / (1 - exp(-x)), x = 1/4.
constexpr double kAskedMemory = 4;
// A row's model is raised to the sessions seen asking only beyond that swing, and beyond chance:
// three deviations of such a count, sqrt(n / 8) each. And only when watched for a whole memory.
constexpr double kRaiseRelative = 1.15;
constexpr double kRaiseChance = 1.1;
constexpr double kRaiseWatched = 0.63;  // 1 - exp(-1)
// Requests per second below which nobody asks any more.
constexpr double kSteeringRateMin = 1e-6;

// A player whose target died plays its buffer, then fails: two or three 2-s segments.
constexpr double kBreakTau = 6;

// Counts and shares of a row that sum to less are none: nothing may be divided by them.
constexpr float kCountMin = 1e-6f;

template <typename V>
const float* DataIfSize(const V& values, size_t size, const float* otherwise) {
  return values.size() == size && size > 0 ? values.data() : otherwise;
}

}  // namespace

// What is unknown is zeros by slot, null by row.
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
               .dns = DataIfSize(activity.dns, slots, zeros_.data()),
               .redirect = DataIfSize(activity.redirect, slots, zeros_.data()),
               .steering = DataIfSize(activity.steering, slots, zeros_.data()),
               .shares = DataIfSize(shares, slots, zeros_.data()),
               .arrivals = DataIfSize(demand.dns_arrivals, rows, nullptr),
               .ttl_s = DataIfSize(ttl_s, rows, nullptr)};
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
  const float broken_kept = static_cast<float>(std::exp(-in.dt / kBreakTau));
  for (size_t t = 0; t < targets_.size(); ++t) {
    TargetState& target = targets_[t];
    target.inherited *= std::exp(-in.dt / target.session_s) * (down_[t] ? broken_kept : 1);
    if (target.inherited < kFaded) target.inherited = 0;
    target.starts *= in.starts_kept;
  }
  RowConstants<StepRates> constants;
  const auto make = [&in](double session_s, double period_s) {
    return StepRates(in.dt, session_s, period_s);
  };
  for (size_t row = 0; row < obey_.size(); ++row) {
    const size_t service = table.RowService(row).index();
    const ServiceRates& rates = rates_[service];
    period_s_[row] =
        NextPeriod(period_s_[row],
                   static_cast<float>(in.ttl_s == nullptr
                                          ? rates.ttl_s
                                          : Within(in.ttl_s[row], kAnswerTtlMin, kAnswerTtlMax)),
                   in.dt);
    const uint32_t begin = table.RowBegin(row);
    const RowInput row_in{
        .step = in,
        .rates = rates,
        .constants = constants.Get(service, rates.session_s, period_s_[row], make),
        .row = row,
        .begin = begin,
        .end = begin + static_cast<uint32_t>(table.Row(row).size()),
        .arrivals = in.arrivals == nullptr ? 0 : Within(in.arrivals[row], 0, kArrivalsMax)};
    const double requests = StepRow(row_in);
    if (requests > 0 || steering_rate_[row] > 0) SteerRow(row_in, requests);
    if (any_down_) BreakRow(row, broken_kept);
    AddToCells(row);
  }
  SumModelled();
  SettleRaised();
}

void Ledger::BreakRow(size_t row, float kept) {
  const CandidateTable& table = *frame_->candidates;
  const uint32_t begin = table.RowBegin(row);
  const uint32_t end = begin + static_cast<uint32_t>(table.Row(row).size());
  for (uint32_t s = begin; s < end; ++s) {
    if (!down_[slot_target_[s]]) continue;
    dns_[s] = Settle(dns_[s] * kept);
    redirect_[s] = Settle(redirect_[s] * kept);
    asking_[s] = Settle(asking_[s] * kept);
  }
}

void Ledger::AddToCells(size_t row) {
  const CandidateTable& table = *frame_->candidates;
  const uint32_t begin = table.RowBegin(row);
  const uint32_t end = begin + static_cast<uint32_t>(table.Row(row).size());
  Sessions* const at = at_.data() + table.RowService(row).index() * targets_.size();
  const float part = bitrate_part_[row];
  for (uint32_t s = begin; s < end; ++s) {
    Sessions& cell = at[slot_target_[s]];
    cell.dns += part * dns_[s];
    cell.redirect += part * redirect_[s];
  }
}

// Cached answers and sessions of a row; returns its steering requests.
double Ledger::StepRow(const RowInput& in) {
  const StepInput& step = in.step;
  const float* const dns = step.dns + in.begin;
  const float* const redirect = step.redirect + in.begin;
  const float* const steering = step.steering + in.begin;
  const float* const shares = step.shares + in.begin;
  const size_t size = in.end - in.begin;
  float dns_sum = 0, redirect_sum = 0, steering_sum = 0, share_sum = 0;
  for (size_t i = 0; i < size; ++i) {
    dns_sum += Count(dns[i]);
    redirect_sum += Count(redirect[i]);
    steering_sum += Count(steering[i]);
    share_sum += Count(shares[i]);
  }
  float* const __restrict fast = cached_fast_.data() + in.begin;
  float* const __restrict slow = cached_slow_.data() + in.begin;
  // What new cached answers point at: those counted, else those the plan gives, else as before.
  StepRates r = in.constants;
  const float* mix = nullptr;
  float scale = 0;
  if (dns_sum > kCountMin) {
    mix = dns;
    scale = 1 / dns_sum;
  } else if (share_sum > kCountMin) {
    mix = shares;
    scale = 1 / share_sum;
  } else {
    mix = shares;
    r.fast_kept = r.slow_kept = 1;
    r.on_fast += r.on_mix;
  }
  if (scale > 0 && !cached_known_[in.row]) {
    for (size_t i = 0; i < size; ++i) fast[i] = slow[i] = Count(mix[i]) * scale;
    cached_known_[in.row] = 1;
  }
  const float arrivals = static_cast<float>(in.arrivals);
  const float redirected = r.survives_uniform * step.part;
  float* const __restrict by_dns = dns_.data() + in.begin;
  float* const __restrict by_redirect = redirect_.data() + in.begin;
  float* const __restrict asking = asking_.data() + in.begin;
  for (size_t i = 0; i < size; ++i) {
    const float to = Count(mix[i]) * scale;
    const float begun = arrivals * (r.on_mix * to + r.on_fast * fast[i] + r.on_slow * slow[i]);
    const float sent = Count(redirect[i]) * redirected;
    fast[i] = Settle(fast[i] * r.fast_kept + to * r.fast_new);
    slow[i] = Settle(slow[i] * r.slow_kept + to * r.slow_new);
    by_dns[i] = Settle(by_dns[i] * r.sessions_kept + begun);
    by_redirect[i] = Settle(by_redirect[i] * r.sessions_kept + sent);
    asking[i] = Settle(asking[i] * r.sessions_kept + begun + sent);
  }
  if (redirect_sum > 0 && step.dt > 0) {
    const double per_s = step.part * in.rates.redirect_weight * (1 - step.starts_kept) / step.dt;
    for (size_t i = 0; i < size; ++i)
      targets_[slot_target_[in.begin + i]].starts += Count(redirect[i]) * per_s;
  }
  return steering_sum * step.part;
}

// Mid-session moves: every request draws one of the sessions that ask anew. Those that never ask
// stay where they are, however long: only `asking_` moves as a whole.
void Ledger::SteerRow(const RowInput& in, double requests) {
  const ServiceRates& rates = in.rates;
  const double dt = in.step.dt, period_s = period_s_[in.row];
  if (!(steering_rate_[in.row] > 0)) {
    for (uint32_t s = in.begin; s < in.end; ++s) asking_[s] = dns_[s] + redirect_[s];
    asking_rate_[in.row] = 0;
  }
  double dns = 0, redirect = 0, asking = 0;
  for (uint32_t s = in.begin; s < in.end; ++s) {
    dns += dns_[s];
    redirect += redirect_[s];
    asking += asking_[s];
  }
  double rate = steering_rate_[in.row], each = asking_rate_[in.row];
  if (dt > 0) {
    const double weight = -std::expm1(-dt / (kAskedMemory * period_s));
    rate += (requests / dt - rate) * weight;
    each += (1 / period_s - each) * weight;
  }
  steering_rate_[in.row] = rate > kSteeringRateMin ? static_cast<float>(rate) : 0;
  asking_rate_[in.row] = static_cast<float>(each);
  const double real = rates.dns_weight * dns + rates.redirect_weight * redirect;
  // Both began at 0, so their ratio is right from the first look, if noisy.
  const double asked = each > 0 ? rate / each : 0;
  obey_[in.row] = real > 0 ? static_cast<float>(Within(asked / real, 0, 1)) : asked > 0;
  if (!(requests > kCountMin)) return;
  // Requests are of real sessions, the row's are in counted units: an answer by DNS may stand for
  // many sessions, and one of their requests moves that much less of it.
  const double followers = obey_[in.row] * real * (asking / std::max(dns + redirect, kFaded));
  if (followers > kFaded) {
    const float part = static_cast<float>(std::min(1.0, requests / followers));
    MoveRow(in, part, static_cast<float>(asking * part),
            static_cast<float>(in.step.part / requests));
    GatherRow(in);
  }
  const double most = real * kRaiseRelative + kRaiseChance * std::sqrt(real);
  if (asked > most && each * period_s > kRaiseWatched)
    RaiseRow(in, (asked - most) / rates.redirect_weight, in.step.part / requests);
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

void Ledger::SetDown(absl::Span<const uint8_t> down) {
  CHECK(down.size() == targets_.size());
  down_.assign(down.begin(), down.end());
  any_down_ = std::find(down_.begin(), down_.end(), 1) != down_.end();
}

void Ledger::SetBitrateParts(absl::Span<const float> parts) {
  CHECK(parts.size() == bitrate_part_.size());
  for (size_t row = 0; row < parts.size(); ++row)
    bitrate_part_[row] = static_cast<float>(Within(parts[row], 0.01, 1));
}

void Ledger::SumModelled() {
  std::fill(modelled_.begin(), modelled_.end(), 0.0);
  for (size_t service = 0; service < rates_.size(); ++service) {
    for (size_t t = 0; t < targets_.size(); ++t)
      modelled_[t] += rates_[service].bitrate_mbps * RealSessions(ServiceId(service), TargetId(t));
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
