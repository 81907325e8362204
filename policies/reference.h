// policies/reference.h -- docs/POLICY.md, written by the schema itself.
#ifndef SPILLWAY_POLICIES_REFERENCE_H_
#define SPILLWAY_POLICIES_REFERENCE_H_

#include <string>

namespace spillway {

// The whole page, ending in a newline. The same in every run.
std::string PolicyReferenceMarkdown();

}  // namespace spillway

#endif  // SPILLWAY_POLICIES_REFERENCE_H_
