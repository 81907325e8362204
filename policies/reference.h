// policies/reference.h -- docs/POLICY.md, written by the schema itself; and pages of other
// languages that are written down as schemas.
#ifndef SPILLWAY_POLICIES_REFERENCE_H_
#define SPILLWAY_POLICIES_REFERENCE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policies/schema.h"

namespace spillway {

// The whole page, ending in a newline. The same in every run.
std::string PolicyReferenceMarkdown();

namespace policies {

// `head`, the root's keys, every object with its example and keys, how each kind of value is
// written. `objects` must hold every object that a key refers to.
struct ReferencePage {
  absl::string_view head;
  const ObjectSpec* root = nullptr;
  absl::Span<const ObjectSpec* const> objects;
};
std::string ReferenceMarkdown(const ReferencePage& page);

}  // namespace policies
}  // namespace spillway

#endif  // SPILLWAY_POLICIES_REFERENCE_H_
