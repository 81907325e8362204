#include "sim/world_config.h"

#include <algorithm>
#include <cmath>

namespace spillway::sim {

namespace {

// The line through points (at_s, value) by time; constant outside.
template <typename Point>
double LineAt(const std::vector<Point>& points, double Point::*value, double t_s) {
  if (t_s <= points.front().at_s) return points.front().*value;
  for (size_t i = 1; i < points.size(); ++i) {
    const Point &a = points[i - 1], &b = points[i];
    if (t_s < b.at_s) return a.*value + (b.*value - a.*value) * (t_s - a.at_s) / (b.at_s - a.at_s);
  }
  return points.back().*value;
}

}  // namespace

double Audience::At(double t_s) const {
  double viewers = points.empty() ? base : LineAt(points, &Point::viewers, t_s);
  for (const Surge& s : surges) viewers += s.viewers / (1 + std::exp(-(t_s - s.at_s) / s.scale_s));
  return std::max(0.0, viewers);
}

double Audience::Peak() const {
  double viewers = points.empty() ? base : 0;
  for (const Point& point : points) viewers = std::max(viewers, point.viewers);
  for (const Surge& s : surges) viewers += std::max(0.0, s.viewers);
  return viewers;
}

double SceneFactor(const std::vector<ScenePoint>& scenes, double t_s) {
  return scenes.empty() ? 1 : LineAt(scenes, &ScenePoint::factor, t_s);
}

}  // namespace spillway::sim
