// steering/geo/geo_database.h -- one geo file as runs of records: who stands where.
//
//   MmdbFile ──walk, decode each distinct record once──► runs4, runs6: record index per run
//
// references: the fields are those of GeoLite2/GeoIP2 Country, City, Enterprise, ASN and ISP:
// country.iso_code, subdivisions[0].iso_code, location.{latitude,longitude},
// autonomous_system_number (also under traits). registered_country is not used: it tells where a
// network is registered, which for anycast and satellite networks is not where their clients are.
#ifndef SPILLWAY_STEERING_GEO_GEO_DATABASE_H_
#define SPILLWAY_STEERING_GEO_GEO_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/geo/mmdb_file.h"
#include "steering/geo/runs.h"
#include "steering/model/geo_point.h"

namespace spillway::geo {

enum class GeoKind : uint8_t { kCountry, kCity, kAsn };
absl::string_view GeoKindName(GeoKind kind);

// What a file says about itself, for status pages.
struct DatabaseInfo {
  GeoKind kind = GeoKind::kCountry;
  std::string path;
  std::string type;  // "GeoLite2-Country"
  absl::Time built;
  int ip_version = 6;
  uint32_t node_count = 0;
  size_t record_count = 0;   // distinct ones
  size_t network_count = 0;  // leaves of the tree with a record, both families
};

struct GeoRecord {
  std::string country;  // two capital letters; empty = unknown
  std::string region;   // 1-3 capital letters or digits; empty = none
  uint32_t asn = 0;     // 0 = none
  std::optional<GeoPoint> location;
  friend bool operator==(const GeoRecord&, const GeoRecord&) = default;
};

struct GeoDatabase {
  DatabaseInfo info;
  std::vector<GeoRecord> records;  // [0] = nothing known
  Runs<uint32_t> runs4;            // values index records
  Runs<absl::uint128> runs6;
};

// Walks the whole file. Fails, naming the file and the network, when database_type does not fit
// `kind`, when anything is damaged, when a field has a form it cannot have, or when no record holds
// what the kind is for. O(nodes + distinct records).
absl::StatusOr<GeoDatabase> LoadGeoDatabase(const MmdbFile& file, GeoKind kind);

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_GEO_DATABASE_H_
