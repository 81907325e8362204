#include "sim/score.h"

#include <algorithm>

namespace spillway::sim {
namespace {

constexpr double kLaterS = 120;  // prototype: peaks right after a loss are physics, later ones ours
constexpr double kHourS = 3600;
// Report noise and whole cells: a target may hover about its watermark.
constexpr double kWatermarkSlack = 0.01;

}  // namespace

Score::Score(const WorldConfig& config, double fault_at_s, double from_s)
    : watermark_(config.watermark), fault_at_s_(fault_at_s), from_s_(from_s) {}

void Score::Add(const World& world, const Terrain& terrain) {
  const World::Totals& totals = world.totals();
  if (world.now_s() < from_s_) return;
  if (!began_) first_ = totals;
  began_ = true;
  last_ = totals;
  double worst = 0;
  for (size_t t = 0; t < world.load_mbps().size(); ++t) {
    const double u = world.Utilisation(t);
    if (u > 1) sums_.over_100 += world.sessions()[t];
    if (u > 0.95) sums_.over_95 += world.sessions()[t];
    if (u > sums_.peak) {
      sums_.peak = u;
      sums_.peak_at_s = world.now_s();
      sums_.peak_target = terrain.frame->policy->targets[t].name;
    }
    worst = std::max(worst, u);
  }
  const double since = world.now_s() - fault_at_s_;
  if (since >= kLaterS) sums_.peak_later = std::max(sums_.peak_later, worst);
  if (since > 0 && worst > 1) sums_.recovered_s = since;
  if (since > 0 && worst > watermark_ + kWatermarkSlack) sums_.below_watermark_s = since;
  viewer_s_ += totals.playing;
  waiting_s_ += totals.waiting;
  sums_.rtt_ms += totals.playing * totals.rtt_ms;
  sums_.cost_ms += totals.playing * totals.cost_ms;
  sums_.bitrate += totals.playing * totals.bitrate;
}

Result Score::Finish() const {
  Result result = sums_;
  const double all = std::max(1.0, viewer_s_);
  result.over_100 /= all;
  result.over_95 /= all;
  result.rtt_ms /= all;
  result.cost_ms /= all;
  result.bitrate = (sums_.bitrate - 1) / all;
  result.refused = waiting_s_ / (all + waiting_s_);
  result.moved_per_hour = (last_.moved - first_.moved) / all * kHourS;
  result.repointed_per_hour = (last_.repointed - first_.repointed) / all * kHourS;
  result.gave_up = last_.gave_up / std::max(1.0, last_.started);
  return result;
}

}  // namespace spillway::sim
