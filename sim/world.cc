#include "sim/world.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "sim/fluid.h"

namespace spillway::sim {
namespace {

// A resolver counts in twos at least: nobody runs one alone.
constexpr double kResolversMin = 2;
// Background swings with this period and part (WorldConfig::background).
constexpr double kBackgroundPeriodS = 1200, kBackgroundSwing = 0.3;
// Giving up no longer grows beyond twice the capacity.
constexpr double kGiveUpOverMax = 1;

// Players see that a target is slow within four 2-s segments, and trust it again after several.
constexpr double kAdaptDownS = 8, kAdaptUpS = 30;
// The lowest rung of a usual ladder: 0.4 of 5 Mbps (papers 5.3).
constexpr double kAdaptMin = 0.08;
// Time to first byte by load (papers 5.4): flat to 0.85, twice as long at 0.95, and so on.
constexpr double kSlowFrom = 0.85, kSlowPerLoad = 10, kSlowMax = 10;
constexpr double kServiceMs = 20;  // of a request, when nothing waits
// hls.js keeps a failed pathway out for 5 minutes (papers 6.4); DASH players for a TTL.
constexpr double kHlsShunS = 300;
constexpr double kNothingMbps = 1;  // a target that is gone still divides

}  // namespace

World::World(const WorldConfig& config, const Terrain& terrain)
    : config_(config),
      frame_(*terrain.frame),
      region_noise_(terrain.regions.size(), 0),
      demand_random_(Random(config.seed).Fork(11)) {
  const size_t targets = frame_.policy->targets.size();
  whole_capacity_ = condition_.capacity_mbps = terrain.capacity_mbps;
  condition_.dead.assign(targets, 0);
  was_dead_ = condition_.dead;
  condition_.link_mbps = terrain.link_mbps;
  for (std::vector<double>* v : {&load_, &target_sessions_, &background_, &starts_, &crowding_,
                                 &give_up_, &stalled_, &slow_ms_, &shun_, &misled_})
    v->assign(targets, 0);
  for (std::vector<double>* v : {&adapt_, &warm_}) v->assign(targets, 1);
  link_load_.assign(terrain.link_mbps.size(), 0);
  pulses_.resize(config.audiences.size());
  services_.resize(frame_.policy->services.size());
  region_sessions_.assign(terrain.regions.size(), 0);
  region_stalled_ = region_sessions_;
  SetShunKept();
  Place(terrain);
  const size_t slots = frame_.candidates->slot_count();
  activity_.dns.assign(slots, 0);
  activity_.redirect.assign(slots, 0);
  activity_.steering.assign(slots, 0);
  const std::vector<Service>& services = frame_.policy->services;
  if (std::any_of(services.begin(), services.end(),
                  [](const Service& service) { return service.waiting_room; }))
    activity_.put_off.assign(frame_.candidates->row_count(), 0);
  resolver_arrivals_.assign(frame_.candidates->row_count(), 0);
  FinishSecond();
}

void World::SetShunKept() {
  std::vector<double> ttl_s(load_.size(), 0), services(load_.size(), 0);
  for (const Service& service : frame_.policy->services) {
    for (const Candidate& candidate : service.candidates) {
      ttl_s[candidate.target.index()] += absl::ToDoubleSeconds(service.ttl.calm);
      services[candidate.target.index()] += 1;
    }
  }
  const double hls = config_.players.hls;
  for (size_t t = 0; t < load_.size(); ++t) {
    const double mean_s = std::max(1.0, ttl_s[t] / std::max(1.0, services[t]));
    shun_kept_.push_back(1 - hls * EndingIn1s(kHlsShunS) - (1 - hls) * EndingIn1s(mean_s));
  }
}

void World::Place(const Terrain& terrain) {
  const CandidateTable& candidates = *frame_.candidates;
  Random random = Random(config_.seed).Fork(12);
  for (size_t r = 0; r < candidates.row_count(); ++r) {
    const RowClients& clients = terrain.rows[r];
    if (clients.part <= 0) continue;
    const Audience& audience = config_.audiences[clients.curve];
    Row row{.frame_row = static_cast<uint32_t>(r), .frame_begin = candidates.RowBegin(r)};
    row.begin = static_cast<uint32_t>(target_.size());
    row.clients = &clients;
    row.service = candidates.RowService(r).value();
    const double each =
        clients.viewers_per_cache > 0 ? clients.viewers_per_cache : config_.resolvers.viewers_each;
    row.resolvers =
        clients.one_cache ? 1 : std::max(kResolversMin, audience.Peak() * clients.part / each);
    row.gap_factor = std::exp(config_.resolvers.gap_error * random.Normal());
    row.sessions = audience.At(0) * clients.part;
    totals_.playing += row.sessions;
    row.steered = row.sessions * config_.players.steered;
    double capacity = 0;
    for (const Slot& slot : candidates.Row(r)) {
      if (slot.fenced) break;  // fenced ones stand last
      target_.push_back(slot.target.value());
      rtt_ms_.push_back(slot.rtt_ms + clients.detour_ms);
      cost_ms_.push_back(slot.cost_ms);
      capacity += whole_capacity_[slot.target.index()];
    }
    row.end = static_cast<uint32_t>(target_.size());
    for (uint32_t k = row.begin; k < row.end; ++k) {
      const double part = whole_capacity_[target_[k]] / capacity;
      fast_.at.push_back(part);
      stuck_.push_back((row.sessions - row.steered) * part);
      steered_.push_back(row.steered * part);
      target_sessions_[target_[k]] += row.sessions * part;
      load_[target_[k]] += row.sessions * part * clients.bitrate_mbps;
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
  totals_.started = totals_.playing;
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

void World::NextPulses() {
  const double stay = 1 - EndingIn1s(config_.players.session_s);
  for (size_t c = 0; c < pulses_.size(); ++c) {
    const Audience& audience = config_.audiences[c];
    const double now = audience.At(now_s_), next = audience.At(now_s_ + 1);
    pulses_[c].starts = std::max(0.0, next - now * stay) * condition_.starts_factor;
    // A falling audience leaves early.
    pulses_[c].stay = now > 0 ? std::min(stay, next / now) : stay;
  }
  const double keep = std::exp(-1 / config_.demand_tau_s);
  for (double& noise : region_noise_)
    noise =
        keep * noise + config_.demand_sigma * std::sqrt(1 - keep * keep) * demand_random_.Normal();
}

void World::Step(const Plan& plan, Playing told) {
  told_ = told;
  TakePlan(plan);
  NextPulses();
  for (std::vector<double>* v :
       {&load_, &target_sessions_, &starts_, &misled_, &region_sessions_, &region_stalled_})
    std::fill(v->begin(), v->end(), 0);
  totals_.playing = totals_.waiting = totals_.rtt_ms = totals_.cost_ms = totals_.bitrate = 0;
  totals_.stalled = 0;
  for (ServiceTotals& service : services_) service = {.bitrate = 0};
  for (Row& row : rows_) StepRow(plan, &row);
  ++now_s_;
  const double playing = std::max(1.0, totals_.playing);
  totals_.rtt_ms /= playing;
  totals_.cost_ms /= playing;
  totals_.bitrate /= playing;
  totals_.refused = totals_.waiting / (totals_.waiting + playing);
  for (ServiceTotals& service : services_) service.bitrate /= std::max(1.0, service.playing);
  const double scene = SceneFactor(config_.scenes, now_s_ - 1);
  for (double& load : load_) load *= scene;
  FinishSecond();
}

void World::FinishSecond() {
  const double swing =
      1 + kBackgroundSwing * std::sin(2 * std::numbers::pi * now_s_ / kBackgroundPeriodS);
  for (size_t t = 0; t < load_.size(); ++t) {
    background_[t] = config_.background * whole_capacity_[t] * swing;
    load_[t] += background_[t];
    crowding_[t] = Utilisation(t);
  }
  const std::vector<SharedLimit>& links = frame_.policy->limits;
  for (size_t l = 0; l < link_load_.size(); ++l) {
    link_load_[l] = 0;
    for (const TargetId t : links[l].targets) link_load_[l] += load_[t.index()];
    for (const TargetId t : links[l].targets) {
      if (!condition_.dead[t.index()])
        crowding_[t.index()] = std::max(crowding_[t.index()], LinkUtilisation(l));
    }
  }
  for (size_t t = 0; t < load_.size(); ++t) FinishTarget(t);
}

// What this second's load does to the next second's viewers.
void World::FinishTarget(size_t t) {
  const Players& players = config_.players;
  const double over = std::clamp(crowding_[t] - 1, 0.0, kGiveUpOverMax);
  if (players.adapt) {
    const double fits = std::clamp(1 / std::max(1e-9, crowding_[t]), kAdaptMin, 1.0);
    adapt_[t] += EndingIn1s(fits < adapt_[t] ? kAdaptDownS : kAdaptUpS) * (fits - adapt_[t]);
  }
  stalled_[t] = std::max(0.0, 1 - 1 / std::max(1e-9, crowding_[t] * adapt_[t]));
  give_up_[t] = std::min(1.0, players.abandon_per_s * (players.adapt ? stalled_[t] : over));
  slow_ms_[t] =
      kServiceMs * std::min(kSlowMax, kSlowPerLoad * std::max(0.0, crowding_[t] - kSlowFrom));
  shun_[t] *= shun_kept_[t];
  // Counted from when it failed them, not from when it is back: who is told to go there meanwhile
  // is failed again.
  if (condition_.dead[t] && (!was_dead_[t] || misled_[t] > 0)) shun_[t] = 1;
  was_dead_[t] = condition_.dead[t];
  if (condition_.dead[t]) {
    stalled_[t] = 1;
    give_up_[t] = 0;  // they break instead
    warm_[t] = 0;
  } else {
    const Caches& caches = config_.caches;
    const bool serves = target_sessions_[t] >= 1;
    warm_[t] += EndingIn1s(serves ? caches.warm_tau_s : caches.cool_tau_s) * (serves - warm_[t]);
  }
}

double World::CapacityMbps(size_t target) const {
  return condition_.capacity_mbps[target] * (1 - config_.caches.cold_loss * (1 - warm_[target]));
}

double World::DeliveredMbps(size_t target) const {
  if (condition_.dead[target]) return 0;
  // A full link holds back every target on it alike.
  const double asked = std::max(crowding_[target], Utilisation(target));
  const double crowded = std::max(1.0, asked * adapt_[target]);
  return load_[target] * adapt_[target] / crowded;
}

double World::LinkMbps(size_t link) const {
  return std::max(kNothingMbps, condition_.link_mbps[link]);
}

double World::Utilisation(size_t target) const {
  if (condition_.dead[target]) return 0;
  return load_[target] / std::max(kNothingMbps, CapacityMbps(target));
}

void World::TakeActivity(Activity* out) {
  activity_.elapsed = absl::Seconds(now_s_ - counted_from_s_);
  counted_from_s_ = now_s_;
  *out = activity_;
  std::fill(activity_.dns.begin(), activity_.dns.end(), 0);
  std::fill(activity_.redirect.begin(), activity_.redirect.end(), 0);
  std::fill(activity_.steering.begin(), activity_.steering.end(), 0);
  std::fill(activity_.put_off.begin(), activity_.put_off.end(), 0);
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
