// policies/symbols.h -- the names a policy declares, and what refers to them.
//
//   targets: fra1, ams2 ...   tags: own ─► {fra1, ams2}   groups: dach ...   services: fight ...
//
// Names count as declared even when what they name has errors, so that one mistake gives one
// message. Everything that is referred to is marked used; the rest is worth a warning.
#ifndef SPILLWAY_POLICIES_SYMBOLS_H_
#define SPILLWAY_POLICIES_SYMBOLS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/strings.h"
#include "policies/diagnostic.h"
#include "policies/node.h"
#include "policies/schema_check.h"
#include "steering/model/ids.h"

namespace spillway::policies {

// A target, group or service as it stands in the file.
struct Declaration {
  const Node* key = nullptr;   // its name
  const Node* body = nullptr;  // its map
  bool used = false;
};

// What a selector chose. `sound` is false when a name in it was wrong: do not draw conclusions.
struct Selection {
  std::vector<TargetId> ids;  // ascending, each once
  bool sound = true;
  bool Contains(TargetId id) const;
};

class Symbols {
 public:
  // `root` is checked and outlives this.
  Symbols(const Node& root, Diagnostics* diagnostics);

  std::vector<Declaration> targets;   // by TargetId
  std::vector<Declaration> groups;    // by LabelId
  std::vector<Declaration> services;  // by ServiceId

  // Each reports an unknown name at its place, with the nearest known one. `path` names the field.
  std::optional<LabelId> Group(const Node& name, absl::string_view path);
  std::optional<ServiceId> Service(const Node& name, absl::string_view path);
  // The targets of one `{tags: [..], targets: [..]}`. An empty selector is an error.
  Selection Select(const MapReader& selector, Place place, absl::string_view path);

  // Silent look-ups.
  std::optional<TargetId> FindTarget(absl::string_view name) const;
  std::optional<LabelId> FindGroup(absl::string_view name) const;
  const std::vector<TargetId>* FindTag(absl::string_view name) const;
  // Nearest known name for "did you mean", or "".
  std::string SuggestTarget(absl::string_view name) const;
  std::string SuggestTag(absl::string_view name) const;
  std::string SuggestGroup(absl::string_view name) const;

 private:
  void DeclareTags();
  void UnknownTag(const Node& name, absl::string_view path);
  void UnknownTarget(const Node& name, absl::string_view path);

  Diagnostics* diagnostics_;
  StringMap<TargetId> target_ids_;
  StringMap<LabelId> group_ids_;
  StringMap<ServiceId> service_ids_;
  StringMap<std::vector<TargetId>> tags_;
};

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SYMBOLS_H_
