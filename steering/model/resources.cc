#include "steering/model/resources.h"

namespace spillway {

std::optional<Resource> FindResource(absl::string_view name) {
  for (Resource r : kResources) {
    if (ResourceName(r) == name) return r;
  }
  return std::nullopt;
}

}  // namespace spillway
