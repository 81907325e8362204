#include "steering/model/policy.h"

#include <algorithm>

namespace spillway {
namespace {

template <typename Id, typename T>
std::optional<Id> FindByName(const std::vector<T>& items, absl::string_view name) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return Id(i);
  }
  return std::nullopt;
}

constexpr absl::string_view kClassNames[kServiceClassCount] = {"premium-live", "live", "catch-up",
                                                               "vod", "prefetch"};

}  // namespace

absl::string_view ServiceClassName(ServiceClass c) { return kClassNames[static_cast<size_t>(c)]; }

std::optional<ServiceClass> FindServiceClass(absl::string_view name) {
  for (size_t i = 0; i < kServiceClassCount; ++i) {
    if (kClassNames[i] == name) return static_cast<ServiceClass>(i);
  }
  return std::nullopt;
}

std::optional<TargetId> Policy::FindTarget(absl::string_view name) const {
  return FindByName<TargetId>(targets, name);
}

std::optional<ServiceId> Policy::FindService(absl::string_view name) const {
  return FindByName<ServiceId>(services, name);
}

std::vector<double> TargetWatermarks(const Policy& policy) {
  std::vector<double> marks(policy.targets.size(), 1);
  for (const Service& service : policy.services) {
    for (const Candidate& candidate : service.candidates) {
      double& least = marks[candidate.target.index()];
      least = std::min(least, service.watermark.target);
    }
  }
  return marks;
}

}  // namespace spillway
