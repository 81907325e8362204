#include "policies/symbols.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/suggest.h"
#include "policies/schema.h"

namespace spillway::policies {
namespace {

// Ids are 16 bits with one value for "none"; far beyond any inventory, near enough for a check.
constexpr size_t kDeclarationsMax = 65000;

template <typename Id>
void Declare(const Node* section, std::vector<Declaration>* out, StringMap<Id>* ids,
             Diagnostics* diagnostics) {
  if (section == nullptr) return;
  for (const Node::Member& m : section->members) {
    if (out->size() == kDeclarationsMax) {
      diagnostics->Error(m.key.place,
                         {.what = absl::StrCat("more than ", kDeclarationsMax, " entries")});
      return;
    }
    ids->emplace(m.key.text, Id(out->size()));
    out->push_back({&m.key, &m.value});
  }
}

template <typename Id>
std::optional<Id> Lookup(const StringMap<Id>& ids, absl::string_view name) {
  auto it = ids.find(name);
  return it == ids.end() ? std::nullopt : std::optional<Id>(it->second);
}

// Sorted, so that ties are broken the same way in every run.
template <typename V>
std::string Nearest(absl::string_view name, const StringMap<V>& known,
                    const Diagnostics& diagnostics) {
  if (diagnostics.full()) return "";
  std::vector<std::string> names;
  for (const auto& [key, value] : known) names.push_back(key);
  std::sort(names.begin(), names.end());
  return Suggest(name, names);
}

// "; none are declared" or the few there are: what to choose from when nothing is near.
template <typename V>
std::string Known(const StringMap<V>& known) {
  constexpr size_t kShownMax = 8;  // more do not fit a line
  std::vector<std::string> names;
  for (const auto& [key, value] : known) names.push_back(key);
  std::sort(names.begin(), names.end());
  if (names.empty()) return "none, as there are none";
  std::string text = "one of ";
  for (size_t i = 0; i < names.size() && i < kShownMax; ++i)
    absl::StrAppend(&text, i == 0 ? "" : ", ", names[i]);
  if (names.size() > kShownMax) absl::StrAppend(&text, " and ", names.size() - kShownMax, " more");
  return text;
}

}  // namespace

bool Selection::Contains(TargetId id) const {
  return std::binary_search(ids.begin(), ids.end(), id);
}

Symbols::Symbols(const Node& root, Diagnostics* diagnostics) : diagnostics_(diagnostics) {
  Declare(root.Find("targets"), &targets, &target_ids_, diagnostics);
  Declare(root.Find("groups"), &groups, &group_ids_, diagnostics);
  Declare(root.Find("services"), &services, &service_ids_, diagnostics);
  DeclareTags();
}

void Symbols::DeclareTags() {
  const ObjectSpec& spec = *PolicySchema().Find("targets")->object;
  for (size_t i = 0; i < targets.size(); ++i) {
    for (const Node* tag : MapReader(targets[i].body, spec).Items("tags")) {
      std::vector<TargetId>& ids = tags_[tag->text];
      if (ids.empty() || ids.back() != TargetId(i)) ids.push_back(TargetId(i));
    }
  }
}

std::optional<TargetId> Symbols::FindTarget(absl::string_view name) const {
  return Lookup(target_ids_, name);
}
std::optional<LabelId> Symbols::FindGroup(absl::string_view name) const {
  return Lookup(group_ids_, name);
}
const std::vector<TargetId>* Symbols::FindTag(absl::string_view name) const {
  auto it = tags_.find(name);
  return it == tags_.end() ? nullptr : &it->second;
}
std::string Symbols::SuggestTarget(absl::string_view name) const {
  return Nearest(name, target_ids_, *diagnostics_);
}
std::string Symbols::SuggestTag(absl::string_view name) const {
  return Nearest(name, tags_, *diagnostics_);
}
std::string Symbols::SuggestGroup(absl::string_view name) const {
  return Nearest(name, group_ids_, *diagnostics_);
}

std::optional<LabelId> Symbols::Group(const Node& name, absl::string_view path) {
  std::optional<LabelId> id = FindGroup(name.text);
  if (id) {
    groups[id->index()].used = true;
    return id;
  }
  std::string meant = SuggestGroup(name.text);
  diagnostics_->Error(name.place, {.what = absl::StrCat(path, ": no group ", Quoted(name.text)),
                                   .want = meant.empty() ? Known(group_ids_) : "",
                                   .meant = meant});
  return std::nullopt;
}

std::optional<ServiceId> Symbols::Service(const Node& name, absl::string_view path) {
  std::optional<ServiceId> id = Lookup(service_ids_, name.text);
  if (id) return id;
  std::string meant = Nearest(name.text, service_ids_, *diagnostics_);
  diagnostics_->Error(name.place, {.what = absl::StrCat(path, ": no service ", Quoted(name.text)),
                                   .want = meant.empty() ? Known(service_ids_) : "",
                                   .meant = meant});
  return std::nullopt;
}

void Symbols::UnknownTag(const Node& name, absl::string_view path) {
  Complaint complaint{.what =
                          absl::StrCat(path, ": no target carries the tag ", Quoted(name.text))};
  if (FindTarget(name.text)) {
    absl::StrAppend(&complaint.what, ", but a target has that name");
    complaint.meant = absl::StrCat("targets: [", name.text, "]");
  } else {
    complaint.meant = SuggestTag(name.text);
    if (complaint.meant.empty()) complaint.want = Known(tags_);
  }
  diagnostics_->Error(name.place, complaint);
}

void Symbols::UnknownTarget(const Node& name, absl::string_view path) {
  Complaint complaint{.what = absl::StrCat(path, ": no target ", Quoted(name.text))};
  if (FindTag(name.text) != nullptr) {
    absl::StrAppend(&complaint.what, ", but there is such a tag");
    complaint.meant = absl::StrCat("tags: [", name.text, "]");
  } else {
    complaint.meant = SuggestTarget(name.text);
    if (complaint.meant.empty()) complaint.want = Known(target_ids_);
  }
  diagnostics_->Error(name.place, complaint);
}

Selection Symbols::Select(const MapReader& selector, Place place, absl::string_view path) {
  Selection out;
  if (!selector.Has("tags") && !selector.Has("targets")) {
    diagnostics_->Error(place, {.what = absl::StrCat(path, ": chooses no target"),
                                .want = "tags: [...], targets: [...] or both"});
    out.sound = false;
  }
  for (const Node* name : selector.Items("tags")) {
    const std::vector<TargetId>* ids = FindTag(name->text);
    if (ids == nullptr) {
      UnknownTag(*name, absl::StrCat(path, ".tags"));
      out.sound = false;
    } else {
      out.ids.insert(out.ids.end(), ids->begin(), ids->end());
    }
  }
  for (const Node* name : selector.Items("targets")) {
    std::optional<TargetId> id = FindTarget(name->text);
    if (!id) {
      UnknownTarget(*name, absl::StrCat(path, ".targets"));
      out.sound = false;
    } else {
      out.ids.push_back(*id);
    }
  }
  for (absl::string_view key : {"tags", "targets"})
    out.sound &= !selector.Has(key) || selector.Find(key) != nullptr;
  std::sort(out.ids.begin(), out.ids.end());
  out.ids.erase(std::unique(out.ids.begin(), out.ids.end()), out.ids.end());
  return out;
}

}  // namespace spillway::policies
