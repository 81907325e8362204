// steering/replay/regroup.cc -- see regroup.h.
#include "steering/replay/regroup.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spillway::replay {
namespace {

// For every named group of `now`: the same one of `before`.
std::vector<std::optional<LabelId>> SameGroups(const Policy& before, const Policy& now) {
  std::vector<std::optional<LabelId>> same(now.groups.size());
  for (size_t n = 0; n < now.groups.size(); ++n) {
    for (size_t b = 0; b < before.groups.size(); ++b) {
      if (before.groups[b] == now.groups[n]) same[n] = LabelId(b);
    }
  }
  return same;
}

bool Holds(const std::vector<LabelId>& labels, LabelId label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

bool Lists(const NamedGroup& group, const std::string& country) {
  return !country.empty() && std::find(group.countries.begin(), group.countries.end(), country) !=
                                 group.countries.end();
}

Group GroupOf(const Group& recorded, const Policy& now,
              const std::vector<std::optional<LabelId>>& same) {
  Group group = recorded;
  group.labels.clear();
  std::vector<std::string> names;
  for (size_t n = 0; n < now.groups.size(); ++n) {
    const NamedGroup& named = now.groups[n];
    if (same[n] ? !Holds(recorded.labels, *same[n]) : !Lists(named, recorded.country)) continue;
    group.labels.push_back(LabelId(n));
    names.push_back(named.name);
    if (named.location) group.location = named.location;
  }
  // As GroupMap names them: the place, then the named groups in order.
  std::sort(names.begin(), names.end());
  group.name = recorded.name.substr(0, recorded.name.find('+'));
  for (const std::string& name : names) absl::StrAppend(&group.name, "+", name);
  return group;
}

}  // namespace

Regrouped Regroup(const std::vector<Group>& recorded, const Policy& before, const Policy& now) {
  Regrouped out;
  out.of.resize(recorded.size());
  if (before.groups == now.groups) {
    out.groups = recorded;
    for (size_t g = 0; g < recorded.size(); ++g) out.of[g] = g;
    return out;
  }
  const std::vector<std::optional<LabelId>> same = SameGroups(before, now);
  for (size_t n = 0; n < now.groups.size(); ++n) {
    const NamedGroup& named = now.groups[n];
    if (same[n] || (named.asns.empty() && named.prefixes.empty())) continue;
    out.warnings.push_back(absl::StrCat(
        "groups.", named.name,
        ": its AS numbers and prefixes are not those of the recording; nobody is in it by them"));
  }
  std::map<std::string, std::pair<Group, std::vector<size_t>>> by_name;
  for (size_t g = 0; g < recorded.size(); ++g) {
    Group group = GroupOf(recorded[g], now, same);
    auto it = by_name.try_emplace(group.name, group, std::vector<size_t>()).first;
    it->second.second.push_back(g);
  }
  for (auto& entry : by_name) {
    for (const size_t g : entry.second.second) out.of[g] = out.groups.size();
    out.groups.push_back(std::move(entry.second.first));
  }
  return out;
}

}  // namespace spillway::replay
