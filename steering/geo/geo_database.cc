#include "steering/geo/geo_database.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/ip.h"
#include "base/status.h"
#include "steering/geo/mmdb_data.h"

namespace spillway::geo {
namespace {

bool TypeFits(absl::string_view type, GeoKind kind) {
  std::string lower = absl::AsciiStrToLower(type);
  auto has = [&lower](absl::string_view word) { return absl::StrContains(lower, word); };
  switch (kind) {
    case GeoKind::kCountry:
      return has("country");
    case GeoKind::kCity:
      return has("city") || has("enterprise");
    case GeoKind::kAsn:
      return has("asn") || has("isp") || has("enterprise");
  }
  return false;
}

absl::string_view WantedType(GeoKind kind) {
  switch (kind) {
    case GeoKind::kCountry:
      return "Country";
    case GeoKind::kCity:
      return "City or Enterprise";
    case GeoKind::kAsn:
      return "ASN, ISP or Enterprise";
  }
  return "";
}

bool AllOf(absl::string_view text, bool (*is)(unsigned char)) {
  for (char c : text) {
    if (!is(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// Decodes the records of one file; what is wrong stays in problem().
class RecordReader {
 public:
  RecordReader(const MmdbFile& file, GeoKind kind) : data_(file.data()), kind_(kind) {}

  GeoRecord Read(size_t offset) {
    GeoRecord out;
    std::optional<MmdbValue> record = data_.At(offset);
    if (record && record->type != MmdbType::kMap) Problem("record: want a map");
    if (!record || !problem_.empty()) return out;
    if (kind_ == GeoKind::kAsn) {
      out.asn = ReadAsn(*record);
    } else {
      out.country = ReadCountry(*record);
      if (kind_ == GeoKind::kCity) {
        if (!out.country.empty()) out.region = ReadRegion(*record);
        out.location = ReadLocation(*record);
      }
    }
    return out;
  }

  // Empty when all is well.
  std::string problem() const {
    if (data_.error() == nullptr) return problem_;
    return absl::StrCat("damaged data: ", data_.error(), " at byte ", data_.error_offset(),
                        " of the data section");
  }

 private:
  void Problem(std::string what) {
    if (problem_.empty()) problem_ = std::move(what);
  }

  std::optional<MmdbValue> Find(std::optional<MmdbValue> map, absl::string_view key) {
    return map ? data_.Find(*map, key) : std::nullopt;
  }

  // Codes that are not two letters ("??" of Tor, "A1" of old GeoIP) say: no country.
  std::string ReadCountry(const MmdbValue& record) {
    std::optional<MmdbValue> value = Find(data_.Find(record, "country"), "iso_code");
    if (!value) return "";
    std::optional<absl::string_view> code = data_.String(*value);
    if (!code || code->size() > 2) {
      Problem(absl::StrCat("country.iso_code: want two letters, got ",
                           code ? absl::CHexEscape(code->substr(0, 16)) : "another type"));
      return "";
    }
    bool known = code->size() == 2 && AllOf(*code, absl::ascii_isupper);
    return known ? std::string(*code) : "";
  }

  std::string ReadRegion(const MmdbValue& record) {
    std::optional<MmdbValue> regions = data_.Find(record, "subdivisions");
    if (!regions) return "";
    std::optional<MmdbValue> value = Find(data_.Front(*regions), "iso_code");
    std::optional<absl::string_view> code = value ? data_.String(*value) : std::nullopt;
    auto is_code = [](unsigned char c) { return absl::ascii_isupper(c) || absl::ascii_isdigit(c); };
    bool fits = code && !code->empty() && code->size() <= 3 && AllOf(*code, is_code);
    return fits ? std::string(*code) : "";
  }

  std::optional<GeoPoint> ReadLocation(const MmdbValue& record) {
    std::optional<MmdbValue> location = data_.Find(record, "location");
    std::optional<MmdbValue> lat_value = Find(location, "latitude");
    std::optional<MmdbValue> lon_value = Find(location, "longitude");
    if (!lat_value || !lon_value) return std::nullopt;
    std::optional<double> lat = data_.Number(*lat_value), lon = data_.Number(*lon_value);
    if (!lat || !lon || !(std::fabs(*lat) <= 90) || !(std::fabs(*lon) <= 180)) {
      Problem(absl::StrCat(
          "location: want latitude within 90 and longitude within 180 degrees, got ",
          lat ? absl::StrCat(*lat) : "no number", " and ", lon ? absl::StrCat(*lon) : "no number"));
      return std::nullopt;
    }
    return GeoPoint{*lat, *lon};
  }

  uint32_t ReadAsn(const MmdbValue& record) {
    constexpr absl::string_view kKey = "autonomous_system_number";
    std::optional<MmdbValue> value = data_.Find(record, kKey);
    if (!value) value = Find(data_.Find(record, "traits"), kKey);
    if (!value) return 0;
    std::optional<uint64_t> asn = data_.Uint(*value);
    if (!asn || *asn > UINT32_MAX) {
      Problem("autonomous_system_number: want an unsigned number of 32 bits");
      return 0;
    }
    return static_cast<uint32_t>(*asn);
  }

  MmdbData data_;
  GeoKind kind_;
  std::string problem_;
};

// Leaves of both walks in, runs of record indices out.
class Loader {
 public:
  Loader(const MmdbFile& file, GeoKind kind, GeoDatabase& out)
      : file_(file), reader_(file, kind), out_(out) {
    Intern(GeoRecord{});
  }

  template <typename Key>
  absl::Status Leaf(Runs<Key>& runs, Key first, int bits, size_t offset) {
    uint32_t record = 0;
    if (offset != MmdbFile::kNoRecord) {
      ++out_.info.network_count;
      auto [it, is_new] = by_offset_.try_emplace(offset, 0);
      if (is_new) {
        it->second = Intern(reader_.Read(offset));
        if (std::string problem = reader_.problem(); !problem.empty()) {
          IpPrefix network{AddressOf(first), bits};
          return file_.Error(absl::StrCat("network ", network.ToString(), ": ", problem));
        }
      }
      record = it->second;
    }
    Append(runs, first, record);
    return absl::OkStatus();
  }

 private:
  uint32_t Intern(GeoRecord record) {
    GeoPoint at = record.location.value_or(GeoPoint{});
    auto key = std::make_tuple(record.country, record.region, record.asn,
                               record.location.has_value(), at.lat, at.lon);
    auto [it, is_new] = by_content_.try_emplace(key, static_cast<uint32_t>(out_.records.size()));
    if (is_new) out_.records.push_back(std::move(record));
    return it->second;
  }

  const MmdbFile& file_;
  RecordReader reader_;
  GeoDatabase& out_;
  absl::flat_hash_map<size_t, uint32_t> by_offset_;
  absl::flat_hash_map<std::tuple<std::string, std::string, uint32_t, bool, double, double>,
                      uint32_t>
      by_content_;
};

}  // namespace

absl::string_view GeoKindName(GeoKind kind) {
  constexpr absl::string_view kNames[] = {"country", "city", "asn"};
  return kNames[static_cast<size_t>(kind)];
}

absl::StatusOr<GeoDatabase> LoadGeoDatabase(const MmdbFile& file, GeoKind kind) {
  const MMDB_metadata_s& metadata = file.metadata();
  std::string type = absl::CHexEscape(metadata.database_type);
  if (!TypeFits(metadata.database_type, kind)) {
    return file.Error(absl::StrCat("database_type: want one for ", WantedType(kind), ", got \"",
                                   type, "\"; are the geo files in each other's place?"));
  }
  GeoDatabase out;
  out.info = {.kind = kind,
              .path = file.name(),
              .type = type,
              .built = absl::FromUnixSeconds(
                  static_cast<int64_t>(std::min<uint64_t>(metadata.build_epoch, INT64_MAX))),
              .ip_version = metadata.ip_version,
              .node_count = metadata.node_count};
  Loader loader(file, kind, out);
  RETURN_IF_ERROR(file.Walk4([&](uint32_t first, int bits, size_t offset) {
    return loader.Leaf(out.runs4, first, bits, offset);
  }));
  RETURN_IF_ERROR(file.Walk6([&](absl::uint128 first, int bits, size_t offset) {
    return loader.Leaf(out.runs6, first, bits, offset);
  }));
  out.info.record_count = out.records.size() - 1;
  bool useful = false;
  for (const GeoRecord& r : out.records)
    useful |= kind == GeoKind::kAsn ? r.asn != 0 : !r.country.empty();
  if (!useful) {
    return file.Error(kind == GeoKind::kAsn ? "no network has an autonomous_system_number"
                                            : "no network has a country.iso_code");
  }
  return out;
}

}  // namespace spillway::geo
