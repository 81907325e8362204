// policies/text_check.h -- refuses text that reads differently from how it runs, before YAML.
//
//   bytes ──CheckText──► (yaml.h) ParseYaml ──► Node tree
//
// why: yaml-cpp 0.7 lets an unterminated string through, ends the input at byte 04, and reports a
// bracket that is never closed at the end of the file. This pass walks the text once and knows
// enough of YAML (one-line scalars, flow brackets, comments) to name the place where the mistake
// was made. Refused beyond that, because they make a policy hard to review: anchors and aliases,
// merge keys, tags, several documents, block scalars, strings over several lines, tabs.
// limits: kTextDepthMax brackets deep.
#ifndef SPILLWAY_POLICIES_TEXT_CHECK_H_
#define SPILLWAY_POLICIES_TEXT_CHECK_H_

#include "absl/strings/string_view.h"
#include "policies/diagnostic.h"

namespace spillway::policies {

inline constexpr int kTextDepthMax = 32;

// Reports every fault of `text`, which is file number `file`. False when there was any: such a text
// must not be given to ParseYaml.
bool CheckText(int file, absl::string_view text, Diagnostics* diagnostics);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_TEXT_CHECK_H_
