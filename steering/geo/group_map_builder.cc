#include "steering/geo/group_map_builder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <set>

#include "absl/numeric/int128.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "steering/countries/countries.h"
#include "steering/geo/mmdb_file.h"
#include "steering/geo/range_table.h"

namespace spillway {
namespace {

using geo::GeoDatabase;
using geo::GeoKind;
using geo::GeoRecord;
using geo::Run;
using geo::Runs;

constexpr absl::string_view kUnknownCountry = "??";
constexpr double kRadians = std::numbers::pi / 180;
// One IPv4 address and one IPv6 /48 (2^80 addresses) weigh the same: about a site each.
constexpr double kUnit4 = 1;
constexpr double kUnit6 = 0x1p80;
// Below this length the mean of unit vectors points nowhere in particular.
constexpr double kMeanLengthMin = 1e-6;

GeoDatabase Nothing() {
  return {.info = {}, .records = {GeoRecord{}}, .runs4 = {{0, 0}}, .runs6 = {{0, 0}}};
}

Runs<absl::uint128> MappedRuns() {
  absl::uint128 first = absl::MakeUint128(0, uint64_t{0xffff} << 32);
  return {{0, 0}, {first, 1}, {first + (absl::uint128{1} << 32), 0}};
}

// What a file of `networks` would hold, places and AS numbers alike.
GeoDatabase FromNetworks(const std::vector<GeoSources::Network>& networks) {
  GeoDatabase database = Nothing();
  for (const GeoSources::Network& network : networks) {
    const uint32_t first = network.prefix.address.v4_host_order();
    const uint32_t last = geo::LastKey(first, network.prefix.bits);
    if (database.runs4.back().start == first) database.runs4.pop_back();
    geo::Append(database.runs4, first, static_cast<uint32_t>(database.records.size()));
    if (last != std::numeric_limits<uint32_t>::max()) geo::Append(database.runs4, last + 1, 0);
    database.records.push_back(network.record);
  }
  return database;
}

template <typename Key>
void Renumber(Runs<Key>& runs, const std::vector<uint32_t>& ids) {
  for (Run<Key>& run : runs) {
    if (run.value != GroupMapBuilder::kMappedIpv4) run.value = ids[run.value];
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const GroupMap>> GroupMapBuilder::Build() {
  std::vector<std::string> errors;
  auto load = [&](const std::string& path, GeoKind kind) {
    absl::StatusOr<GeoDatabase> database = Load(path, kind);
    if (database.ok()) return *std::move(database);
    errors.emplace_back(database.status().message());
    return Nothing();
  };
  if (absl::Status names = CheckNames(); !names.ok()) errors.emplace_back(names.message());
  GeoDatabase country = load(sources_.country, GeoKind::kCountry);
  const bool invented = !sources_.networks.empty();
  GeoDatabase city =
      invented ? FromNetworks(sources_.networks) : load(sources_.city, GeoKind::kCity);
  GeoDatabase asn = invented ? city : load(sources_.asn, GeoKind::kAsn);
  if (!errors.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));

  IndexNames();
  country_records_ = PlaceRecords(country);
  city_records_ = PlaceRecords(city);
  asn_record_sets_ = AsnSets(asn);
  Runs<uint32_t> labels4 = geo::LabelRuns4(prefixes_, sets_);
  Runs<absl::uint128> labels6 = geo::LabelRuns6(prefixes_, sets_);
  Runs<uint32_t> mapped4 = {{0, 0}};
  Runs<absl::uint128> mapped6 = MappedRuns();
  Runs<uint32_t> runs4 =
      ZipFamily<uint32_t>({&country.runs4, &city.runs4, &asn.runs4, &labels4, &mapped4}, kUnit4);
  Runs<absl::uint128> runs6 = ZipFamily<absl::uint128>(
      {&country.runs6, &city.runs6, &asn.runs6, &labels6, &mapped6}, kUnit6);

  std::vector<uint32_t> ids;
  std::vector<Group> groups = NameGroups(&ids);
  Renumber(runs4, ids);
  Renumber(runs6, ids);
  std::vector<geo::DatabaseInfo> databases;
  for (GeoDatabase* d : {&country, &city, &asn}) {
    if (!d->info.path.empty()) databases.push_back(std::move(d->info));
  }
  return std::shared_ptr<const GroupMap>(new GroupMap(
      geo::RangeTable4(runs4), geo::RangeTable6(runs6), std::move(groups), std::move(databases)));
}

absl::Status GroupMapBuilder::CheckNames() const {
  std::set<absl::string_view> seen;
  for (const NamedGroup& group : named_) {
    bool joins = group.name.find('+') != std::string::npos;
    if (group.name.empty() || joins || !seen.insert(group.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("named group \"", absl::CHexEscape(group.name),
                                                     "\": want a name of its own without '+'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<GeoDatabase> GroupMapBuilder::Load(const std::string& path, GeoKind kind) const {
  if (path.empty()) return Nothing();
  ASSIGN_OR_RETURN(std::unique_ptr<geo::MmdbFile> file, geo::MmdbFile::Open(path));
  return geo::LoadGeoDatabase(*file, kind);
}

void GroupMapBuilder::IndexNames() {
  places_.push_back(Place{});
  place_ids_[{"", ""}] = 0;
  label_sizes_.resize(named_.size());
  for (size_t i = 0; i < named_.size(); ++i) {
    LabelId label(i);
    uint32_t set = sets_.Intern({label});
    for (const std::string& country : named_[i].countries) {
      uint32_t& sum = country_sets_.try_emplace(country, geo::LabelSets::kNone).first->second;
      sum = sets_.Union(sum, set);
    }
    for (uint32_t asn : named_[i].asns) {
      uint32_t& sum = asn_sets_.try_emplace(asn, geo::LabelSets::kNone).first->second;
      sum = sets_.Union(sum, set);
    }
    for (const IpPrefix& prefix : named_[i].prefixes) prefixes_.push_back({prefix, label});
  }
}

std::vector<GroupMapBuilder::PlacedRecord> GroupMapBuilder::PlaceRecords(
    const GeoDatabase& database) {
  std::vector<PlacedRecord> out;
  out.reserve(database.records.size());
  for (const GeoRecord& record : database.records) {
    std::string region = sources_.regions ? record.region : "";
    auto [it, is_new] =
        place_ids_.try_emplace({record.country, region}, static_cast<uint32_t>(places_.size()));
    if (is_new) {
      auto found = country_sets_.find(record.country);
      uint32_t set = found == country_sets_.end() ? geo::LabelSets::kNone : found->second;
      places_.push_back({record.country, region, set});
    }
    PlacedRecord& placed = out.emplace_back();
    placed.place = it->second;
    if (record.location) {
      double lat = record.location->lat * kRadians, lon = record.location->lon * kRadians;
      placed.x = std::cos(lat) * std::cos(lon);
      placed.y = std::cos(lat) * std::sin(lon);
      placed.z = std::sin(lat);
    }
  }
  return out;
}

std::vector<uint32_t> GroupMapBuilder::AsnSets(const GeoDatabase& database) {
  std::vector<uint32_t> out;
  out.reserve(database.records.size());
  for (const GeoRecord& record : database.records) {
    auto found = asn_sets_.find(record.asn);
    bool in = record.asn != 0 && found != asn_sets_.end();
    out.push_back(in ? found->second : geo::LabelSets::kNone);
  }
  return out;
}

template <typename Key>
Runs<Key> GroupMapBuilder::ZipFamily(const std::array<const Runs<Key>*, kInputs>& inputs,
                                     double unit) {
  return geo::Zip<Key, kInputs>(inputs, [&](const Values& values, Key first, Key last) {
    if (values[4] != 0) return kMappedIpv4;
    return DraftOf(values, (static_cast<double>(last - first) + 1) / unit);
  });
}

uint32_t GroupMapBuilder::DraftOf(const Values& values, double size) {
  const PlacedRecord& city = city_records_[values[1]];
  const PlacedRecord& country = country_records_[values[0]];
  const PlacedRecord& placed = places_[city.place].country.empty() ? country : city;
  uint32_t set =
      sets_.Union(places_[placed.place].set, sets_.Union(asn_record_sets_[values[2]], values[3]));
  auto [it, is_new] =
      draft_ids_.try_emplace({placed.place, set}, static_cast<uint32_t>(drafts_.size()));
  if (is_new) drafts_.push_back({.place = placed.place, .set = set});
  Draft& draft = drafts_[it->second];
  draft.x += size * placed.x;
  draft.y += size * placed.y;
  draft.z += size * placed.z;
  for (LabelId label : sets_.labels(set)) label_sizes_[label.index()] += size;
  return it->second;
}

// `ids`: from the order of discovery to the order of name, so that ids do not depend on how the
// address space happens to be cut.
std::vector<Group> GroupMapBuilder::NameGroups(std::vector<uint32_t>* ids) const {
  std::vector<std::pair<std::string, uint32_t>> order;
  for (uint32_t d = 0; d < drafts_.size(); ++d) order.emplace_back(NameOf(drafts_[d]), d);
  std::sort(order.begin(), order.end());
  ids->resize(drafts_.size());
  std::vector<Group> groups;
  groups.reserve(order.size());
  for (const auto& [name, d] : order) {
    (*ids)[d] = static_cast<uint32_t>(groups.size());
    const Draft& draft = drafts_[d];
    groups.push_back({.name = name,
                      .country = places_[draft.place].country,
                      .labels = sets_.labels(draft.set),
                      .location = LocationOf(draft)});
  }
  return groups;
}

std::string GroupMapBuilder::NameOf(const Draft& draft) const {
  const Place& place = places_[draft.place];
  std::string name = place.country.empty() ? std::string(kUnknownCountry) : place.country;
  if (!place.region.empty()) absl::StrAppend(&name, "-", place.region);
  std::vector<absl::string_view> labels;
  for (LabelId label : sets_.labels(draft.set)) labels.push_back(named_[label.index()].name);
  std::sort(labels.begin(), labels.end());
  for (absl::string_view label : labels) absl::StrAppend(&name, "+", label);
  return name;
}

std::optional<GeoPoint> GroupMapBuilder::LocationOf(const Draft& draft) const {
  const NamedGroup* smallest = nullptr;
  double size_min = std::numeric_limits<double>::infinity();
  for (LabelId label : sets_.labels(draft.set)) {
    const NamedGroup& group = named_[label.index()];
    if (group.location && label_sizes_[label.index()] < size_min) {
      smallest = &group;
      size_min = label_sizes_[label.index()];
    }
  }
  if (smallest != nullptr) return smallest->location;

  // Mean on the sphere: averaging degrees would put Fiji, on both sides of 180, in Africa.
  double length = std::hypot(draft.x, draft.y, draft.z);
  if (length > kMeanLengthMin) {
    return GeoPoint{std::asin(draft.z / length) / kRadians,
                    std::atan2(draft.y, draft.x) / kRadians};
  }
  const Country* country = FindCountry(places_[draft.place].country);
  if (country == nullptr) return std::nullopt;
  return country->place;
}

}  // namespace spillway
