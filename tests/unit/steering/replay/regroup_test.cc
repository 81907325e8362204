// tests/unit/steering/replay/regroup_test.cc -- recorded groups as another policy tells them apart.
#include "steering/replay/regroup.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway::replay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Policy WithGroups(std::vector<NamedGroup> groups) {
  Policy policy;
  policy.groups = std::move(groups);
  return policy;
}

std::vector<std::string> Names(const Regrouped& regrouped) {
  std::vector<std::string> names;
  for (const Group& group : regrouped.groups) names.push_back(group.name);
  return names;
}

const NamedGroup kIsp{.name = "isp", .asns = {3320}};
const NamedGroup kDach{.name = "dach", .countries = {"DE", "AT"}};
const std::vector<Group> kRecorded = {
    {.name = "AT+dach", .country = "AT", .labels = {LabelId(1)}},
    {.name = "DE+dach", .country = "DE", .labels = {LabelId(1)}},
    {.name = "DE+dach+isp", .country = "DE", .labels = {LabelId(0), LabelId(1)}},
    {.name = "US-NY", .country = "US"}};
const Policy kBefore = WithGroups({kIsp, kDach});

TEST(Regroup, TheSameNamedGroupsLeaveEverythingAsItWas) {
  const Regrouped same = Regroup(kRecorded, kBefore, WithGroups({kIsp, kDach}));
  EXPECT_THAT(Names(same), ElementsAre("AT+dach", "DE+dach", "DE+dach+isp", "US-NY"));
  EXPECT_THAT(same.of, ElementsAre(0, 1, 2, 3));
}

TEST(Regroup, GroupsThatAreNoLongerToldApartBecomeOne) {
  const Regrouped fewer = Regroup(kRecorded, kBefore, WithGroups({kDach}));
  EXPECT_THAT(Names(fewer), ElementsAre("AT+dach", "DE+dach", "US-NY"));
  EXPECT_THAT(fewer.of, ElementsAre(0, 1, 1, 2));
  EXPECT_THAT(fewer.groups[1].labels, ElementsAre(LabelId(0)));
  EXPECT_TRUE(fewer.warnings.empty());
}

TEST(Regroup, CountriesAreFoundAgainAndNetworksAreNot) {
  const Regrouped other =
      Regroup(kRecorded, kBefore,
              WithGroups({{.name = "usa", .countries = {"US"}, .location = GeoPoint{40, -100}},
                          {.name = "isp", .asns = {3320, 3209}}}));
  EXPECT_THAT(Names(other), ElementsAre("AT", "DE", "US-NY+usa"));
  EXPECT_EQ(other.groups[2].location, (GeoPoint{40, -100}));
  EXPECT_THAT(other.of, ElementsAre(0, 1, 1, 2));
  EXPECT_THAT(other.warnings, ElementsAre(HasSubstr("groups.isp: its AS numbers")));
}

}  // namespace
}  // namespace spillway::replay
