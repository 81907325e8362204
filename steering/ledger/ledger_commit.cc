// steering/ledger/ledger_commit.cc -- what is promised already, what the next shares will place.
//
// See ledger.h. papers-and-algorithms 4.3 step 4, with the sessions that begin and end within the
// horizon counted exactly. Of a row's arrivals until now + H, those that follow answers cached now
// are pinned, all others are steerable; of its sessions, those that ask for steering by then are.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "steering/ledger/ledger.h"

namespace spillway {
namespace {

// Growth that we do not explain is extrapolated this far, and the less the older the last report:
// not at all after twice as long.
constexpr absl::Duration kTrendReach = absl::Seconds(30);
constexpr absl::Duration kTrendMemory = absl::Seconds(60);
// Growth by less of the load is what reports with 2 % of noise show by themselves.
constexpr double kTrendNoise = 0.03;

// The part of the load, at targets where least is unexplained, that tells what all have in common;
// two targets say nothing of all, and beyond three times the model it is no model's error.
constexpr double kCommonPart = 0.25;
constexpr size_t kCommonTargets = 3;
constexpr double kCommonErrorMax = 2;

// Of one service and period, over a horizon. Sessions that begin at 1/s and are there at its end:
// `all`; of them those that begin on an answer cached now and are not steered away: *_stays when
// nobody asks, *_asks when everybody does.
struct HorizonRates {
  HorizonRates() = default;
  HorizonRates(double horizon, double session_s, double period_s) {
    const double mu = 1 / session_s, ask = 1 / period_s, fast = 1 / period_s, slow = 1 / kSlowTau;
    kept = std::exp(-mu * horizon);
    asked = -std::expm1(-ask * horizon);
    all = Convolve(0, mu, horizon);
    fast_stays = (1 - kSlowFraction) * Convolve(fast, mu, horizon);
    slow_stays = kSlowFraction * Convolve(slow, mu, horizon);
    fast_asks = (1 - kSlowFraction) * Convolve(fast, mu + ask, horizon);
    slow_asks = kSlowFraction * Convolve(slow, mu + ask, horizon);
  }
  double kept = 1;   // of sessions of now
  double asked = 0;  // of those that ask at all, by the end of the horizon
  double all = 0;
  double fast_stays = 0, slow_stays = 0, fast_asks = 0, slow_asks = 0;
};

double ValueAt(const std::vector<float>& values, size_t size, size_t i) {
  return values.size() == size ? Within(values[i], 0, kArrivalsMax) : 0;
}

}  // namespace

struct Ledger::RowCommit {
  size_t row = 0;
  uint32_t begin = 0, end = 0;
  double arriving = 0;              // real Mbps/s that begin by cached answers, over the horizon
  double starting = 0;              // real sessions/s that begin by cached answers, now
  double on_fast = 0, on_slow = 0;  // s: how much of `arriving` each cached fraction pins
  double dns_mbps = 0, redirect_mbps = 0;  // of a session of now that is there at the end
  double asked = 0;                        // of asking_, sessions that will have asked
};

void Ledger::Commit(absl::Time now, absl::Duration horizon, const Demand& demand,
                    const Calibration& calibration, Commitment* out) const {
  const size_t rows = obey_.size(), services = rates_.size();
  out->pinned_mbps.assign(targets_.size(), 0);
  out->starts_per_s.assign(targets_.size(), 0);
  out->steerable_mbps.resize(rows);
  out->steerable_mbps_median.resize(rows);
  const double h = Within(absl::ToDoubleSeconds(horizon), 0, kSessionMax);
  const auto make = [h](double session_s, double period_s) {
    return HorizonRates(h, session_s, period_s);
  };
  RowConstants<HorizonRates> constants;
  size_t last_service = services;
  ServiceRates rates;
  for (size_t row = 0; row < rows; ++row) {
    const size_t service = frame_->candidates->RowService(row).index();
    if (service != last_service)
      rates = CalibratedRates(frame_->policy->services[last_service = service], calibration,
                              service, services);
    const HorizonRates& r = constants.Get(service, rates.session_s, period_s_[row], make);
    const double bitrate = rates.bitrate_mbps * bitrate_part_[row];
    const double dns =
        bitrate * rates.dns_weight * ValueAt(demand.dns_expected, rows, row);
    const double redirect =
        bitrate * rates.redirect_weight * ValueAt(demand.redirect_expected, rows, row);
    const double obey = obey_[row];
    const RowCommit in{.row = row,
                       .begin = frame_->candidates->RowBegin(row),
                       .end = frame_->candidates->RowBegin(row) +
                              static_cast<uint32_t>(frame_->candidates->Row(row).size()),
                       .arriving = dns,
                       .starting = rates.dns_weight * ValueAt(demand.dns_arrivals, rows, row),
                       .on_fast = (1 - obey) * r.fast_stays + obey * r.fast_asks,
                       .on_slow = (1 - obey) * r.slow_stays + obey * r.slow_asks,
                       .dns_mbps = r.kept * bitrate * rates.dns_weight,
                       .redirect_mbps = r.kept * bitrate * rates.redirect_weight,
                       .asked = steering_rate_[row] > 0 ? obey * r.asked : 0};
    const RowSteerable steerable = CommitRow(in, out);
    // Who waits needs room at once, and is counted, not forecast.
    const double waiting = bitrate * rates.redirect_weight * ValueAt(demand.waiting, rows, row);
    const double begin = std::max(0.0, dns * r.all - steerable.pinned) + redirect * r.all;
    const double margin =
        demand.margin.size() == rows ? Within(demand.margin[row], 1, kMarginMax) : 1;
    out->steerable_mbps[row] = static_cast<float>(begin * margin + waiting + steerable.moving);
    out->steerable_mbps_median[row] = static_cast<float>(begin + waiting + steerable.moving);
  }
  if (const double error = CommonError(); error > 0) ScaleModel(error, out);
  AddCorrections(now, h, out);
}

Ledger::RowSteerable Ledger::CommitRow(const RowCommit& in, Commitment* out) const {
  double* const pinned = out->pinned_mbps.data();
  double* const starts = out->starts_per_s.data();
  RowSteerable result;
  double cached = 0;
  const float fast = static_cast<float>(in.arriving * in.on_fast);
  const float slow = static_cast<float>(in.arriving * in.on_slow);
  const float start_fast = static_cast<float>(in.starting * (1 - kSlowFraction));
  const float start_slow = static_cast<float>(in.starting * kSlowFraction);
  const float dns_mbps = static_cast<float>(in.dns_mbps);
  const float redirect_mbps = static_cast<float>(in.redirect_mbps);
  for (uint32_t s = in.begin; s < in.end; ++s) {
    const float follow = cached_fast_[s] * fast + cached_slow_[s] * slow;
    float stay = dns_[s] * dns_mbps + redirect_[s] * redirect_mbps;
    if (in.asked > 0) {
      const float here = dns_[s] + redirect_[s];
      const float ask = static_cast<float>(in.asked) * asking_[s];
      const float leave = here > 0 ? stay * std::min(1.0f, ask / here) : 0;
      stay -= leave;
      result.moving += leave;
    }
    cached += follow;
    const uint16_t t = slot_target_[s];
    pinned[t] += stay + follow;
    starts[t] += cached_fast_[s] * start_fast + cached_slow_[s] * start_slow;
  }
  result.pinned = cached;
  return result;
}

// What all targets have beyond the model, as a part of what is modelled there: an error of the
// model, of what a counted answer is worth or of how long sessions last, and no background.
double Ledger::CommonError() const {
  std::vector<std::pair<double, double>> errors;  // part of the modelled load; that load
  double left = 0;
  for (size_t t = 0; t < targets_.size(); ++t) {
    if (targets_[t].reported_at == absl::InfinitePast() || !(modelled_[t] > kFaded)) continue;
    errors.emplace_back(targets_[t].correction / modelled_[t], modelled_[t]);
    left += kCommonPart * modelled_[t];
  }
  if (errors.size() < kCommonTargets) return 0;
  std::sort(errors.begin(), errors.end());
  for (const auto& [error, load] : errors) {
    left -= load;
    if (left <= 0) return std::clamp(error, 0.0, kCommonErrorMax);
  }
  return 0;
}

// Sessions are worth so much more than modelled, wherever they are or will be. Pinned whole, as
// corrections are, that much of a target's load would not move with its clients: each move brings
// more than was planned, and the next takes it back.
void Ledger::ScaleModel(double error, Commitment* out) const {
  for (size_t t = 0; t < targets_.size(); ++t)
    out->pinned_mbps[t] += error * (out->pinned_mbps[t] - modelled_[t]);
  for (auto* steerable : {&out->steerable_mbps, &out->steerable_mbps_median}) {
    for (float& mbps : *steerable) mbps *= static_cast<float>(1 + error);
  }
}

void Ledger::AddCorrections(absl::Time now, double horizon_s, Commitment* out) const {
  for (size_t i = 0; i < targets_.size(); ++i) {
    const TargetState& t = targets_[i];
    out->starts_per_s[i] += t.starts;
    double pinned =
        out->pinned_mbps[i] + t.inherited * std::exp(-horizon_s / t.session_s) +
        t.correction + t.play;
    if (t.trend > 0) {
      const double age = absl::FDivDuration(now - t.reported_at, kTrendMemory);
      const double reach = std::min(horizon_s, absl::ToDoubleSeconds(kTrendReach));
      const double growth = t.trend * reach * Within(1 - age, 0, 1);
      pinned += std::max(0.0, growth - kTrendNoise * (modelled_[i] + t.inherited));
    }
    out->pinned_mbps[i] = std::max(0.0, pinned);
  }
}

double Ledger::RowSessions(size_t row) const {
  const uint32_t begin = frame_->candidates->RowBegin(row);
  double sum = 0;
  for (size_t i = 0; i < frame_->candidates->Row(row).size(); ++i) sum += SlotSessions(begin + i);
  return sum;
}

}  // namespace spillway
