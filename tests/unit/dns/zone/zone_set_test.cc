// tests/unit/dns/zone/zone_set_test.cc -- the longest zone wins; a directory loads whole or not at
// all.
#include "dns/zone/zone_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "dns/zone/zone_file.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;

constexpr char kTop[] = "@ 3600 SOA ns h 1 2 3 4 300\n@ 3600 NS ns\n";

Name N(absl::string_view text) { return *Name::FromText(text); }

std::string ZoneOf(const ZoneSet& set, absl::string_view name) {
  const Zone* zone = set.Find(N(name).wire());
  return zone == nullptr ? "none" : NameToText(zone->apex());
}

ZoneSet SetOf(std::initializer_list<const char*> apexes) {
  std::vector<std::shared_ptr<const Zone>> zones;
  for (const char* apex : apexes) zones.push_back(std::move(*ParseZone(kTop, "f", N(apex))));
  return *ZoneSet::Create(std::move(zones));
}

class Directory {
 public:
  Directory()
      : path_(std::filesystem::path(::testing::TempDir()) /
              absl::StrCat("zones-",
                           ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  void Write(const std::string& file, absl::string_view text) const {
    std::ofstream(path_ / file) << std::string(text);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(ZoneSet, FindsTheLongestZoneAtOrAboveAName) {
  ZoneSet set = SetOf({"example", "child.example", "a.b.c.test"});
  EXPECT_EQ(ZoneOf(set, "example"), "example.");
  EXPECT_EQ(ZoneOf(set, "www.example"), "example.");
  EXPECT_EQ(ZoneOf(set, "child.example"), "child.example.");
  EXPECT_EQ(ZoneOf(set, "x.child.example"), "child.example.");
  EXPECT_EQ(ZoneOf(set, "xchild.example"), "example.");
  EXPECT_EQ(ZoneOf(set, "b.c.test"), "none");
  EXPECT_EQ(ZoneOf(set, "."), "none");
  EXPECT_EQ(ZoneOf(SetOf({"."}), "anything.at.all"), ".");
  EXPECT_EQ(ZoneOf(ZoneSet(), "example"), "none");
}

TEST(ZoneSet, LoadsADirectoryByFileNameOrOrigin) {
  Directory dir;
  dir.Write("example.zone", kTop);
  dir.Write("other.zone", absl::StrCat("$ORIGIN test.\n", kTop));
  dir.Write("notes.txt", "not a zone");
  auto set = ZoneSet::Load(dir.path());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->size(), 2u);
  EXPECT_EQ(ZoneOf(*set, "www.example"), "example.");
  EXPECT_EQ(ZoneOf(*set, "www.test"), "test.");
}

TEST(ZoneSet, ReportsEveryFaultOfEveryFileAndLoadsNothing) {
  Directory dir;
  dir.Write("a.zone", absl::StrCat(kTop, "x A bad\ny A worse\n"));
  dir.Write("b.zone", kTop);
  dir.Write("c.zone", absl::StrCat("$ORIGIN b.\n", kTop));
  auto set = ZoneSet::Load(dir.path());
  ASSERT_FALSE(set.ok());
  EXPECT_THAT(set.status().message(), HasSubstr("a.zone:3: cannot read 'x A bad'"));
  EXPECT_THAT(set.status().message(), HasSubstr("a.zone:4: cannot read 'y A worse'"));
  EXPECT_THAT(set.status().message(), HasSubstr("c.zone:1: zone 'b.' is in"));
  EXPECT_FALSE(ZoneSet::Load(absl::StrCat(dir.path(), "/missing")).ok());
}

TEST(ZoneSet, PutsSteeredNamesIntoTheirZonesOrZonesOfTheirOwn) {
  ZoneSet set = SetOf({"example", "test"});
  ImplicitZoneSpec spec{{N("ns1.dns.example"), N("ns2.dns.example")}, N("hostmaster.example")};
  auto steered = set.WithSteered({N("live.example"), N("Cdn.Customer.net")}, spec, 7);
  ASSERT_TRUE(steered.ok()) << steered.status();
  EXPECT_EQ(ZoneOf(*steered, "live.example"), "example.");
  EXPECT_EQ(ZoneOf(*steered, "cdn.customer.net"), "cdn.customer.net.");
  EXPECT_EQ(ZoneOf(*steered, "customer.net"), "none");
  const Zone* own = steered->Find(N("cdn.customer.net").wire());
  EXPECT_EQ(own->ns().count, 2);
  EXPECT_TRUE(own->FindNode(own->apex())->steered);
  EXPECT_EQ(steered->Find(N("test").wire()), set.Find(N("test").wire()));  // shared, not rebuilt
}

TEST(ZoneSet, GivesSteeredNamesThatAreDelegatedWithoutDsZonesOfTheirOwn) {
  std::vector<std::shared_ptr<const Zone>> zones;
  zones.push_back(*ParseZone(absl::StrCat(kTop, "live NS ns\nsigned NS ns\nsigned DS 1 13 2 ",
                                          std::string(64, '0'), "\n"),
                             "f", N("example")));
  const ZoneSet set = *ZoneSet::Create(std::move(zones));
  const ImplicitZoneSpec spec{{N("ns.example")}, N("hostmaster.example")};
  auto steered = set.WithSteered({N("live.example")}, spec, 7);
  ASSERT_TRUE(steered.ok()) << steered.status();
  EXPECT_EQ(ZoneOf(*steered, "live.example"), "live.example.");
  EXPECT_EQ(ZoneOf(*steered, "www.example"), "example.");
  for (const auto& [name, nameservers] :
       {std::pair("signed.example", &spec), std::pair("below.live.example", &spec)}) {
    EXPECT_THAT(std::string(set.WithSteered({N(name)}, *nameservers, 7).status().message()),
                HasSubstr("is given away by the zone: NS at"));
  }
  EXPECT_FALSE(set.WithSteered({N("live.example")}, {}, 7).ok());
}

TEST(ZoneSet, RefusesHomelessSteeredNamesWithoutNameservers) {
  auto steered = SetOf({"example"}).WithSteered({N("a.net"), N("b.net")}, {}, 1);
  ASSERT_FALSE(steered.ok());
  EXPECT_EQ(
      steered.status().message(),
      "steered name 'a.net.' is in no zone file; want one, or nameservers for zones of its own\n"
      "steered name 'b.net.' is in no zone file; want one, or nameservers for zones of its own");
}

}  // namespace
}  // namespace spillway::dns
