#include "sim/report/tally.h"

#include <algorithm>

namespace spillway::sim {
Tally::Tally(const Terrain& terrain, const std::vector<Fault>& faults, double from_s)
    : targets_(terrain.capacity_mbps.size()), from_s_(from_s) {
  for (const Service& service : terrain.frame->policy->services) {
    for (const Candidate& candidate : service.candidates) {
      Target& target = targets_[candidate.target.index()];
      target.watermark = std::min(target.watermark, service.watermark.target);
      target.hard = std::min(target.hard, service.watermark.hard);
    }
  }
  for (const Fault& fault : faults) faults_at_s_.push_back(fault.from_s);
}

bool Tally::Excused(int t_s) const {
  return std::any_of(faults_at_s_.begin(), faults_at_s_.end(),
                     [t_s](double from_s) { return t_s >= from_s && t_s <= from_s + kGraceS; });
}

void Tally::Add(const World& world) {
  if (world.now_s() < from_s_) return;
  bool over = false;
  for (size_t t = 0; t < targets_.size(); ++t) {
    const double u = world.Crowding(t);
    // Nobody suffers at a target that nobody is sent to.
    if (world.sessions()[t] < 1) continue;
    Target& target = targets_[t];
    if (u > target.peak) {
      target.peak = u;
      target.peak_at_s = world.now_s();
    }
    if (u > target.watermark + kWatermarkSlack) ++target.over_watermark_s;
    if (!world.Overloaded(t)) continue;
    over = true;
    ++target.over_s;
    target.over_viewer_s += world.sessions()[t];
  }
  if (!over) return;
  ++over_s_;
  if (Excused(world.now_s())) {
    ++excused_s_;
  } else if (first_over_s_ < 0) {
    first_over_s_ = world.now_s();
  }
}

}  // namespace spillway::sim
