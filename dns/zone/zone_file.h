// dns/zone/zone_file.h -- a standard master file becomes a Zone; ldns reads the records.
//
// Faults come all at once, one line each: `zones/example.zone:12: what; want ...`.
// Supported: $ORIGIN, $TTL, $INCLUDE (relative to the including file; behind it origin and owner
// are as before it, a $TTL inside stays), every record type ldns knows, TYPEnnn and \# (RFC 3597).
// A record without a TTL takes $TTL, else that of the record before it (RFC 1035 5.1), else 3600.
// limits: no $GENERATE: refused by name. A change of an included file alone is not noticed; reload.
// references: RFC 1035 5, 2308 4, 3597 5.
#ifndef SPILLWAY_DNS_ZONE_ZONE_FILE_H_
#define SPILLWAY_DNS_ZONE_ZONE_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dns/wire/name.h"
#include "dns/zone/zone.h"

namespace spillway::dns {

// `file` is how faults name the text; `origin` is in force until the first $ORIGIN. The zone's apex
// is the owner of its SOA.
absl::StatusOr<std::unique_ptr<const Zone>> ParseZone(absl::string_view text,
                                                      absl::string_view file, const Name& origin);

// Reads `path`. Without `origin`, the file's name without ".zone" is the origin.
absl::StatusOr<std::unique_ptr<const Zone>> LoadZoneFile(const std::string& path);
absl::StatusOr<std::unique_ptr<const Zone>> LoadZoneFile(const std::string& path,
                                                         const Name& origin);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_ZONE_FILE_H_
