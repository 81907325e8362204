#include "sim/score.h"

#include <algorithm>

namespace spillway::sim {
namespace {

constexpr double kHourS = 3600;

}  // namespace

Score::Score(const Terrain& terrain, double fault_at_s, double from_s)
    : policy_(*terrain.frame->policy),
      watermark_(TargetWatermarks(policy_)),
      fault_at_s_(fault_at_s),
      from_s_(from_s),
      service_viewer_s_(policy_.services.size(), 0),
      service_waiting_s_(policy_.services.size(), 0) {
  for (const Service& service : policy_.services)
    sums_.services.push_back({.service = service.name, .bitrate = 0});
}

void Score::Add(const World& world) {
  const World::Totals& totals = world.totals();
  if (world.now_s() < from_s_) return;
  if (!began_) first_ = totals;
  began_ = true;
  last_ = totals;
  AddTargets(world);
  AddServices(world);
  viewer_s_ += totals.playing;
  waiting_s_ += totals.waiting;
  sums_.stalled += totals.stalled;
  sums_.playing_peak = std::max(sums_.playing_peak, totals.playing);
  sums_.rtt_ms += totals.playing * totals.rtt_ms;
  sums_.cost_ms += totals.playing * totals.cost_ms;
  sums_.bitrate += totals.playing * totals.bitrate;
}

void Score::AddTargets(const World& world) {
  double worst = 0, above_watermark = 0;
  for (size_t t = 0; t < watermark_.size(); ++t) {
    const double u = world.Crowding(t);
    carried_ += world.load_mbps()[t];
    sums_.price += world.load_mbps()[t] * policy_.targets[t].cost;
    if (world.Overloaded(t)) sums_.over_100 += world.sessions()[t];
    if (world.Overloaded(t) || u > 0.95) sums_.over_95 += world.sessions()[t];
    // Nobody suffers at a target that nobody is sent to.
    if (u > sums_.peak && world.sessions()[t] >= 1) {
      sums_.peak = u;
      sums_.peak_at_s = world.now_s();
      sums_.peak_target = policy_.targets[t].name;
    }
    worst = std::max(worst, u);
    above_watermark = std::max(above_watermark, u - watermark_[t]);
  }
  const double since = world.now_s() - fault_at_s_;
  if (since >= kGraceS) sums_.peak_later = std::max(sums_.peak_later, worst);
  if (since > 0 && worst > 1) sums_.recovered_s = since;
  if (since > 0 && above_watermark > kWatermarkSlack) sums_.below_watermark_s = since;
}

void Score::AddServices(const World& world) {
  for (size_t s = 0; s < sums_.services.size(); ++s) {
    const World::ServiceTotals& totals = world.services()[s];
    ServiceResult& service = sums_.services[s];
    service_viewer_s_[s] += totals.playing;
    service_waiting_s_[s] += totals.waiting;
    service.bitrate += totals.playing * totals.bitrate;
    service.peak = std::max(service.peak, totals.playing);
  }
}

Result Score::Finish() const {
  Result result = sums_;
  const double all = std::max(1.0, viewer_s_);
  for (double* part :
       {&result.over_100, &result.over_95, &result.rtt_ms, &result.cost_ms, &result.stalled})
    *part /= all;
  result.price /= std::max(1.0, carried_);
  result.bitrate = (sums_.bitrate - 1) / all;
  result.refused = waiting_s_ / (all + waiting_s_);
  result.moved_per_hour = (last_.moved - first_.moved) / all * kHourS;
  result.repointed_per_hour = (last_.repointed - first_.repointed) / all * kHourS;
  const double seen = std::max(1.0, first_.playing + last_.started - first_.started);
  result.gave_up = (last_.gave_up - first_.gave_up) / seen;
  result.failed_starts = (last_.failed_starts - first_.failed_starts) / seen;
  for (size_t s = 0; s < result.services.size(); ++s) {
    const double played = std::max(1.0, service_viewer_s_[s]);
    result.services[s].bitrate /= played;
    result.services[s].refused = service_waiting_s_[s] / (played + service_waiting_s_[s]);
  }
  return result;
}

}  // namespace spillway::sim
