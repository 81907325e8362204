// policies/schema_check.h -- does a tree have the shape, types and ranges of the schema?
//
//   Node tree ──CheckSchema──► same tree, `value` set, `bad` marked ──MapReader──► compiler
//
// Unknown keys, wrong shapes, unreadable or out-of-range values and missing required keys are all
// reported, each with its path (`services.fight.watermark.target`).
#ifndef SPILLWAY_POLICIES_SCHEMA_CHECK_H_
#define SPILLWAY_POLICIES_SCHEMA_CHECK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/check.h"
#include "policies/diagnostic.h"
#include "policies/node.h"
#include "policies/schema.h"

namespace spillway::policies {

// `path` is put before the keys in messages ("" at the root).
void CheckSchema(const ObjectSpec& spec, const std::string& path, Node* map,
                 Diagnostics* diagnostics);

// Typed look at one checked map. What is absent or bad reads as its default (an empty list
// without).
class MapReader {
 public:
  // `map` may be null: then everything is absent. Both outlive the reader.
  MapReader(const Node* map, const ObjectSpec& spec) : map_(map), spec_(&spec) {}

  // The value under `key` when written and not bad, else null. CHECKs that the schema has the key.
  const Node* Find(absl::string_view key) const;
  // True when the key is written, good or bad.
  bool Has(absl::string_view key) const;
  // For errors about the key: its value's place, else the map's, else nowhere.
  Place PlaceOf(absl::string_view key) const;
  // The value or the schema's default. CHECKs that T is what the field's type gives.
  template <typename T>
  T Get(absl::string_view key) const {
    const T* value = std::get_if<T>(&Raw(key));
    CHECK(value != nullptr);
    return *value;
  }
  // As Get, but `fallback` instead of the default.
  template <typename T>
  T GetOr(absl::string_view key, T fallback) const {
    return Find(key) == nullptr ? fallback : Get<T>(key);
  }
  // The good items of a list.
  std::vector<const Node*> Items(absl::string_view key) const;
  // The good members of a map of names.
  std::vector<const Node::Member*> Members(absl::string_view key) const;
  // Reader of a nested map.
  MapReader Object(absl::string_view key) const;

 private:
  const FieldSpec& Spec(absl::string_view key) const;
  const Value& Raw(absl::string_view key) const;

  const Node* map_;
  const ObjectSpec* spec_;
};

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SCHEMA_CHECK_H_
