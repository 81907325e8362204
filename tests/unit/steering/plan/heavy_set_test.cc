// tests/unit/steering/plan/heavy_set_test.cc -- who is in is found, who is not is not.
#include "steering/plan/heavy_set.h"

#include "gtest/gtest.h"

namespace spillway {
namespace {

IpAddress Address(uint32_t i) { return IpAddress::V4(0xc6120000u + i); }

TEST(HeavySet, HoldsExactlyItsMembers) {
  std::vector<uint64_t> members;
  for (uint32_t i = 0; i < HeavySet::kSizeMax; ++i) members.push_back(ResolverHash(Address(i)));
  const HeavySet set(members);
  EXPECT_EQ(set.size(), HeavySet::kSizeMax);
  for (uint32_t i = 0; i < HeavySet::kSizeMax; ++i)
    EXPECT_TRUE(set.Contains(ResolverHash(Address(i))));
  for (uint32_t i = HeavySet::kSizeMax; i < 100'000; ++i)
    EXPECT_FALSE(set.Contains(ResolverHash(Address(i))));
}

TEST(HeavySet, KeepsTheMostImportantWhenThereAreTooMany) {
  std::vector<uint64_t> members;
  for (uint32_t i = 0; i < 2 * HeavySet::kSizeMax; ++i) members.push_back(ResolverHash(Address(i)));
  const HeavySet set(members);
  EXPECT_EQ(set.size(), HeavySet::kSizeMax);
  EXPECT_TRUE(set.Contains(members[0]));
  EXPECT_TRUE(set.Contains(members[HeavySet::kSizeMax - 1]));
  EXPECT_FALSE(set.Contains(members[HeavySet::kSizeMax]));
}

TEST(HeavySet, EmptyHoldsNobodyAndTwiceIsOnce) {
  EXPECT_FALSE(HeavySet().Contains(ResolverHash(Address(1))));
  const uint64_t one = ResolverHash(Address(1));
  EXPECT_EQ(HeavySet({one, one}).size(), 1u);
}

TEST(ResolverHash, IsOneForTheHostsOfAnIpv6Link) {
  auto hash = [](absl::string_view text) { return ResolverHash(*IpAddress::Parse(text)); };
  EXPECT_EQ(hash("2001:db8::1"), hash("2001:db8::ffff:2"));
  EXPECT_NE(hash("2001:db8::1"), hash("2001:db8:0:1::1"));
  EXPECT_NE(hash("192.0.2.1"), hash("192.0.2.2"));
}

}  // namespace
}  // namespace spillway
