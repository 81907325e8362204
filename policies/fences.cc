#include "policies/fences.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policies/schema.h"

namespace spillway::policies {
namespace {

struct PlacedFence {
  Fence fence;
  Place place;
};

class FenceCompiler {
 public:
  FenceCompiler(Symbols* symbols, const std::string& path, const Policy& policy, bool conclude,
                Service* service, Diagnostics* diagnostics)
      : symbols_(symbols),
        path_(path),
        policy_(policy),
        conclude_(conclude),
        service_(service),
        diagnostics_(diagnostics) {}

  void Run(const MapReader& reader) {
    size_t number = 0;
    for (const Node* item : reader.Items("fences")) Add(*item, ++number);
    for (size_t i = 0; i < fences_.size(); ++i) {
      for (size_t j = 0; j < i; ++j) CheckTogether(fences_[j], fences_[i]);
    }
    for (PlacedFence& f : fences_) service_->fences.push_back(std::move(f.fence));
  }

 private:
  void Add(const Node& item, size_t number) {
    const ObjectSpec& spec = *PolicySchema().Find("services")->object->Find("fences")->object;
    const std::string path = absl::StrCat(path_, ".fences[", number, "]");
    MapReader reader(&item, spec);
    std::optional<LabelId> group;
    if (const Node* name = reader.Find("group"))
      group = symbols_->Group(*name, absl::StrCat(path, ".group"));
    if (reader.Has("only") == reader.Has("never")) {
      diagnostics_->Error(item.place,
                          {.what = absl::StrCat(path, ": ",
                                                reader.Has("only") ? "both `only` and `never`"
                                                                   : "neither `only` nor `never`"),
                           .want = "one of the two; write two fences for both"});
      return;
    }
    const absl::string_view key = reader.Has("only") ? "only" : "never";
    Selection chosen =
        symbols_->Select(reader.Object(key), reader.PlaceOf(key), absl::StrCat(path, ".", key));
    if (!group || !chosen.sound || !conclude_) return;
    PlacedFence placed{{*group, {}}, item.place};
    for (const Candidate& candidate : service_->candidates) {
      if (chosen.Contains(candidate.target) == (key == "only"))
        placed.fence.allowed.push_back(candidate.target);
    }
    const std::string& name = policy_.group(*group).name;
    const size_t left = placed.fence.allowed.size();
    if (left == 0) {
      diagnostics_->Error(
          item.place,
          {.what = absl::StrCat(path, ": leaves clients in ", name, " no target at all"),
           .want = key == "only" ? absl::StrCat("at least one candidate of the service: ",
                                                Names(Candidates()))
                                 : ""});
      return;
    }
    if (left == service_->candidates.size()) {
      diagnostics_->Warning(
          item.place,
          {.what = absl::StrCat(path, ": changes nothing, every candidate is still allowed")});
    }
    size_t want = static_cast<size_t>(policy_.guards.min_targets_per_group);
    if (left < want && service_->candidates.size() >= want) {
      diagnostics_->Warning(
          item.place,
          {.what = absl::StrCat(path, ": leaves clients in ", name, " only ", left, " of the ",
                                want, " targets that guards.min_targets_per_group asks for: ",
                                Names(placed.fence.allowed))});
    }
    fences_.push_back(std::move(placed));
  }

  void CheckTogether(const PlacedFence& a, const PlacedFence& b) {
    std::vector<TargetId> left;
    std::set_intersection(a.fence.allowed.begin(), a.fence.allowed.end(), b.fence.allowed.begin(),
                          b.fence.allowed.end(), std::back_inserter(left));
    if (!left.empty()) return;
    const NamedGroup& x = policy_.group(a.fence.group);
    const NamedGroup& y = policy_.group(b.fence.group);
    Overlap overlap = a.fence.group == b.fence.group ? Overlap::kYes : GroupsOverlap(x, y);
    if (overlap == Overlap::kNo) return;
    std::string who = x.name == y.name ? x.name : absl::StrCat("both ", x.name, " and ", y.name);
    Complaint complaint{.what =
                            absl::StrCat(path_, ".fences: together with the fence at ",
                                         diagnostics_->Describe(a.place),
                                         " this one leaves clients in ", who, " no target at all")};
    if (overlap == Overlap::kYes) {
      diagnostics_->Error(b.place, complaint);
    } else {
      complaint.what += ", should there be any";
      diagnostics_->Warning(b.place, complaint);
    }
  }

  std::vector<TargetId> Candidates() const {
    std::vector<TargetId> ids;
    for (const Candidate& candidate : service_->candidates) ids.push_back(candidate.target);
    return ids;
  }
  std::string Names(const std::vector<TargetId>& ids) const {
    constexpr size_t kShownMax = 8;  // more do not fit a line
    std::vector<std::string> names;
    for (size_t i = 0; i < ids.size() && i < kShownMax; ++i)
      names.push_back(policy_.target(ids[i]).name);
    return absl::StrCat(absl::StrJoin(names, ", "), ids.size() > kShownMax ? ", ..." : "");
  }

  Symbols* symbols_;
  const std::string& path_;
  const Policy& policy_;
  bool conclude_;
  Service* service_;
  Diagnostics* diagnostics_;
  std::vector<PlacedFence> fences_;
};

// Both ascending.
template <typename T>
bool Share(const std::vector<T>& a, const std::vector<T>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

bool SharePrefix(const std::vector<IpPrefix>& a, const std::vector<IpPrefix>& b) {
  for (const IpPrefix& x : a) {
    for (const IpPrefix& y : b) {
      if (x.Contains(y.address) || y.Contains(x.address)) return true;
    }
  }
  return false;
}

}  // namespace

Overlap GroupsOverlap(const NamedGroup& a, const NamedGroup& b) {
  if (Share(a.countries, b.countries) || Share(a.asns, b.asns) ||
      SharePrefix(a.prefixes, b.prefixes))
    return Overlap::kYes;
  // Different countries never share a client, nor do different AS numbers; a country and a network
  // may.
  auto kinds = [](const NamedGroup& g) {
    return (g.countries.empty() ? 0 : 1) | (g.asns.empty() ? 0 : 2) | (g.prefixes.empty() ? 0 : 4);
  };
  int x = kinds(a), y = kinds(b);
  bool one_kind = x == y && (x == 1 || x == 2 || x == 4);
  return one_kind ? Overlap::kNo : Overlap::kPerhaps;
}

void CompileFences(Symbols* symbols, const MapReader& service_reader, const std::string& path,
                   const Policy& policy, bool conclude, Service* service,
                   Diagnostics* diagnostics) {
  FenceCompiler(symbols, path, policy, conclude, service, diagnostics).Run(service_reader);
}

}  // namespace spillway::policies
