// policies/fences.h -- `fences:` of a service: whom they concern, what they leave.
#ifndef SPILLWAY_POLICIES_FENCES_H_
#define SPILLWAY_POLICIES_FENCES_H_

#include <string>

#include "policies/diagnostic.h"
#include "policies/schema_check.h"
#include "policies/symbols.h"
#include "steering/model/policy.h"

namespace spillway::policies {

// Fills `service->fences` from the service's map. Requires compiled groups, guards and candidates;
// without `conclude` the candidates are not to be trusted and only names are checked.
// An error: a fence, or two whose groups share clients, that leave no candidate.
void CompileFences(Symbols* symbols, const MapReader& service_reader, const std::string& path,
                   const Policy& policy, bool conclude, Service* service, Diagnostics* diagnostics);

// Whether a client can be in both groups. kPerhaps: one goes by country, the other by network, and
// only the geo database knows.
enum class Overlap : uint8_t { kNo, kPerhaps, kYes };
Overlap GroupsOverlap(const NamedGroup& a, const NamedGroup& b);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_FENCES_H_
