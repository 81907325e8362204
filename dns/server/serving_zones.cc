#include "dns/server/serving_zones.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "dns/wire/name.h"

namespace spillway::dns {

absl::StatusOr<std::shared_ptr<const ZoneSet>> ServingZones(const ZoneSet& files,
                                                            const Policy& policy, uint32_t serial) {
  std::vector<std::string> faults;
  auto take = [&faults](const std::string& text, const char* what) {
    std::optional<Name> name = Name::FromText(text);
    if (!name) faults.push_back(absl::StrCat(what, " '", text, "' is not a domain name"));
    return name.value_or(Name());
  };
  std::vector<Name> names;
  for (const Service& service : policy.services) {
    for (const std::string& text : service.dns_names) names.push_back(take(text, "steered name"));
  }
  ImplicitZoneSpec spec;
  for (const std::string& text : policy.implicit_zone.nameservers) {
    spec.nameservers.push_back(take(text, "nameserver"));
  }
  spec.contact = take(policy.implicit_zone.contact, "contact");
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  ASSIGN_OR_RETURN(ZoneSet serving, files.WithSteered(names, spec, serial));
  return std::make_shared<const ZoneSet>(std::move(serving));
}

}  // namespace spillway::dns
