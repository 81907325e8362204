// tests/fuzz/mmdb_fuzz.cc -- any bytes as a geo file: refused by name, or sound records and runs.
#include <cstddef>
#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "steering/geo/geo_database.h"
#include "steering/geo/mmdb_file.h"
#include "steering/geo/range_table.h"
#include "steering/geo/runs.h"

namespace spillway::geo {
namespace {

template <typename Key>
void CheckRuns(const Runs<Key>& runs, size_t record_count) {
  CHECK(!runs.empty() && runs[0].start == 0);
  for (size_t i = 0; i < runs.size(); ++i) {
    CHECK(runs[i].value < record_count);
    if (i > 0) CHECK(runs[i].start > runs[i - 1].start && runs[i].value != runs[i - 1].value);
  }
}

void Check(const GeoDatabase& database) {
  CheckRuns(database.runs4, database.records.size());
  CheckRuns(database.runs6, database.records.size());
  CHECK(database.records[0] == GeoRecord{});
  for (const GeoRecord& r : database.records) {
    CHECK(r.country.empty() || r.country.size() == 2);
    CHECK(r.region.size() <= 3);
    if (r.location) CHECK(r.location->lat >= -90 && r.location->lat <= 90);
  }
  RangeTable4 table4(database.runs4);
  for (const Run<uint32_t>& run : database.runs4) {
    CHECK(table4.Find(run.start).value == run.value);
  }
  RangeTable6 table6(database.runs6);
  for (const Run<absl::uint128>& run : database.runs6) {
    RangeMatch match = table6.Find(absl::Uint128High64(run.start), absl::Uint128Low64(run.start));
    CHECK(match.value == run.value);
  }
}

}  // namespace
}  // namespace spillway::geo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spillway::geo;  // NOLINT(build/namespaces)
  absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto file = MmdbFile::FromBytes(bytes, "fuzz.mmdb");
  if (!file.ok()) {
    CHECK(absl::string_view(file.status().message()).substr(0, 11) == "fuzz.mmdb: ");
    return 0;
  }
  for (GeoKind kind : {GeoKind::kCountry, GeoKind::kCity, GeoKind::kAsn}) {
    auto database = LoadGeoDatabase(**file, kind);
    if (database.ok()) {
      Check(*database);
    } else {
      CHECK(absl::string_view(database.status().message()).substr(0, 11) == "fuzz.mmdb: ");
    }
  }
  return 0;
}
