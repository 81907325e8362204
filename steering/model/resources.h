// steering/model/resources.h -- what a target can run out of.
//
//   resource        unit      in policy files          in samples
//   egress          Mbps      `egress: 400 Gbps`       bits on the wire to clients
//   sessions        count     `sessions: 80k`          playing at once
//   sessions_start  1/s       `sessions_start: 2000/s` new sessions per second
//   requests        1/s       `requests: 50k/s`        HTTP requests per second
#ifndef SPILLWAY_STEERING_MODEL_RESOURCES_H_
#define SPILLWAY_STEERING_MODEL_RESOURCES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace spillway {

enum class Resource : uint8_t { kEgress, kSessions, kSessionsStart, kRequests };
inline constexpr size_t kResourceCount = 4;
inline constexpr std::array<Resource, kResourceCount> kResources = {
    Resource::kEgress, Resource::kSessions, Resource::kSessionsStart, Resource::kRequests};

constexpr absl::string_view ResourceName(Resource r) {
  constexpr absl::string_view kNames[] = {"egress", "sessions", "sessions_start", "requests"};
  return kNames[static_cast<size_t>(r)];
}
std::optional<Resource> FindResource(absl::string_view name);

// One optional non-negative number per resource, in the table's units.
class ResourceVector {
 public:
  constexpr ResourceVector() { values_.fill(kAbsent); }
  constexpr bool has(Resource r) const { return values_[Index(r)] >= 0; }
  // Requires has(r).
  constexpr double operator[](Resource r) const { return values_[Index(r)]; }
  constexpr void Set(Resource r, double value) { values_[Index(r)] = value; }
  constexpr void Clear(Resource r) { values_[Index(r)] = kAbsent; }
  constexpr bool empty() const {
    for (double v : values_) {
      if (v >= 0) return false;
    }
    return true;
  }
  friend bool operator==(const ResourceVector&, const ResourceVector&) = default;

 private:
  static constexpr double kAbsent = -1;
  static constexpr size_t Index(Resource r) { return static_cast<size_t>(r); }
  std::array<double, kResourceCount> values_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_MODEL_RESOURCES_H_
