#include "steering/geo/label_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/ip.h"
#include "steering/model/ids.h"

namespace spillway::geo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LabelledPrefix Labelled(const char* prefix, int label) {
  return {*IpPrefix::Parse(prefix), LabelId(label)};
}

template <typename Key>
uint32_t At(const Runs<Key>& runs, Key a) {
  uint32_t value = 0;
  for (const Run<Key>& run : runs) {
    if (run.start <= a) value = run.value;
  }
  return value;
}

std::vector<LabelId> LabelsAt(const std::vector<LabelledPrefix>& prefixes, const char* address) {
  LabelSets sets;
  IpAddress a = *IpAddress::Parse(address);
  uint32_t set = a.is_v4() ? At(LabelRuns4(prefixes, sets), KeyOf<uint32_t>(a))
                           : At(LabelRuns6(prefixes, sets), KeyOf<absl::uint128>(a));
  return sets.labels(set);
}

TEST(LabelSets, SameLabelsInAnyOrderAreOneSet) {
  LabelSets sets;
  EXPECT_EQ(sets.Intern({LabelId(2), LabelId(1), LabelId(2)}),
            sets.Intern({LabelId(1), LabelId(2)}));
  EXPECT_EQ(sets.Intern({}), LabelSets::kNone);
}

TEST(LabelSets, UnionIsCommutativeAndKeepsEmpty) {
  LabelSets sets;
  uint32_t a = sets.Intern({LabelId(1)}), b = sets.Intern({LabelId(0), LabelId(3)});
  EXPECT_EQ(sets.Union(a, b), sets.Union(b, a));
  EXPECT_THAT(sets.labels(sets.Union(a, b)), ElementsAre(LabelId(0), LabelId(1), LabelId(3)));
  EXPECT_EQ(sets.Union(a, LabelSets::kNone), a);
  EXPECT_EQ(sets.Union(LabelSets::kNone, a), a);
}

TEST(LabelRuns, NestedPrefixesAddUp) {
  std::vector<LabelledPrefix> p = {Labelled("10.0.0.0/8", 0), Labelled("10.1.0.0/16", 1),
                                   Labelled("10.1.2.0/24", 0)};
  EXPECT_THAT(LabelsAt(p, "9.255.255.255"), IsEmpty());
  EXPECT_THAT(LabelsAt(p, "10.0.0.0"), ElementsAre(LabelId(0)));
  EXPECT_THAT(LabelsAt(p, "10.1.2.3"), ElementsAre(LabelId(0), LabelId(1)));
  EXPECT_THAT(LabelsAt(p, "10.1.255.255"), ElementsAre(LabelId(0), LabelId(1)));
  EXPECT_THAT(LabelsAt(p, "10.2.0.0"), ElementsAre(LabelId(0)));
  EXPECT_THAT(LabelsAt(p, "11.0.0.0"), IsEmpty());
}

TEST(LabelRuns, TheEndsOfTheSpaceAreInside) {
  std::vector<LabelledPrefix> p = {Labelled("0.0.0.0/0", 0), Labelled("255.255.255.255", 1),
                                   Labelled("0.0.0.0", 2)};
  EXPECT_THAT(LabelsAt(p, "0.0.0.0"), ElementsAre(LabelId(0), LabelId(2)));
  EXPECT_THAT(LabelsAt(p, "0.0.0.1"), ElementsAre(LabelId(0)));
  EXPECT_THAT(LabelsAt(p, "255.255.255.254"), ElementsAre(LabelId(0)));
  EXPECT_THAT(LabelsAt(p, "255.255.255.255"), ElementsAre(LabelId(0), LabelId(1)));
}

TEST(LabelRuns, ASinglePrefixMayHaveSeveralLabels) {
  std::vector<LabelledPrefix> p = {Labelled("2001:db8::/32", 3), Labelled("2001:db8::/32", 1)};
  EXPECT_THAT(LabelsAt(p, "2001:db8:ffff::1"), ElementsAre(LabelId(1), LabelId(3)));
  EXPECT_THAT(LabelsAt(p, "2001:db9::"), IsEmpty());
}

TEST(LabelRuns, MappedPrefixesBelongToIpv4) {
  std::vector<LabelledPrefix> p = {Labelled("::ffff:192.0.2.0/120", 0)};
  EXPECT_THAT(LabelsAt(p, "192.0.2.9"), ElementsAre(LabelId(0)));
  EXPECT_THAT(LabelsAt(p, "192.0.3.0"), IsEmpty());
  EXPECT_THAT(LabelsAt(p, "::ffff:192.0.2.9"), IsEmpty());  // the group map looks in IPv4
}

TEST(LabelRuns, MembershipIsContainmentForRandomPrefixes) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<LabelledPrefix> prefixes;
    for (int i = 0; i < 12; ++i) {
      int bits = static_cast<int>(random() % 33);
      // Few distinct bits, so that prefixes nest and touch.
      IpAddress a =
          IpAddress::V4(static_cast<uint32_t>(random() & random() & random())).Masked(bits);
      prefixes.push_back({{a, bits}, LabelId(i % 5)});
    }
    LabelSets sets;
    Runs<uint32_t> runs = LabelRuns4(prefixes, sets);
    for (int i = 0; i < 300; ++i) {
      const IpPrefix& near = prefixes[random() % prefixes.size()].prefix;
      uint32_t key = KeyOf<uint32_t>(near.address) + static_cast<uint32_t>(random() % 3) - 1;
      if (i % 3 == 0) key += LastKey<uint32_t>(0, near.bits);
      std::vector<LabelId> want;
      for (const LabelledPrefix& p : prefixes) {
        if (p.prefix.Contains(IpAddress::V4(key))) want.push_back(p.label);
      }
      ASSERT_EQ(At(runs, key), sets.Intern(want)) << IpAddress::V4(key).ToString();
    }
  }
}

}  // namespace
}  // namespace spillway::geo
