// steering/geo/group_map_builder.h -- makes a GroupMap: opens, zips, names and places the groups.
//
// thread safety: none; one builder, one Build.
#ifndef SPILLWAY_STEERING_GEO_GROUP_MAP_BUILDER_H_
#define SPILLWAY_STEERING_GEO_GROUP_MAP_BUILDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/strings.h"
#include "steering/geo/geo_database.h"
#include "steering/geo/group_map.h"
#include "steering/geo/label_sets.h"
#include "steering/geo/runs.h"
#include "steering/model/group.h"
#include "steering/model/policy.h"

namespace spillway {

class GroupMapBuilder {
 public:
  // Value of the IPv6 run ::ffff:0:0/96: look in the IPv4 table.
  static constexpr uint32_t kMappedIpv4 = UINT32_MAX;

  // Both must outlive the builder.
  GroupMapBuilder(const GeoSources& sources, const std::vector<NamedGroup>& named)
      : sources_(sources), named_(named) {}
  absl::StatusOr<std::shared_ptr<const GroupMap>> Build();

 private:
  // What Zip lays over each other: records of the country, city and ASN files, sets by prefix, and
  // whether the address is IPv4-mapped.
  static constexpr size_t kInputs = 5;
  using Values = std::array<uint32_t, kInputs>;

  // A country and region, with the named groups the country is in.
  struct Place {
    std::string country;
    std::string region;
    uint32_t set = 0;
  };
  // A group being collected: how much of the address space, and the sum of its records' unit
  // vectors.
  struct Draft {
    uint32_t place = 0;
    uint32_t set = 0;
    double x = 0, y = 0, z = 0;
  };
  // What a record of the country or city file comes to.
  struct PlacedRecord {
    uint32_t place = 0;
    double x = 0, y = 0, z = 0;
  };

  absl::Status CheckNames() const;
  absl::StatusOr<geo::GeoDatabase> Load(const std::string& path, geo::GeoKind kind) const;
  void IndexNames();
  std::vector<PlacedRecord> PlaceRecords(const geo::GeoDatabase& database);
  std::vector<uint32_t> AsnSets(const geo::GeoDatabase& database);
  uint32_t DraftOf(const Values& values, double size);
  template <typename Key>
  geo::Runs<Key> ZipFamily(const std::array<const geo::Runs<Key>*, kInputs>& inputs, double unit);
  std::vector<Group> NameGroups(std::vector<uint32_t>* ids) const;
  std::string NameOf(const Draft& draft) const;
  std::optional<GeoPoint> LocationOf(const Draft& draft) const;

  const GeoSources& sources_;
  const std::vector<NamedGroup>& named_;
  geo::LabelSets sets_;
  StringMap<uint32_t> country_sets_;
  absl::flat_hash_map<uint32_t, uint32_t> asn_sets_;
  std::vector<geo::LabelledPrefix> prefixes_;
  std::vector<Place> places_;
  absl::flat_hash_map<std::pair<std::string, std::string>, uint32_t> place_ids_;
  std::vector<PlacedRecord> country_records_, city_records_;
  std::vector<uint32_t> asn_record_sets_;
  std::vector<Draft> drafts_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> draft_ids_;
  std::vector<double> label_sizes_;  // by LabelId
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_GEO_GROUP_MAP_BUILDER_H_
