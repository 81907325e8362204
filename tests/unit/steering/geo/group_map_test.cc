#include "steering/geo/group_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/ip.h"
#include "steering/model/geo_point.h"
#include "steering/model/policy.h"
#include "tests/support/mmdb_writer.h"

namespace spillway {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

// A file of the running test, gone with it.
class TempFile {
 public:
  TempFile(const std::string& name, const std::string& bytes)
      : path_(absl::StrCat(testing::TempDir(), "/geo.", getpid(), ".", name)) {
    EXPECT_TRUE(WriteFileAtomically(path_, bytes).ok());
  }
  ~TempFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }
IpPrefix Net(const char* text) { return *IpPrefix::Parse(text); }

// "NAME BITS" of what Locate says ("??/0" would be a trigraph).
std::string Where(const GroupMap& map, const char* address) {
  GroupMatch match = map.Locate(Ip(address));
  return absl::StrCat(map.group(match.group).name, " ", static_cast<int>(match.bits));
}

std::vector<std::string> Names(const GroupMap& map) {
  std::vector<std::string> out;
  for (const Group& group : map.groups()) out.push_back(group.name);
  return out;
}

std::shared_ptr<const GroupMap> MustBuild(const GeoSources& sources,
                                          const std::vector<NamedGroup>& named = {}) {
  auto map = GroupMap::Build(sources, named);
  EXPECT_TRUE(map.ok()) << map.status().message();
  return map.ok() ? *map : nullptr;
}

std::string CountryFile() {
  MmdbWriter w;
  w.Insert("192.0.2.0/24", CountryRecord("DE"));
  w.Insert("192.0.3.0/24", CountryRecord("DE"));
  w.Insert("198.51.100.0/24", CountryRecord("US"));
  w.Insert("2001:db8::/32", CountryRecord("DE"));
  w.Insert("2001:db8:ffff::/48", CountryRecord("US"));
  w.Insert("203.0.113.0/24", CountryRecord("??"));
  return w.Finish();
}

std::string CityFile() {
  MmdbWriter w({.type = "GeoLite2-City", .record_bits = 28});
  w.Insert("198.51.100.0/25", CityRecord("US", "NY", 40, -74));
  w.Insert("198.51.100.128/25", CityRecord("US", "CA", 34, -118));
  w.Insert("192.0.2.0/25", CityRecord("FJ", "", -17, 179));
  w.Insert("192.0.2.128/25", CityRecord("FJ", "", -17, -179));
  return w.Finish();
}

std::string AsnFile() {
  MmdbWriter w({.type = "GeoLite2-ASN", .record_bits = 32});
  w.Insert("192.0.2.64/26", AsnRecord(3320));
  w.Insert("198.51.100.64/26", AsnRecord(3320));
  w.Insert("2001:db8:1::/48", AsnRecord(64496));
  return w.Finish();
}

TEST(GroupMap, WithoutFilesEveryoneIsUnknownInOneGroup) {
  auto map = MustBuild({});
  EXPECT_THAT(Names(*map), ElementsAre("??"));
  EXPECT_EQ(Where(*map, "192.0.2.1"), "?? 0");
  EXPECT_EQ(Where(*map, "255.255.255.255"), "?? 0");
  EXPECT_TRUE(map->databases().empty());
  EXPECT_EQ(map->group(GroupId(0)).country, "");
  EXPECT_FALSE(map->group(GroupId(0)).location.has_value());
}

TEST(GroupMap, MergesEqualNeighboursAndGivesTheShortestTruePrefix) {
  TempFile country("country.mmdb", CountryFile());
  auto map = MustBuild({.country = country.path()});
  EXPECT_THAT(Names(*map), ElementsAre("??", "DE", "US"));
  EXPECT_EQ(Where(*map, "192.0.2.1"), "DE 23");
  EXPECT_EQ(Where(*map, "192.0.3.255"), "DE 23");
  EXPECT_EQ(Where(*map, "198.51.100.7"), "US 24");
  EXPECT_EQ(Where(*map, "203.0.113.9"), "?? 5");  // 200.0.0.0/5 holds nothing else
  EXPECT_EQ(Where(*map, "2001:db8:ffff::1"), "US 48");
  EXPECT_EQ(Where(*map, "2001:db8:7fff::1"), "DE 33");  // the other half of the /32
  EXPECT_EQ(Where(*map, "2001:db8:fffe::1"), "DE 48");
  EXPECT_EQ(Where(*map, "8000::"), "?? 1");
}

TEST(GroupMap, CountriesArePlacedByTheTable) {
  TempFile country("country.mmdb", CountryFile());
  auto map = MustBuild({.country = country.path()});
  const Group& de = map->group(*map->FindGroup("DE"));
  EXPECT_EQ(de.country, "DE");
  ASSERT_TRUE(de.location.has_value());
  EXPECT_LT(DistanceKm(*de.location, {51, 10}), 500);
  EXPECT_FALSE(map->FindGroup("FR").has_value());
}

TEST(GroupMap, RegionsAndTheirPlacesComeFromTheCityFile) {
  TempFile country("country.mmdb", CountryFile()), city("city.mmdb", CityFile());
  auto map = MustBuild({.country = country.path(), .city = city.path()});
  EXPECT_THAT(Names(*map), ElementsAre("??", "DE", "FJ", "US", "US-CA", "US-NY"));
  EXPECT_EQ(Where(*map, "198.51.100.1"), "US-NY 25");
  EXPECT_EQ(Where(*map, "192.0.3.1"), "DE 24");  // no City record: the country file
  EXPECT_EQ(Where(*map, "192.0.2.1"), "FJ 24");  // City wins over the country file
  const Group& ny = map->group(*map->FindGroup("US-NY"));
  EXPECT_THAT(ny.location->lat, DoubleNear(40, 1e-9));
  EXPECT_THAT(ny.location->lon, DoubleNear(-74, 1e-9));
  EXPECT_EQ(ny.country, "US");
}

TEST(GroupMap, TheMeanPlaceOfFijiIsInFiji) {
  TempFile city("city.mmdb", CityFile());
  auto map = MustBuild({.city = city.path()});
  EXPECT_LT(DistanceKm(*map->group(*map->FindGroup("FJ")).location, {-17, 180}), 1);
}

TEST(GroupMap, RegionsCanBeTurnedOff) {
  TempFile city("city.mmdb", CityFile());
  auto map = MustBuild({.city = city.path(), .regions = false});
  EXPECT_THAT(Names(*map), ElementsAre("??", "FJ", "US"));
  EXPECT_EQ(Where(*map, "198.51.100.200"), "US 24");
}

TEST(GroupMap, NamedGroupsAddUpByCountryAsnAndPrefix) {
  TempFile country("country.mmdb", CountryFile()), asn("asn.mmdb", AsnFile());
  std::vector<NamedGroup> named = {
      {.name = "isp", .asns = {3320}},
      {.name = "dach", .countries = {"DE", "AT", "CH"}},
      {.name = "lab", .prefixes = {Net("192.0.2.96/28"), Net("2001:db8:1:2::/64")}},
  };
  auto map = MustBuild({.country = country.path(), .asn = asn.path()}, named);
  EXPECT_EQ(Where(*map, "192.0.3.1"), "DE+dach 24");
  EXPECT_EQ(Where(*map, "192.0.2.65"), "DE+dach+isp 27");
  EXPECT_EQ(Where(*map, "192.0.2.97"), "DE+dach+isp+lab 28");
  EXPECT_EQ(Where(*map, "198.51.100.65"), "US+isp 26");
  EXPECT_EQ(Where(*map, "198.51.100.1"), "US 26");
  EXPECT_EQ(Where(*map, "2001:db8:1:2::1"), "DE+dach+lab 64");  // nobody named AS 64496
  EXPECT_EQ(Where(*map, "2001:db8:1:3::1"), "DE+dach 64");
  EXPECT_THAT(map->group(*map->FindGroup("DE+dach+isp+lab")).labels,
              ElementsAre(LabelId(0), LabelId(1), LabelId(2)));
}

TEST(GroupMap, PrefixesDeeperThan64AreSeenInFull) {
  std::vector<NamedGroup> named = {{.name = "host", .prefixes = {Net("2001:db8::42/128")}},
                                   {.name = "pair", .prefixes = {Net("2001:db8::80/121")}}};
  auto map = MustBuild({}, named);
  EXPECT_EQ(Where(*map, "2001:db8::42"), "??+host 128");
  EXPECT_EQ(Where(*map, "2001:db8::43"), "?? 128");
  EXPECT_EQ(Where(*map, "2001:db8::40"), "?? 127");
  EXPECT_EQ(Where(*map, "2001:db8::ff"), "??+pair 121");
  EXPECT_EQ(Where(*map, "2001:db8::100"), "?? 120");
}

TEST(GroupMap, MappedAddressesAreLocatedAsIpv4) {
  TempFile country("country.mmdb", CountryFile());
  auto map = MustBuild({.country = country.path()});
  EXPECT_EQ(Where(*map, "::ffff:198.51.100.7"), "US 120");
  EXPECT_EQ(Where(*map, "::ffff:192.0.2.1"), "DE 119");
  EXPECT_EQ(Where(*map, "::fffe:0:1"), "?? 96");  // its sibling is the mapped space
  EXPECT_EQ(Where(*map, "2002:c633:6407::1"), "?? 15");
  EXPECT_EQ(Where(*map, "::198.51.100.7"), "?? 81");
}

TEST(GroupMap, ALocationOfTheSmallestNamedGroupWins) {
  TempFile country("country.mmdb", CountryFile());
  std::vector<NamedGroup> named = {
      {.name = "wide", .countries = {"DE"}, .location = GeoPoint{1, 1}},
      {.name = "tiny", .prefixes = {Net("192.0.2.0/28")}, .location = GeoPoint{2, 2}},
      {.name = "bare", .prefixes = {Net("192.0.2.0/30")}},
  };
  auto map = MustBuild({.country = country.path()}, named);
  auto at = [&map](const char* name) { return map->group(*map->FindGroup(name)).location; };
  EXPECT_EQ(at("DE+wide"), (GeoPoint{1, 1}));
  EXPECT_EQ(at("DE+tiny+wide"), (GeoPoint{2, 2}));
  EXPECT_EQ(at("DE+bare+tiny+wide"), (GeoPoint{2, 2}));
}

TEST(GroupMap, AShortSourcePrefixIsItsFirstAddress) {
  TempFile country("country.mmdb", CountryFile());
  auto map = MustBuild({.country = country.path()});
  GroupMatch match = map->LocatePrefix(Ip("192.0.3.77"), 24);
  EXPECT_EQ(map->group(match.group).name, "DE");
  EXPECT_EQ(match.bits, 23);
  match = map->LocatePrefix(Ip("192.0.3.77"), 22);  // 192.0.0.0: not known
  EXPECT_EQ(map->group(match.group).name, "??");
  EXPECT_EQ(match.bits, 23);  // more than was sent: the answer for the rest may differ
}

TEST(GroupMap, DescribesItsFiles) {
  TempFile country("country.mmdb", CountryFile()), asn("asn.mmdb", AsnFile());
  auto map = MustBuild({.country = country.path(), .asn = asn.path()});
  ASSERT_EQ(map->databases().size(), 2u);
  const geo::DatabaseInfo& info = map->databases()[0];
  EXPECT_EQ(info.path, country.path());
  EXPECT_EQ(info.type, "GeoLite2-Country");
  EXPECT_EQ(info.built, absl::FromUnixSeconds(1'750'000'000));
  EXPECT_EQ(info.ip_version, 6);
  EXPECT_GT(info.node_count, 100u);
  EXPECT_EQ(info.record_count, 2u);  // DE, US; "??" is nothing known
  EXPECT_EQ(map->databases()[1].kind, geo::GeoKind::kAsn);
  EXPECT_GT(map->memory_bytes(), 100'000u);
}

TEST(GroupMap, AllErrorsComeAtOnce) {
  TempFile country("country.mmdb", CountryFile()), broken("broken.mmdb", "not a database");
  auto map = GroupMap::Build(
      {.country = broken.path(), .city = "/nonexistent.mmdb", .asn = country.path()},
      {{.name = "a+b"}});
  std::string message(map.status().message());
  EXPECT_THAT(message, HasSubstr("named group \"a+b\": want a name of its own without '+'"));
  EXPECT_THAT(message, HasSubstr(absl::StrCat(broken.path(), ": not a MaxMind DB")));
  EXPECT_THAT(message, HasSubstr("/nonexistent.mmdb"));
  EXPECT_THAT(message,
              HasSubstr(absl::StrCat(country.path(), ": database_type: want one for ASN")));
}

}  // namespace
}  // namespace spillway
