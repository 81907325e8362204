// policies/invariants.h -- does a Policy keep what steering/model/policy.h promises?
//
// why: the checker is long and the promise is short; fuzzing and the loader hold the one against
// the other. Cost O(policy).
#ifndef SPILLWAY_POLICIES_INVARIANTS_H_
#define SPILLWAY_POLICIES_INVARIANTS_H_

#include <string>

#include "steering/model/policy.h"

namespace spillway {

// "" when all invariants hold, else the first that does not, in words.
std::string CheckInvariants(const Policy& policy);

}  // namespace spillway

#endif  // SPILLWAY_POLICIES_INVARIANTS_H_
