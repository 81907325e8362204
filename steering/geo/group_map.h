// steering/geo/group_map.h -- which group a client is in, and how much of its address told so.
//
//   country/city mmdb ─┐
//   ASN mmdb ──────────┼─ walked once, zipped ─► runs of equal group ─► RangeTable4 / RangeTable6
//   policy prefixes ───┘                                                Locate: group + scope bits
//
// A group is a distinct (country, region, set of named groups): "DE", "US-NY", "DE+big-isp",
// "DE+a+b", "??" where no country is known. City records win over country ones where both know a
// country. Where a group is: the location of the smallest of its named groups that has one; else
// the mean of its City records by size; else its country's; else nowhere.
//
// IPv6 inside ::ffff:0:0/96 is located as the IPv4 address it maps (bits + 96). 6to4 (2002::/16),
// Teredo (2001::/32) and ::/96 are ordinary IPv6: what the file's tree holds there of its own,
// never the IPv4 subtree some writers alias to them.
// units: a size is counted in IPv4 addresses and, alike, in IPv6 /48s: either is about one site.
// thread safety: immutable after Build; Locate takes no lock and no heap.
// cost: CPU time with Debian's tor-geoipdb (690'000 runs, 12 MB): IPv4 7 ns in cache, 17-25 ns over
//      a million random addresses; IPv6 16 ns and 70-85 ns over all networks at random; 0.1 s to
//      build (tests/bench/geo_bench.cc prints them; two busy cores at 2.6 GHz).
#ifndef SPILLWAY_STEERING_GEO_GROUP_MAP_H_
#define SPILLWAY_STEERING_GEO_GROUP_MAP_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/ip.h"
#include "base/strings.h"
#include "steering/geo/geo_database.h"
#include "steering/geo/range_table.h"
#include "steering/model/group.h"
#include "steering/model/policy.h"

namespace spillway {

// Paths of the mmdb files; empty = none. Without any, every client is "??" plus its policy
// prefixes.
struct GeoSources {
  std::string country;
  std::string city;
  std::string asn;
  bool regions = true;  // tell regions apart where `city` has them
  // Instead of `city` and `asn`: what such files would say of these networks, as a rehearsal
  // invents them. IPv4, ascending, none inside another.
  struct Network {
    IpPrefix prefix;
    geo::GeoRecord record;
  };
  std::vector<Network> networks;
};

class GroupMap {
 public:
  // `named` by LabelId. All that is wrong with any file or name comes back in one Status, a line
  // each.
  static absl::StatusOr<std::shared_ptr<const GroupMap>> Build(
      const GeoSources& sources, const std::vector<NamedGroup>& named);

  // Of groups that were told apart elsewhere: they keep the order given, and every address is in
  // the first of them. For planning without clients: of all that has a group map, only answers look
  // addresses up. Requires at least one group, and names that differ.
  static std::shared_ptr<const GroupMap> OfGroups(std::vector<Group> groups);

  // Never fails: every address is in exactly one group. Every address inside the prefix of
  // `bits` around `client` gives the same group, and that prefix is the shortest such.
  GroupMatch Locate(const IpAddress& client) const noexcept;
  // Of a client known only by its first `source_bits` (RFC 7871 SOURCE): Locate of the address with
  // the rest zero. `bits` may exceed source_bits.
  GroupMatch LocatePrefix(const IpAddress& client, int source_bits) const noexcept {
    return Locate(client.Masked(source_bits));
  }

  // Locate(client) comes soon, after others: fetches from memory what it will read.
  void Prefetch(const IpAddress& client) const noexcept;

  // By GroupId, in order of name.
  const std::vector<Group>& groups() const { return groups_; }
  const Group& group(GroupId id) const { return groups_[id.index()]; }
  std::optional<GroupId> FindGroup(absl::string_view name) const;

  // The files this was made of, for status pages.
  const std::vector<geo::DatabaseInfo>& databases() const { return databases_; }
  size_t memory_bytes() const;
  size_t run_count() const { return table4_.run_count() + table6_.run_count(); }

 private:
  friend class GroupMapBuilder;
  friend class GroupMapFile;
  GroupMap(geo::RangeTable4 table4, geo::RangeTable6 table6, std::vector<Group> groups,
           std::vector<geo::DatabaseInfo> databases);

  geo::RangeTable4 table4_;
  geo::RangeTable6 table6_;
  std::vector<Group> groups_;
  StringMap<GroupId> by_name_;
  std::vector<geo::DatabaseInfo> databases_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_GEO_GROUP_MAP_H_
