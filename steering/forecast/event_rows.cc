// steering/forecast/event_rows.cc -- see event_rows.h.
#include "steering/forecast/event_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace spillway {
namespace {

bool IsIn(const Group& group, LabelId label) {
  return std::binary_search(group.labels.begin(), group.labels.end(), label);
}

// Adds `peak` to the rows that `matches`, alike. Nothing when none does.
template <typename Matches>
void Spread(double peak, Matches matches, std::vector<float>* declared) {
  size_t rows = 0;
  for (size_t g = 0; g < declared->size(); ++g) rows += matches(g) ? 1 : 0;
  for (size_t g = 0; g < declared->size(); ++g) {
    if (matches(g)) (*declared)[g] += static_cast<float>(peak / static_cast<double>(rows));
  }
}

// Every country the same, and every group of a country.
std::vector<float> Blind(absl::Span<const Group> groups) {
  absl::flat_hash_map<std::string, int> sizes;
  for (const Group& group : groups) ++sizes[group.country];
  std::vector<float> blind;
  for (const Group& group : groups) {
    blind.push_back(1.0f / static_cast<float>(sizes[group.country]) /
                    static_cast<float>(sizes.size()));
  }
  return blind;
}

}  // namespace

EventRows BuildEventRows(const Event& event, absl::Span<const Group> groups) {
  EventRows rows;
  rows.declared.assign(groups.size(), 0);
  rows.blind = Blind(groups);
  std::vector<bool> labelled(groups.size(), false);
  for (const Event::Share& share : event.shares) {
    if (!share.country.empty()) continue;
    const auto matches = [&](size_t g) { return IsIn(groups[g], share.group); };
    Spread(share.peak, matches, &rows.declared);
    for (size_t g = 0; g < groups.size(); ++g) labelled[g] = labelled[g] || matches(g);
  }
  for (const Event::Share& share : event.shares) {
    if (share.country.empty()) continue;
    double left = share.peak;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].country == share.country) left -= rows.declared[g];
    }
    Spread(
        std::max(0.0, left),
        [&](size_t g) { return groups[g].country == share.country && !labelled[g]; },
        &rows.declared);
  }
  double declared = 0;
  for (float d : rows.declared) declared += d;
  rows.peak = std::max(event.peak_world, declared);
  if (!(rows.peak > 0)) return rows;
  for (float& d : rows.declared) d = static_cast<float>(d / rows.peak);
  rows.rest = 1 - declared / rows.peak;
  return rows;
}

}  // namespace spillway
