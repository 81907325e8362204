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
                                                            const Policy& policy, uint32_t serial,
                                                            std::vector<std::string>* homeless) {
  std::vector<std::string> faults;
  auto take = [&faults](const std::string& text, const char* what) {
    std::optional<Name> name = Name::FromText(text);
    if (!name) faults.push_back(absl::StrCat(what, " '", text, "' is not a domain name"));
    return name.value_or(Name());
  };
  ImplicitZoneSpec spec;
  for (const std::string& text : policy.implicit_zone.nameservers) {
    spec.nameservers.push_back(take(text, "nameserver"));
  }
  std::vector<Name> names;
  for (const Service& service : policy.services) {
    for (const std::string& text : service.dns_names) {
      Name name = take(text, "steered name");
      name.FoldCase();
      if (spec.nameservers.empty() && files.Find(name.wire()) == nullptr) {
        homeless->push_back(text);
      } else {
        names.push_back(name);
      }
    }
  }
  spec.contact = take(policy.implicit_zone.contact, "contact");
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  ASSIGN_OR_RETURN(ZoneSet serving, files.WithSteered(names, spec, serial));
  return std::make_shared<const ZoneSet>(std::move(serving));
}

std::string HomelessWarning(absl::string_view service, absl::string_view name) {
  return absl::StrCat("services.", service, ".names: ", name,
                      " is in no zone file and dns.nameservers is not set, so DNS cannot "
                      "answer it; want a zone file that holds it, or dns.nameservers");
}

}  // namespace spillway::dns
