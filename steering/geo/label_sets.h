// steering/geo/label_sets.h -- sets of named groups, and which set each address is in by prefix.
//
// Membership adds up: a client inside two named groups' prefixes is in both, however the prefixes
// nest, and stays in the groups of its country and ASN (steering/model/policy.h NamedGroup).
// thread safety: none; used while a group map is built.
#ifndef SPILLWAY_STEERING_GEO_LABEL_SETS_H_
#define SPILLWAY_STEERING_GEO_LABEL_SETS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "base/ip.h"
#include "steering/geo/runs.h"
#include "steering/model/ids.h"

namespace spillway::geo {

class LabelSets {
 public:
  static constexpr uint32_t kNone = 0;  // the empty set

  LabelSets() { Intern({}); }
  // `labels` in any order, repeats allowed.
  uint32_t Intern(std::vector<LabelId> labels);
  uint32_t Union(uint32_t a, uint32_t b);
  // Ascending. Valid until the next Intern or Union.
  const std::vector<LabelId>& labels(uint32_t set) const { return sets_[set]; }
  size_t size() const { return sets_.size(); }

 private:
  std::vector<std::vector<LabelId>> sets_;
  std::map<std::vector<LabelId>, uint32_t> ids_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> unions_;
};

struct LabelledPrefix {
  IpPrefix prefix;
  LabelId label;
};

// Label sets of the whole address space of one family; prefixes of the other are passed over. A
// prefix inside ::ffff:0:0/96 is one of IPv4. O(n log n).
Runs<uint32_t> LabelRuns4(const std::vector<LabelledPrefix>& prefixes, LabelSets& sets);
Runs<absl::uint128> LabelRuns6(const std::vector<LabelledPrefix>& prefixes, LabelSets& sets);

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_LABEL_SETS_H_
