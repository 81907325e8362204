// policies/schema.h -- the policy language as one table: keys, types, bounds, defaults, words.
//
//   PolicySchema() ──► CheckSchema (types, ranges, unknown keys)
//                      MapReader (defaults) · PolicyReferenceMarkdown (docs/POLICY.md)
//
// why: one row per setting, so that parser, limits, messages and documentation cannot disagree.
#ifndef SPILLWAY_POLICIES_SCHEMA_H_
#define SPILLWAY_POLICIES_SCHEMA_H_

#include <cstdint>
#include <limits>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "policies/scalar.h"

namespace spillway::policies {

// How many values a field takes.
enum class Shape : uint8_t {
  kOne,
  kList,      // [a, b]; each at most once
  kMap,       // {key: value}; keys are of FieldSpec::key_type
  kOneOrMap,  // one scalar of `type`, or a map with the fields of `object`
};

struct ObjectSpec;

struct FieldSpec {
  absl::string_view key;
  Type type = Type::kText;
  Shape shape = Shape::kOne;
  const ObjectSpec* object = nullptr;  // fields of a kObject, or the map of a kOneOrMap
  Type key_type = Type::kName;         // of a kMap
  bool required = false;
  absl::string_view def = "";        // as a person would write it; "" = absent unless written
  absl::string_view def_words = "";  // for the reference when the default depends on other keys
  double min = -std::numeric_limits<double>::infinity();  // inclusive, in the type's base unit
  double max = std::numeric_limits<double>::infinity();   // (Mbps, 1/s, seconds, 0..1)
  absl::string_view bounds = "";                          // min and max in words, with units
  absl::string_view doc = "";
};

struct ObjectSpec {
  absl::string_view name;  // "target"
  absl::string_view doc;
  absl::Span<const FieldSpec> fields;
  absl::string_view example;  // one line or block of YAML for the reference

  // Null when there is no such key.
  const FieldSpec* Find(absl::string_view key) const;
};

// The root: sections `targets`, `groups`, `services`, `limits`, `guards`, `events`, `dns`.
const ObjectSpec& PolicySchema();

// Every object below the root once, in the order of the reference.
absl::Span<const ObjectSpec* const> AllObjects();

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_SCHEMA_H_
