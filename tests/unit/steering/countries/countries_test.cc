// tests/unit/steering/countries/countries_test.cc -- the table is whole, and slips are understood.
#include "steering/countries/countries.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Countries, EveryCodeIsThereOnceAndInOrder) {
  EXPECT_EQ(AllCountries().size(), 249u);  // ISO 3166-1 as of iso-codes in Debian bookworm
  EXPECT_TRUE(std::is_sorted(AllCountries().begin(), AllCountries().end(),
                             [](const Country& a, const Country& b) { return a.code < b.code; }));
  const std::set<absl::string_view> continents = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
  for (const Country& c : AllCountries()) {
    EXPECT_EQ(FindCountry(c.code), &c);
    EXPECT_EQ(continents.count(c.continent), 1u) << c.code;
    EXPECT_LE(std::abs(c.place.lat), 90) << c.code;
    EXPECT_LE(std::abs(c.place.lon), 180) << c.code;
  }
}

TEST(Countries, OnABorderBelongToTheContinentThatGeoLite2Says) {
  const std::pair<const char*, const char*> rows[] = {{"CY", "EU"}, {"RU", "EU"}, {"TR", "AS"}, {"GE", "AS"},
                                                      {"KZ", "AS"}, {"EG", "AF"}, {"GL", "NA"}, {"MX", "NA"}};
  for (const auto& [code, continent] : rows) EXPECT_EQ(FindCountry(code)->continent, continent) << code;
}

TEST(Countries, UnknownCodesAreNotFound) {
  for (const char* code : {"", "de", "XX", "UK", "DEU"})
    EXPECT_EQ(FindCountry(code), nullptr) << code;
}

TEST(Countries, PlacesAreWherePeopleAre) {
  auto km = [](const char* code, GeoPoint city) {
    return DistanceKm(FindCountry(code)->place, city);
  };
  EXPECT_LT(km("GB", {51.5, -0.1}), 100);
  EXPECT_LT(km("JP", {35.7, 139.7}), 100);
  EXPECT_LT(km("DE", {50.1, 8.7}), 600);
  EXPECT_LT(km("US", {40.7, -74.0}), 1800);
  EXPECT_LT(km("BR", {-23.5, -46.6}), 900);
}

TEST(SuggestCountry, UnderstandsHabitsCaseAndNames) {
  EXPECT_EQ(SuggestCountry("UK"), "GB");
  EXPECT_EQ(SuggestCountry("el"), "GR");
  EXPECT_EQ(SuggestCountry("de"), "DE");
  EXPECT_EQ(SuggestCountry("germany"), "DE");
  EXPECT_EQ(SuggestCountry("Switzerlnd"), "CH");
  EXPECT_EQ(SuggestCountry("XQ"), "");
  EXPECT_EQ(SuggestCountry("Atlantis"), "");
}

}  // namespace
}  // namespace spillway
