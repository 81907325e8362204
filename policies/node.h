// policies/node.h -- a policy file as a tree in which every piece knows where it stands.
//
//   {targets: {fra1: {cost: 0.2}}}   kMap ─members─► (kScalar "targets", kMap ─► ...)
//
// The schema check (schema_check.h) fills in `value` of what has a type, and `bad` upwards from
// every error, so that later checks do not complain about the consequences of an error already
// reported.
#ifndef SPILLWAY_POLICIES_NODE_H_
#define SPILLWAY_POLICIES_NODE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/ip.h"
#include "policies/diagnostic.h"
#include "steering/model/geo_point.h"

namespace spillway::policies {

// What a scalar means, by the type of its field: double for bitrates (Mbps), rates (1/s), counts,
// fractions, numbers; int64_t for integers and AS numbers; std::string for the kinds of text.
using Value = std::variant<std::monostate, double, int64_t, std::string, absl::Duration, absl::Time,
                           GeoPoint, IpAddress, IpPrefix, Endpoint>;

struct Node {
  enum class Kind : uint8_t { kEmpty, kScalar, kList, kMap };
  struct Member;

  Kind kind = Kind::kEmpty;
  Place place;
  bool quoted = false;          // kScalar: written in quotes
  bool bad = false;             // it or something below has an error
  std::string text;             // kScalar
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kMap, in the order of the file; keys are kScalar and unique
  Value value;                  // set by the schema check

  // The value under `key`, or null. O(members).
  const Node* Find(absl::string_view key) const;
};

struct Node::Member {
  Node key;
  Node value;
};

// For messages: "a list", "a map", "nothing" or the text in quotes.
std::string Shown(const Node& node);

}  // namespace spillway::policies

#endif  // SPILLWAY_POLICIES_NODE_H_
