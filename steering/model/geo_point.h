// steering/model/geo_point.h -- a place on earth, and how far two are apart.
//
// units: degrees (WGS 84), kilometres.
#ifndef SPILLWAY_STEERING_MODEL_GEO_POINT_H_
#define SPILLWAY_STEERING_MODEL_GEO_POINT_H_

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spillway {

struct GeoPoint {
  double lat = 0;  // -90..90, north positive
  double lon = 0;  // -180..180, east positive
  friend bool operator==(const GeoPoint&, const GeoPoint&) = default;
};

// Great-circle distance (haversine), within 0.5 % of the ellipsoid's.
inline double DistanceKm(const GeoPoint& a, const GeoPoint& b) {
  constexpr double kEarthRadiusKm = 6371.0;  // IUGG mean radius
  constexpr double kRadians = std::numbers::pi / 180;
  double dlat = (b.lat - a.lat) * kRadians / 2, dlon = (b.lon - a.lon) * kRadians / 2;
  double h = std::sin(dlat) * std::sin(dlat) + std::cos(a.lat * kRadians) *
                                                   std::cos(b.lat * kRadians) * std::sin(dlon) *
                                                   std::sin(dlon);
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_GEO_POINT_H_
