// base/suggest.h -- "did you mean": the known word nearest to a mistyped one.
#ifndef SPILLWAY_BASE_SUGGEST_H_
#define SPILLWAY_BASE_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spillway {

// The candidate with the smallest edit distance (adjacent swaps count one), or "" when none is
// within a third of the word's length (at least 1). Ties: the first. Cost O(candidates * length^2).
std::string Suggest(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace spillway

#endif  // SPILLWAY_BASE_SUGGEST_H_
