// policies/yaml.h -- the one place that knows yaml-cpp: text in, Node tree out.
//
// why: yaml-cpp's own document model drops duplicate keys, guesses types (`no`, `010`) and throws
// far from the cause. Its event stream has none of that: every plain scalar is text with a mark.
// limits: kTreeDepthMax levels; yaml-cpp's own recursion stops at 500.
#ifndef SPILLWAY_POLICIES_YAML_H_
#define SPILLWAY_POLICIES_YAML_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "policies/diagnostic.h"
#include "policies/node.h"

namespace spillway::policies {

inline constexpr size_t kTreeDepthMax = 32;

// The tree of `text` (which has passed CheckText), or nothing after reporting why. Duplicate keys
// are reported and left out, which does not by itself refuse the tree. An empty file is an empty
// map.
std::optional<Node> ParseYaml(int file, absl::string_view text, Diagnostics* diagnostics);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_YAML_H_
