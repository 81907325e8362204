#include "tests/sim/sampled_clients.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "http/redirect/pathways.h"
#include "steering/decide/decide.h"
#include "steering/model/policy.h"
#include "steering/plan/heavy_set.h"

namespace spillway::sim {
namespace {

// A player's buffer when its target dies: evenly from none to six 2-s segments.
constexpr double kBufferMaxS = 12;
// hls.js keeps a failed pathway out for 5 minutes (papers 6.4); DASH players for a TTL.
constexpr double kHlsShunS = 300;

}  // namespace

SampledClients::SampledClients(const WorldConfig& config, const Terrain& terrain,
                               const std::vector<Place>& places, uint64_t seed)
    : config_(config), terrain_(terrain), random_(seed) {
  const size_t targets = terrain.capacity_mbps.size();
  for (std::vector<double>* v : {&sessions_, &answers_.dns, &answers_.redirect, &answers_.steering})
    v->assign(targets, 0);
  was_dead_.assign(targets, 0);
  for (const Place& place : places) AddCrowd(place);
  for (uint32_t c = 0; c < crowds_.size(); ++c) AddPlaying(c);
}

void SampledClients::AddCrowd(const Place& place) {
  const RowClients& clients = terrain_.rows[place.row];
  const Resolvers& habits = config_.resolvers;
  const double each =
      clients.viewers_per_cache > 0 ? clients.viewers_per_cache : habits.viewers_each;
  const double peak = config_.audiences[clients.curve].Peak() * clients.part;
  Crowd crowd{.row = place.row,
              .service = terrain_.frame->candidates->RowService(place.row),
              .prefix = place.prefix,
              .clients = &clients,
              .resolvers_from = static_cast<uint32_t>(resolvers_.size())};
  crowd.resolvers =
      clients.one_cache ? 1 : std::max(2u, static_cast<uint32_t>(std::lround(peak / each)));
  double kind = random_.Uniform();
  for (uint32_t i = 0; i < crowd.resolvers; ++i) {
    Resolver resolver{.address = AddressIn(place.prefix)};
    kind = std::fmod(kind + 0.6180339887498949, 1.0);  // each kind's part as exactly as it goes
    if (!clients.one_cache)
      resolver.hold_s = kind < habits.stretch                     ? habits.stretch_s
                        : kind < habits.stretch + habits.straggle ? habits.straggle_s
                                                                  : 0;
    resolvers_.push_back(resolver);
  }
  crowds_.push_back(crowd);
}

// Before the first second, viewers and caches are spread by capacity.
void SampledClients::AddPlaying(uint32_t c) {
  const Crowd& crowd = crowds_[c];
  std::vector<double> upto;
  std::vector<uint16_t> target;
  double sum = 0;
  for (const Slot& slot : terrain_.frame->candidates->Row(crowd.row)) {
    if (slot.fenced) break;
    upto.push_back(sum += terrain_.capacity_mbps[slot.target.index()]);
    target.push_back(slot.target.value());
  }
  auto draw = [&] {
    const auto it = std::upper_bound(upto.begin(), upto.end(), random_.Uniform() * sum);
    return target[std::min<size_t>(it - upto.begin(), target.size() - 1)];
  };
  constexpr double kFirstTtlS = 30;
  const double playing = config_.audiences[crowd.clients->curve].At(0) * crowd.clients->part;
  const double rate =
      playing / config_.players.session_s * (1 - config_.players.redirect) / crowd.resolvers;
  for (uint32_t r = crowd.resolvers_from; r < crowd.resolvers_from + crowd.resolvers; ++r) {
    resolvers_[r].targets[0] = draw();
    resolvers_[r].target_count = 1;
    // Most caches that few ask are empty most of the time.
    const double hold = std::max(kFirstTtlS, resolvers_[r].hold_s);
    const bool holds = random_.Uniform() * (1 + rate * hold) >= 1;
    resolvers_[r].expires = holds ? random_.Uniform() * hold : 0;
  }
  for (size_t i = 0, n = Poisson(playing); i < n; ++i) {
    const uint32_t v = NewViewer(c);
    Play(v, draw());
    viewers_[v].list[0] = viewers_[v].target;
    viewers_[v].list_count = 1;
    At(Exponential(config_.players.session_s), v, What::kEnd);
    if (viewers_[v].steered) At(random_.Uniform() * kFirstTtlS, v, What::kAsk);
  }
}

void SampledClients::Step(const Plan& plan, const World::Condition& condition) {
  plan_ = &plan;
  condition_ = &condition;
  for (uint32_t v = 0; v < viewers_.size(); ++v) {
    const Viewer& viewer = viewers_[v];
    if (viewer.playing && condition.dead[viewer.target] && !was_dead_[viewer.target])
      At(now_s_ + random_.Uniform() * kBufferMaxS, v, What::kBreak);
  }
  was_dead_ = condition.dead;
  Arrive();
  while (!events_.empty() && events_.top().at < now_s_ + 1) {
    const Event event = events_.top();
    events_.pop();
    if (viewers_[event.viewer].life == event.life) Happen(event);
  }
  ++now_s_;
  plan_ = nullptr;
}

void SampledClients::Arrive() {
  for (uint32_t c = 0; c < crowds_.size(); ++c) {
    const RowClients& clients = *crowds_[c].clients;
    const Audience& audience = config_.audiences[clients.curve];
    // A(t) grows by arrivals and shrinks as sessions end.
    const double now = audience.At(now_s_), next = audience.At(now_s_ + 1);
    const double rate = std::max(0.0, next - now + (now + next) / 2 / config_.players.session_s);
    for (size_t i = 0, n = Poisson(rate * clients.part * condition_->starts_factor); i < n; ++i)
      At(now_s_ + random_.Uniform(), NewViewer(c), What::kStart);
  }
}

uint32_t SampledClients::NewViewer(uint32_t c) {
  uint32_t v = static_cast<uint32_t>(viewers_.size());
  if (free_.empty()) {
    viewers_.emplace_back();
  } else {
    v = free_.back();
    free_.pop_back();
  }
  const Players& players = config_.players;
  const uint32_t life = viewers_[v].life;
  const double way = random_.Uniform();
  const bool deaf = way >= 1 - players.dns_only;
  viewers_[v] = {.place = c,
                 .resolver = crowds_[c].resolvers_from +
                             static_cast<uint32_t>(random_.Below(crowds_[c].resolvers)),
                 .life = life,
                 .address = AddressIn(crowds_[c].prefix),
                 .by_redirect = way < players.redirect,
                 .steered = !deaf && random_.Uniform() < players.steered / (1 - players.dns_only),
                 .hls = random_.Uniform() < players.hls};
  return v;
}

void SampledClients::Leave(uint32_t v) {
  Viewer& viewer = viewers_[v];
  if (viewer.playing) {
    sessions_[viewer.target] -= 1;
    playing_ -= 1;
  }
  viewer.playing = false;
  ++viewer.life;
  free_.push_back(v);
}

void SampledClients::At(double at, uint32_t v, What what) {
  events_.push({at, ++event_count_, v, viewers_[v].life, what});
}

void SampledClients::Happen(const Event& event) {
  const uint32_t v = event.viewer;
  switch (event.what) {
    case What::kStart:
      return Start(v, event.at);
    case What::kEnd:
      return Leave(v);
    case What::kBreak:
      return Break(v, event.at);
    case What::kAsk: {
      const double ttl_s = AskSteering(&viewers_[v], true);
      At(event.at + ttl_s, v, What::kAsk);
      // On a dead target it plays its buffer; then it fails over by itself.
      if (!condition_->dead[viewers_[v].target] || viewers_[v].list[0] != viewers_[v].target)
        Follow(v, event.at);
    }
  }
}

void SampledClients::Start(uint32_t v, double now) {
  Viewer& viewer = viewers_[v];
  uint16_t target = 0;
  double ttl_s = plan_->rows[crowds_[viewer.place].row].ttl_s;
  if (viewer.by_redirect) {
    const Decision decision =
        Decide(*plan_, crowds_[viewer.place].service, LocateClient(*plan_, viewer.address));
    target = decision.target.value();
    answers_.redirect[target] += 1;
  } else {
    target = AskResolver(&viewer, now);
  }
  if (condition_->dead[target]) {  // tries again, in the same way
    At(now + Exponential(config_.players.retry_s), v, What::kStart);
    return;
  }
  Play(v, target);
  if (viewer.steered) {
    ttl_s = AskSteering(&viewer, false);
    At(now + ttl_s, v, What::kAsk);
  }
  At(now + Exponential(config_.players.session_s), v, What::kEnd);
}

uint16_t SampledClients::AskResolver(Viewer* viewer, double now) {
  Resolver& resolver = resolvers_[viewer->resolver];
  const Crowd& crowd = crowds_[viewer->place];
  if (now >= resolver.expires) {
    const Decision decision =
        Decide(*plan_, crowd.service,
               LocateResolver(*plan_, resolver.address, ResolverHash(resolver.address)));
    const absl::Span<const Slot> slots = terrain_.frame->candidates->Row(crowd.row);
    resolver.targets[0] = decision.target.value();
    resolver.target_count = 1;
    for (size_t i = 0; i < decision.more_count; ++i)
      resolver.targets[resolver.target_count++] = slots[decision.more[i]].target.value();
    resolver.expires = now + std::max<double>(decision.ttl_s, resolver.hold_s);
    answers_.dns[decision.target.value()] += 1;
  }
  return resolver.targets[random_.Below(resolver.target_count)];
}

double SampledClients::AskSteering(Viewer* viewer, bool count) {
  const ServiceId service = crowds_[viewer->place].service;
  const ClientFacts client = LocateClient(*plan_, viewer->address);
  const Decision decision = Decide(*plan_, service, client);
  http::Pathways pathways;
  http::OrderPathways(*plan_, service, client, decision, &pathways);
  viewer->list_count = static_cast<uint8_t>(std::min(pathways.count, kListMax));
  for (size_t i = 0; i < viewer->list_count; ++i)
    viewer->list[i] = plan_->policy().FindTarget(pathways.names[i])->value();
  if (count) answers_.steering[decision.target.value()] += 1;
  return decision.ttl_s;
}

bool SampledClients::Follow(uint32_t v, double now) {
  Viewer& viewer = viewers_[v];
  for (size_t i = 0; i < viewer.list_count; ++i) {
    const uint16_t target = viewer.list[i];
    if (target == viewer.shunned && now < viewer.shuns_until) continue;
    if (condition_->dead[target]) {
      Shun(&viewer, target, now);
      continue;
    }
    if (target != viewer.target) Play(v, target);
    return true;
  }
  return false;
}

void SampledClients::Break(uint32_t v, double now) {
  Viewer& viewer = viewers_[v];
  if (!viewer.playing || !condition_->dead[viewer.target]) return;
  if (viewer.steered) {
    Shun(&viewer, viewer.target, now);
    if (Follow(v, now)) return;
  }
  const bool again = random_.Uniform() < config_.players.retry;
  const Viewer was = viewer;
  Leave(v);
  if (!again) return;
  const uint32_t back = NewViewer(was.place);
  const uint32_t life = viewers_[back].life;
  viewers_[back] = was;
  viewers_[back].life = life;
  viewers_[back].playing = false;
  At(now + Exponential(config_.players.retry_s), back, What::kStart);
}

void SampledClients::Play(uint32_t v, uint16_t target) {
  Viewer& viewer = viewers_[v];
  if (viewer.playing) sessions_[viewer.target] -= 1;
  if (!viewer.playing) playing_ += 1;
  viewer.playing = true;
  viewer.target = target;
  sessions_[target] += 1;
}

void SampledClients::Shun(Viewer* viewer, uint16_t target, double now) {
  viewer->shunned = target;
  const double ttl_s = plan_->rows[crowds_[viewer->place].row].ttl_s;
  viewer->shuns_until = now + (viewer->hls ? kHlsShunS : ttl_s);
}

SampledClients::Answers SampledClients::TakeAnswers() {
  Answers taken = answers_;
  for (std::vector<double>* v : {&answers_.dns, &answers_.redirect, &answers_.steering})
    std::fill(v->begin(), v->end(), 0);
  return taken;
}

std::vector<uint64_t> SampledClients::HeavyResolvers() const {
  std::vector<uint64_t> heavy;
  for (const Crowd& crowd : crowds_) {
    if (crowd.clients->one_cache)
      heavy.push_back(ResolverHash(resolvers_[crowd.resolvers_from].address));
  }
  return heavy;
}

IpAddress SampledClients::AddressIn(const IpPrefix& prefix) {
  const uint64_t hosts = uint64_t{1} << (32 - prefix.bits);
  return IpAddress::V4(prefix.address.v4_host_order() +
                       static_cast<uint32_t>(random_.Below(hosts)));
}

double SampledClients::Exponential(double mean) { return -mean * std::log(1 - random_.Uniform()); }

size_t SampledClients::Poisson(double mean) {
  // Above this the normal distribution is within a tenth of a viewer's chance.
  if (mean > 500)
    return static_cast<size_t>(
        std::max(0.0, std::round(mean + std::sqrt(mean) * random_.Normal())));
  const double limit = std::exp(-mean);
  size_t count = 0;
  for (double product = random_.Uniform(); product > limit; product *= random_.Uniform()) ++count;
  return count;
}

}  // namespace spillway::sim
