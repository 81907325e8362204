// dns/server/serving_zones.h -- what is served: the zones of the files with the policy's names in
// them.
//
//   ZoneSet::Load(directory) ──┐
//                              ├─► ServingZones ──► SnapshotCell<ZoneSet>   at every reload
//   Policy (names, SOA, NS) ───┘
#ifndef SPILLWAY_DNS_SERVER_SERVING_ZONES_H_
#define SPILLWAY_DNS_SERVER_SERVING_ZONES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dns/zone/zone_set.h"
#include "steering/model/policy.h"

namespace spillway::dns {

// Names in no zone file get zones of their own (Policy::implicit_zone) with `serial` in their SOA;
// when the policy names no nameservers for those, they are left out and listed in `homeless`: DNS
// refuses them, HTTP answers them all the same. Fails, one line per fault, for names that are no
// domain names, that a zone gives away or has a CNAME at.
absl::StatusOr<std::shared_ptr<const ZoneSet>> ServingZones(const ZoneSet& files,
                                                            const Policy& policy, uint32_t serial,
                                                            std::vector<std::string>* homeless);

// What to tell people about a homeless name of `service`.
std::string HomelessWarning(absl::string_view service, absl::string_view name);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_SERVER_SERVING_ZONES_H_
