#include "base/suggest.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace spillway {
namespace {

// Optimal string alignment distance; case differences are free.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), size_t{0});
  auto at = [](absl::string_view s, size_t i) { return absl::ascii_tolower(s[i - 1]); };
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t cost = at(a, i) == at(b, j) ? 0 : 1;
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost});
      if (i > 1 && j > 1 && at(a, i) == at(b, j - 1) && at(a, i - 1) == at(b, j)) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = previous;
    previous = row;
  }
  return previous[b.size()];
}

}  // namespace

std::string Suggest(absl::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kWordSizeMax =
      64;  // longer words are not typing slips, and the cost is quadratic
  if (word.empty() || word.size() > kWordSizeMax) return "";
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kWordSizeMax) continue;
    size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : *best;
}

}  // namespace spillway
