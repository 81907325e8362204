#include "http/redirect/location.h"

#include "base/ip.h"
#include "gtest/gtest.h"
#include "steering/model/policy.h"

namespace spillway::http {
namespace {

TEST(Location, PrefersHostThenAddressThenCname) {
  Target target{.name = "t", .cname = "c.example"};
  EXPECT_EQ(Location(target, "/a"), "https://c.example/a");
  target.addresses_v6 = {*IpAddress::Parse("2001:db8::1")};
  EXPECT_EQ(Location(target, "/a"), "https://[2001:db8::1]/a");
  target.addresses_v4 = {*IpAddress::Parse("192.0.2.1"), *IpAddress::Parse("192.0.2.2")};
  EXPECT_EQ(Location(target, "/a"), "https://192.0.2.1/a");
  target.host = "127.0.0.2:8080";
  target.scheme = "http";
  EXPECT_EQ(Location(target, "/a"), "http://127.0.0.2:8080/a");
}

TEST(Location, AddsTheSlashAnAbsoluteTargetMayLack) {
  Target target{.name = "t", .host = "h.example"};
  EXPECT_EQ(Location(target, ""), "https://h.example/");
  EXPECT_EQ(Location(target, "?q"), "https://h.example/?q");
  EXPECT_EQ(Location(target, "//evil"), "https://h.example//evil");
}

TEST(Location, IsEmptyForATargetThatIsNowhere) {
  EXPECT_EQ(Location(Target{.name = "t"}, "/a"), "");
}

}  // namespace
}  // namespace spillway::http
