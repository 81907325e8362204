// dns/zone/signatures_end.h -- when zones that were signed elsewhere stop being believed.
//
// Signatures are served as they are, also when they have ended: a validator refuses the answers,
// any other client does not. Whoever signs must be told in time.
#ifndef SPILLWAY_DNS_ZONE_SIGNATURES_END_H_
#define SPILLWAY_DNS_ZONE_SIGNATURES_END_H_

#include <string>

#include "absl/time/time.h"
#include "dns/zone/zone_set.h"

namespace spillway::dns {

// Signers renew with a quarter of the time left, days before: with less than this somebody forgot.
inline constexpr absl::Duration kSignaturesShort = absl::Hours(48);

// The zone whose signatures end first; null when none is signed.
const Zone* FirstToEnd(const ZoneSet& zones);

// What to tell people about a zone whose signatures have ended or are about to; else empty.
std::string SignaturesWarning(const Zone& zone, absl::Time now);

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_ZONE_SIGNATURES_END_H_
