#include "sim/world.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace spillway::sim {
namespace {

// Rehearsals begin on 15 Nov 2024 20:00 New York, the evening they are modelled on.
constexpr int64_t kStartUnix = 1'731'718'800;
// A resolver counts in twos at least: nobody runs one alone.
constexpr double kResolversMin = 2;
// Players reach a new ladder step after two or three 2-s segments and their buffer's turn.
constexpr double kLadderTauS = 10;
// Query gaps are averaged over about as long as a TTL.
constexpr double kGapTauS = 30;
// Background swings with this period and part (WorldConfig::background).
constexpr double kBackgroundPeriodS = 1200, kBackgroundSwing = 0.3;
// Giving up no longer grows beyond twice the capacity.
constexpr double kGiveUpOverMax = 1;

double EndingIn1s(double mean_s) { return -std::expm1(-1 / mean_s); }

// Adds `amount`; returns the whole part and keeps the rest.
float TakeWhole(double amount, double* rest) {
  *rest += amount;
  const double whole = std::floor(*rest);
  *rest -= whole;
  return static_cast<float>(whole);
}

}  // namespace

struct World::Pulse {
  double starts = 0;  // sessions, everywhere, before regional noise
  double stay = 1;    // part of the sessions that play on
  double scene = 1;   // of the nominal bitrate
  Playing playing = Playing::kFollow;
};

struct World::Starts {
  double dns = 0, redirect = 0;
};

absl::Time World::TimeAt(int t_s) { return absl::FromUnixSeconds(kStartUnix + t_s); }

World::World(const WorldConfig& config, const Terrain& terrain)
    : config_(config),
      frame_(*terrain.frame),
      region_noise_(RegionCount(), 0),
      demand_random_(Random(config.seed).Fork(11)) {
  const size_t targets = frame_.policy->targets.size();
  whole_capacity_ = capacity_ = terrain.capacity_mbps;
  for (std::vector<double>* v : {&load_, &target_sessions_, &background_, &give_up_, &starts_})
    v->assign(targets, 0);
  Place(terrain);
  const size_t slots = frame_.candidates->slot_count();
  activity_.dns.assign(slots, 0);
  activity_.redirect.assign(slots, 0);
  activity_.steering.assign(slots, 0);
  resolver_arrivals_.assign(frame_.candidates->row_count(), 0);
  FinishSecond();
}

void World::Place(const Terrain& terrain) {
  const CandidateTable& candidates = *frame_.candidates;
  const double viewers = config_.audience.At(0), peak = config_.audience.Peak();
  Random random = Random(config_.seed).Fork(12);
  for (size_t r = 0; r < candidates.row_count(); ++r) {
    if (terrain.row_part[r] <= 0) continue;
    Row row{.frame_row = static_cast<uint32_t>(r), .frame_begin = candidates.RowBegin(r)};
    row.begin = static_cast<uint32_t>(target_.size());
    row.part = terrain.row_part[r];
    row.region = terrain.row_region[r];
    row.resolvers = std::max(kResolversMin, peak * row.part / config_.resolvers.viewers_each);
    row.gap_factor = std::exp(config_.resolvers.gap_error * random.Normal());
    row.sessions = viewers * row.part;
    row.steered = row.sessions * config_.players.steered;
    double capacity = 0;
    for (const Slot& slot : candidates.Row(r)) {
      if (slot.fenced) break;  // fenced ones stand last
      target_.push_back(slot.target.value());
      rtt_ms_.push_back(slot.rtt_ms);
      cost_ms_.push_back(slot.cost_ms);
      capacity += capacity_[slot.target.index()];
    }
    row.end = static_cast<uint32_t>(target_.size());
    for (uint32_t k = row.begin; k < row.end; ++k) {
      const double part = capacity_[target_[k]] / capacity;
      fast_.at.push_back(part);
      stuck_.push_back((row.sessions - row.steered) * part);
      steered_.push_back(row.steered * part);
      target_sessions_[target_[k]] += row.sessions * part;
      load_[target_[k]] += row.sessions * part * config_.bitrate_mbps;
    }
    rows_.push_back(row);
  }
  stretched_.at = straggling_.at = fast_.at;
  stretched_.weight = config_.resolvers.stretch;
  stretched_.hold_s = config_.resolvers.stretch_s;
  straggling_.weight = config_.resolvers.straggle;
  straggling_.hold_s = config_.resolvers.straggle_s;
  fast_.weight = 1 - stretched_.weight - straggling_.weight;
  for (std::vector<double>* v : {&share_, &dns_rest_, &redirect_rest_, &steering_rest_})
    v->assign(target_.size(), 0);
  // Not all at once: whole counts would come in step.
  for (std::vector<double>* v : {&dns_rest_, &redirect_rest_, &steering_rest_})
    for (double& rest : *v) rest = random.Uniform();
  totals_.started = totals_.playing = viewers;
}

void World::TakePlan(const Plan& plan) {
  CHECK(plan.frame.get() == &frame_);
  for (Row& row : rows_) {
    const absl::Span<const SlotPlan> slots = plan.RowSlots(row.frame_row);
    double changed = 0;
    for (uint32_t k = row.begin; k < row.end; ++k) {
      const double share = static_cast<double>(slots[k - row.begin].quota) / kCellCount;
      changed += std::abs(share - share_[k]);
      share_[k] = share;
    }
    if (has_plan_) totals_.repointed += changed / 2 * row.sessions;
    row.ttl_s = std::max(1.0, static_cast<double>(plan.rows[row.frame_row].ttl_s));
  }
  has_plan_ = true;
}

World::Pulse World::NextPulse() {
  const double now = config_.audience.At(now_s_), next = config_.audience.At(now_s_ + 1);
  const double stay = 1 - EndingIn1s(config_.players.session_s);
  Pulse pulse;
  pulse.starts = std::max(0.0, next - now * stay);
  pulse.stay = now > 0 ? std::min(stay, next / now) : stay;  // a falling audience leaves early
  pulse.scene = SceneFactor(config_.scenes, now_s_);
  const double keep = std::exp(-1 / config_.demand_tau_s);
  for (double& noise : region_noise_)
    noise =
        keep * noise + config_.demand_sigma * std::sqrt(1 - keep * keep) * demand_random_.Normal();
  return pulse;
}

// Who begins this second, and what the waiting room lets in.
World::Starts World::RowStarts(const Plan& plan, const Pulse& pulse, Row* row) {
  const PlanRow& told = plan.rows[row->frame_row];
  const double fresh = pulse.starts * row->part * std::exp(region_noise_[row->region]);
  const double again = row->retrying;
  row->retrying = 0;
  Starts starts;
  starts.dns = (fresh + again) * (1 - config_.players.redirect);
  const double back = row->waiting / std::max(1.0, static_cast<double>(told.retry_after_s));
  const double asks = fresh * config_.players.redirect + back;
  const double asks_again = again * config_.players.redirect;
  starts.redirect =
      asks * told.admit_permille / 1000 + asks_again * told.retry_admit_permille / 1000;
  // Rounding of what all leave must not leave less than nobody.
  row->waiting = std::max(0.0, row->waiting + asks + asks_again - back - starts.redirect);
  const double smooth = EndingIn1s(kGapTauS);
  row->dns_rate += smooth * (starts.dns - row->dns_rate);
  resolver_arrivals_[row->frame_row] = static_cast<float>(row->dns_rate * row->gap_factor);
  return starts;
}

void World::StepRow(const Plan& plan, const Pulse& pulse, Row* row) {
  const Players& players = config_.players;
  const Starts starts = RowStarts(plan, pulse, row);
  const double follow = players.steered / (1 - players.dns_only);
  const double dns_steered = follow * (1 - players.dns_only / std::max(1e-9, 1 - players.redirect));
  // Of the steered, this second. Dice or not, the shares go the same way; dice move more players.
  const double ask = pulse.playing == Playing::kStay ? 0 : EndingIn1s(row->ttl_s);
  // A resolver asks when a client comes after its answer ran out: every hold + 1/rate seconds.
  const double rate = starts.dns / row->resolvers;
  auto renew = [&](Cache& cache) {
    return 1 / (1 + rate * (cache.hold_s > 0 ? std::max(cache.hold_s, row->ttl_s) : row->ttl_s));
  };
  const double fresh[] = {renew(fast_), renew(stretched_), renew(straggling_)};
  const double turn[] = {-std::expm1(-rate * fresh[0]), -std::expm1(-rate * fresh[1]),
                         -std::expm1(-rate * fresh[2])};
  const double answers = starts.dns * (fast_.weight * fresh[0] + stretched_.weight * fresh[1] +
                                       straggling_.weight * fresh[2]);
  const double held[] = {starts.dns * fast_.weight * (1 - fresh[0]),
                         starts.dns * stretched_.weight * (1 - fresh[1]),
                         starts.dns * straggling_.weight * (1 - fresh[2])};
  const double ladder_told = frame_.policy->service(frame_.candidates->RowService(row->frame_row))
                                 .ladder[plan.rows[row->frame_row].ladder_step];
  // Who begins by DNS and never asks again hears of no cap.
  const double ladder_kept = 1 - (1 - ladder_told) * (1 - config_.players.dns_only);
  row->ladder += EndingIn1s(kLadderTauS) * (ladder_kept - row->ladder);
  const double mbps = config_.bitrate_mbps * row->ladder;

  const double steered_before = row->steered * pulse.stay;
  double sessions = 0, steered = 0, moved = 0, gave_up = 0, rtt = 0, cost = 0;
  for (uint32_t k = row->begin; k < row->end; ++k) {
    const uint16_t t = target_[k];
    const uint32_t slot = row->frame_begin + (k - row->begin);
    const double x = share_[k];
    const double by_dns = answers * x + held[0] * fast_.at[k] + held[1] * stretched_.at[k] +
                          held[2] * straggling_.at[k];
    const double by_redirect = starts.redirect * x;
    fast_.at[k] += turn[0] * (x - fast_.at[k]);
    stretched_.at[k] += turn[1] * (x - stretched_.at[k]);
    straggling_.at[k] += turn[2] * (x - straggling_.at[k]);

    const double were_steered = steered_[k] * pulse.stay, stay = 1 - give_up_[t];
    const double gain = ask * (steered_before * x - were_steered);
    moved += pulse.playing == Playing::kRolled ? ask * were_steered * (1 - x) : std::max(0.0, gain);
    const double begin_steered = by_dns * dns_steered + by_redirect * follow;
    gave_up += (stuck_[k] * pulse.stay + were_steered + gain) * give_up_[t];
    steered_[k] = std::max(0.0, were_steered + gain) * stay + begin_steered;
    stuck_[k] = stuck_[k] * pulse.stay * stay + by_dns + by_redirect - begin_steered;

    activity_.dns[slot] += TakeWhole(answers * x, &dns_rest_[k]);
    activity_.redirect[slot] += TakeWhole(by_redirect, &redirect_rest_[k]);
    activity_.steering[slot] += TakeWhole(ask * steered_before * x, &steering_rest_[k]);

    const double here = stuck_[k] + steered_[k];
    sessions += here;
    steered += steered_[k];
    target_sessions_[t] += here;
    load_[t] += here * mbps;
    starts_[t] += by_dns + by_redirect;
    rtt += here * rtt_ms_[k];
    cost += here * cost_ms_[k];
  }
  totals_.ended += row->sessions * (1 - pulse.stay);
  totals_.started += starts.dns + starts.redirect;
  totals_.gave_up += gave_up;
  totals_.moved += moved;
  totals_.rtt_ms += rtt;
  totals_.cost_ms += cost;
  totals_.bitrate += sessions * row->ladder;
  totals_.waiting += row->waiting;
  totals_.playing += sessions;
  row->retrying = gave_up * players.retry;
  row->sessions = sessions;
  row->steered = steered;
}

void World::Step(const Plan& plan, Playing told) {
  TakePlan(plan);
  Pulse pulse = NextPulse();
  pulse.playing = told;
  std::fill(load_.begin(), load_.end(), 0);
  std::fill(target_sessions_.begin(), target_sessions_.end(), 0);
  std::fill(starts_.begin(), starts_.end(), 0);
  totals_.playing = totals_.waiting = totals_.rtt_ms = totals_.cost_ms = totals_.bitrate = 0;
  for (Row& row : rows_) StepRow(plan, pulse, &row);
  ++now_s_;
  const double playing = std::max(1.0, totals_.playing);
  totals_.rtt_ms /= playing;
  totals_.cost_ms /= playing;
  totals_.bitrate /= playing;
  totals_.refused = totals_.waiting / (totals_.waiting + playing);
  for (double& load : load_) load *= pulse.scene;
  FinishSecond();
}

void World::FinishSecond() {
  const double swing =
      1 + kBackgroundSwing * std::sin(2 * std::numbers::pi * now_s_ / kBackgroundPeriodS);
  for (size_t t = 0; t < load_.size(); ++t) {
    background_[t] = config_.background * whole_capacity_[t] * swing;
    load_[t] += background_[t];
    const double over = std::clamp(Utilisation(t) - 1, 0.0, kGiveUpOverMax);
    give_up_[t] = std::min(1.0, config_.players.abandon_per_s * over);
  }
}

double World::DeliveredMbps(size_t target) const {
  return std::min(load_[target], capacity_[target]);
}

double World::Utilisation(size_t target) const {
  constexpr double kNothing = 1;  // Mbps: a target that is gone still divides
  return load_[target] / std::max(kNothing, capacity_[target]);
}

void World::TakeActivity(Activity* out) {
  activity_.elapsed = absl::Seconds(now_s_ - counted_from_s_);
  counted_from_s_ = now_s_;
  *out = activity_;
  std::fill(activity_.dns.begin(), activity_.dns.end(), 0);
  std::fill(activity_.redirect.begin(), activity_.redirect.end(), 0);
  std::fill(activity_.steering.begin(), activity_.steering.end(), 0);
}

double World::WorstStateError() const {
  double worst = 0;
  for (const Row& row : rows_) {
    for (const Cache* cache : {&fast_, &stretched_, &straggling_}) {
      double sum = 0;
      for (uint32_t k = row.begin; k < row.end; ++k) {
        sum += cache->at[k];
        worst = std::max({worst, -cache->at[k], -stuck_[k], -steered_[k]});
      }
      worst = std::max(worst, std::abs(sum - 1));
    }
  }
  return worst;
}

}  // namespace spillway::sim
