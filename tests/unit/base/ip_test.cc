// tests/unit/base/ip_test.cc -- addresses, prefixes and endpoints as people and sockets write them.
#include "base/ip.h"

#include <arpa/inet.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }
std::string Canonical(absl::string_view text) {
  std::optional<IpAddress> address = IpAddress::Parse(text);
  return address ? address->ToString() : "refused";
}

TEST(IpAddress, IsReadAndWrittenInCanonicalForm) {
  // RFC 5952: lower case, longest run of zeros shortened.
  struct {
    const char *text, *want;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
      {"::", "::"},
      {"::1", "::1"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& row : rows) EXPECT_EQ(Canonical(row.text), row.want) << row.text;
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", " ", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1 ", " 192.0.2.1", "192.0.2.1.",
        "0xc0.0.2.1", "3221225985", "2001:db8", "2001:db8:::1", "::1::", "fe80::1%eth0", "[::1]",
        "12345::", "example.com",
        "00000000000000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_EQ(Canonical(text), "refused") << "'" << text << "'";
  }
}

// Parsing used to hand the text to a C function, which stopped at the NUL and called it a good
// address.
TEST(IpAddress, TextAfterANulIsNotIgnored) {
  EXPECT_EQ(Canonical(absl::string_view("192.0.2.1\0evil", 14)), "refused");
  EXPECT_EQ(Canonical(absl::string_view("::1\0", 4)), "refused");
}

TEST(IpAddress, MaskClearsExactlyTheBitsAfterThePrefix) {
  struct {
    const char* address;
    int bits;
    const char* want;
  } rows[] = {
      {"255.255.255.255", 0, "0.0.0.0"},
      {"255.255.255.255", 1, "128.0.0.0"},
      {"255.255.255.255", 23, "255.255.254.0"},
      {"255.255.255.255", 24, "255.255.255.0"},
      {"255.255.255.255", 32, "255.255.255.255"},
      {"255.255.255.255", 99, "255.255.255.255"},
      {"255.255.255.255", -1, "0.0.0.0"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, "::"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 33, "ffff:ffff:8000::"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 127, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Ip(row.address).Masked(row.bits).ToString(), row.want)
        << row.address << "/" << row.bits;
  }
}

TEST(IpAddress, MappedAddressesStayIpv6UntilUnmapped) {
  EXPECT_FALSE(Ip("::ffff:192.0.2.1").is_v4());
  EXPECT_EQ(Ip("::ffff:192.0.2.1").Unmapped(), Ip("192.0.2.1"));
  EXPECT_EQ(Ip("::192.0.2.1").Unmapped(), Ip("::192.0.2.1"));
  EXPECT_EQ(Ip("192.0.2.1").Unmapped(), Ip("192.0.2.1"));
}

TEST(IpAddress, NumbersAreInHostOrder) {
  EXPECT_EQ(Ip("192.0.2.1").v4_host_order(), 0xc0000201u);
  EXPECT_EQ(IpAddress::V4(0xc0000201), Ip("192.0.2.1"));
  EXPECT_EQ(Ip("192.0.2.1").high64(), 0xc000020100000000u);
  EXPECT_EQ(Ip("2001:db8::1").high64(), 0x20010db800000000u);
  EXPECT_EQ(Ip("2001:db8::1").low64(), 1u);
}

TEST(IpAddress, SocketAddressesGoThereAndBack) {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "0.0.0.0", "::"}) {
    sockaddr_storage raw;
    socklen_t size = Ip(text).ToSockaddr(5300, &raw);
    EXPECT_EQ(IpAddress::FromSockaddr(raw), Ip(text)) << text;
    EXPECT_EQ(Endpoint::FromSockaddr(raw), (Endpoint{Ip(text), 5300})) << text;
    if (Ip(text).is_v4()) {
      EXPECT_EQ(size, sizeof(sockaddr_in));
      EXPECT_EQ(reinterpret_cast<sockaddr_in*>(&raw)->sin_port, htons(5300));
    } else {
      EXPECT_EQ(size, sizeof(sockaddr_in6));
      EXPECT_EQ(reinterpret_cast<sockaddr_in6*>(&raw)->sin6_port, htons(5300));
    }
  }
  sockaddr_storage mapped;
  Ip("::ffff:192.0.2.9").ToSockaddr(1, &mapped);
  EXPECT_EQ(IpAddress::FromSockaddr(mapped), Ip("192.0.2.9"));  // dual-stack listeners see IPv4 so
  EXPECT_EQ(Endpoint::FromSockaddr(mapped).ToString(), "192.0.2.9:1");
  sockaddr_storage local = {};
  local.ss_family = AF_UNIX;
  EXPECT_EQ(IpAddress::FromSockaddr(local), IpAddress());
  EXPECT_EQ(Endpoint::FromSockaddr(local), Endpoint());
}

TEST(IpAddress, OrderAndHashFollowFamilyThenNumber) {
  std::set<IpAddress> sorted = {Ip("::"), Ip("192.0.2.2"), Ip("2001:db8::"), Ip("192.0.2.1"),
                                Ip("0.0.0.0")};
  std::string order;
  for (const IpAddress& a : sorted) order += a.ToString() + " ";
  EXPECT_EQ(order, "0.0.0.0 192.0.2.1 192.0.2.2 :: 2001:db8:: ");
  absl::flat_hash_set<IpAddress> hashed(sorted.begin(), sorted.end());
  EXPECT_EQ(hashed.size(), 5u);
  EXPECT_NE(Ip("0.0.0.0"), Ip("::"));  // same octets, other family
}

TEST(IpPrefix, IsReadOrRefused) {
  struct {
    const char *text, *want;
  } rows[] = {
      {"192.0.2.0/24", "192.0.2.0/24"},
      {"192.0.2.1", "192.0.2.1/32"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"2001:db8::/32", "2001:db8::/32"},
      {"::/0", "::/0"},
      {"2001:db8::1", "2001:db8::1/128"},
      {"192.0.2.1/24", "refused"},  // host bits set: was the address meant, or the network?
      {"192.0.2.0/33", "refused"},
      {"2001:db8::/129", "refused"},
      {"192.0.2.0/", "refused"},
      {"192.0.2.0/-1", "refused"},
      {"192.0.2.0/+24", "refused"},
      {"192.0.2.0/ 24", "refused"},
      {"192.0.2.0/024", "refused"},
      {"192.0.2.0/24/24", "refused"},
      {"192.0.2.0/4294967320", "refused"},
      {"/24", "refused"},
      {"", "refused"},
  };
  for (const auto& row : rows) {
    std::optional<IpPrefix> prefix = IpPrefix::Parse(row.text);
    EXPECT_EQ(prefix ? prefix->ToString() : "refused", row.want) << row.text;
  }
}

TEST(IpPrefix, ContainsItsAddressesAndNoOthers) {
  const IpPrefix v4 = *IpPrefix::Parse("192.0.2.128/25"), v6 = *IpPrefix::Parse("2001:db8::/33");
  EXPECT_TRUE(v4.Contains(Ip("192.0.2.128")));
  EXPECT_TRUE(v4.Contains(Ip("192.0.2.255")));
  EXPECT_FALSE(v4.Contains(Ip("192.0.2.127")));
  EXPECT_FALSE(v4.Contains(Ip("192.0.3.0")));
  EXPECT_TRUE(v6.Contains(Ip("2001:db8:7fff::1")));
  EXPECT_FALSE(v6.Contains(Ip("2001:db8:8000::")));
  EXPECT_FALSE(IpPrefix::Parse("0.0.0.0/0")->Contains(Ip("::")));
  EXPECT_FALSE(IpPrefix::Parse("::/0")->Contains(Ip("0.0.0.0")));
}

TEST(IpPrefix, AnyOfSeveralContainsAnAddress) {
  const std::vector<IpPrefix> some = {*IpPrefix::Parse("192.0.2.0/25"),
                                      *IpPrefix::Parse("2001:db8::/33")};
  EXPECT_TRUE(AnyContains(some, Ip("192.0.2.1")));
  EXPECT_TRUE(AnyContains(some, Ip("2001:db8::1")));
  EXPECT_FALSE(AnyContains(some, Ip("192.0.2.128")));
  EXPECT_FALSE(AnyContains({}, Ip("192.0.2.1")));
}

TEST(Endpoint, IsReadOrRefused) {
  struct {
    const char *text, *want;
  } rows[] = {
      {"127.0.0.1:5300", "127.0.0.1:5300"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"[::1]:65535", "[::1]:65535"},
      {"*:53", "[::]:53"},
      {"127.0.0.1", "refused"},
      {"127.0.0.1:", "refused"},
      {"127.0.0.1:65536", "refused"},
      {"127.0.0.1:99999999999", "refused"},
      {"127.0.0.1:053", "refused"},
      {"127.0.0.1:-1", "refused"},
      {"127.0.0.1:5x", "refused"},
      {"::1:53", "refused"},
      {"[127.0.0.1]:53", "refused"},
      {"[::1]53", "refused"},
      {"[]:53", "refused"},
      {":53", "refused"},
      {"localhost:53", "refused"},
      {"", "refused"},
  };
  for (const auto& row : rows) {
    std::optional<Endpoint> endpoint = Endpoint::Parse(row.text);
    EXPECT_EQ(endpoint ? endpoint->ToString() : "refused", row.want) << row.text;
  }
}

}  // namespace
}  // namespace spillway
