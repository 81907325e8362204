#include "sim/scenario/places.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace spillway::sim {
namespace {

constexpr char kHeader[] =
    "place,country,region,lat,lon,asn,network,weight,bitrate,viewers_per_cache,detour,prefix\n";

TEST(Places, ReadsEveryColumn) {
  const auto places = ParsePlaces(
      "p.csv",
      absl::StrCat("# a comment\n\n", kHeader,
                   "New York,US,NYC,40.71,-74.01,64512,harbor,6.5,0.7,60,12,198.51.100.0/24\r\n"));
  ASSERT_TRUE(places.ok()) << places.status();
  ASSERT_EQ(places->size(), 1u);
  const NetworkPlace& place = (*places)[0];
  EXPECT_EQ(place.place, "New York");
  EXPECT_EQ(place.country, "US");
  EXPECT_EQ(place.region, "NYC");
  EXPECT_EQ(place.at.lat, 40.71);
  EXPECT_EQ(place.at.lon, -74.01);
  EXPECT_EQ(place.asn, 64512u);
  EXPECT_EQ(place.network, "harbor");
  EXPECT_EQ(place.weight, 6.5);
  EXPECT_EQ(place.bitrate, 0.7);
  EXPECT_EQ(place.viewers_per_cache, 60);
  EXPECT_EQ(place.detour_ms, 12);
  EXPECT_EQ(place.prefix.ToString(), "198.51.100.0/24");
}

TEST(Places, WhatIsEmptyHasADefaultAndAddressesOfItsOwn) {
  const auto places =
      ParsePlaces("p.csv", absl::StrCat(kHeader, "A,DE,,50,8,,a,,,,,\nB,DE,,52,13,,b,,,one,,\n"));
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_EQ((*places)[0].asn, 0u);
  EXPECT_EQ((*places)[0].weight, 1);
  EXPECT_EQ((*places)[0].bitrate, 1);
  EXPECT_EQ((*places)[0].viewers_per_cache, 0);
  EXPECT_EQ((*places)[1].viewers_per_cache, -1);
  EXPECT_EQ((*places)[0].prefix.ToString(), "240.0.0.0/20");
  EXPECT_EQ((*places)[1].prefix.ToString(), "240.0.16.0/20");
}

TEST(Places, ErrorsComeTogetherWithLineAndColumn) {
  const auto places =
      ParsePlaces("p.csv", absl::StrCat(kHeader, "A,DE,,99,8,,a,,,,,\nB,XX,,52,13,x,b,,,,,\n"));
  ASSERT_FALSE(places.ok());
  EXPECT_EQ(places.status().message(),
            "p.csv:2:7: error: lat; want a number from -90 to 90, got \"99\"\n"
            "p.csv:3:3: error: country; want an ISO 3166-1 code such as DE, got \"XX\"\n"
            "p.csv:3:13: error: asn; want an AS number such as 3320, got \"x\"");
}

TEST(Places, StopsComplainingAtSomePointAndReadingAtItsLimit) {
  std::string wrong = kHeader, many = kHeader;
  for (int i = 0; i < 1000; ++i) wrong += "x\n";
  for (size_t i = 0; i <= kPlacesMax; ++i) many += "A,DE,,50,8,,a,,,,,\n";
  EXPECT_LT(ParsePlaces("p.csv", wrong).status().message().size(), 10'000u);
  EXPECT_FALSE(ParsePlaces("p.csv", many).ok());
}

}  // namespace
}  // namespace spillway::sim
