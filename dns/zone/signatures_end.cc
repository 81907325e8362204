#include "dns/zone/signatures_end.h"

#include "absl/strings/str_cat.h"
#include "dns/wire/name.h"

namespace spillway::dns {

const Zone* FirstToEnd(const ZoneSet& zones) {
  const Zone* first = nullptr;
  for (const auto& zone : zones.zones()) {
    if (zone->is_signed() && (first == nullptr || zone->signatures_end() < first->signatures_end()))
      first = zone.get();
  }
  return first;
}

std::string SignaturesWarning(const Zone& zone, absl::Time now) {
  if (!zone.is_signed() || zone.signatures_end() - now > kSignaturesShort) return "";
  const bool ended = zone.signatures_end() <= now;
  const std::string at =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", zone.signatures_end(), absl::UTCTimeZone());
  return absl::StrCat("zone ", NameToText(zone.apex()), ": signatures ", ended ? "ended" : "end",
                      " at ", at, "; validating resolvers refuse its answers",
                      ended ? "" : " from then on", "; want it signed anew");
}

}  // namespace spillway::dns
