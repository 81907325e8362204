#include "sim/world_config.h"

#include <algorithm>
#include <cmath>

namespace spillway::sim {

double Audience::At(double t_s) const {
  double viewers = base;
  for (const Surge& s : surges) viewers += s.viewers / (1 + std::exp(-(t_s - s.at_s) / s.scale_s));
  return std::max(0.0, viewers);
}

double Audience::Peak() const {
  double viewers = base;
  for (const Surge& s : surges) viewers += std::max(0.0, s.viewers);
  return viewers;
}

double SceneFactor(const std::vector<ScenePoint>& scenes, double t_s) {
  if (scenes.empty()) return 1;
  if (t_s <= scenes.front().at_s) return scenes.front().factor;
  for (size_t i = 1; i < scenes.size(); ++i) {
    const ScenePoint &a = scenes[i - 1], &b = scenes[i];
    if (t_s < b.at_s) return a.factor + (b.factor - a.factor) * (t_s - a.at_s) / (b.at_s - a.at_s);
  }
  return scenes.back().factor;
}

}  // namespace spillway::sim
