// What a change of policy is said to do, over the small evening of tests/golden/rehearsal.
#include "sim/report/policy_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/report/policy_changes.h"
#include "sim/report/steady.h"
#include "sim/scenario/stage.h"

namespace spillway::sim {
namespace {

std::shared_ptr<const Stage> With(const std::string& policy) {
  const std::string here = SPILLWAY_SOURCE_DIR "/tests/golden/rehearsal/";
  auto stage = LoadStage(here + "fight.yaml", {.policy = here + policy});
  EXPECT_TRUE(stage.ok()) << stage.status();
  return *stage;
}

const PolicyDiff::TargetLoad& LoadOf(const PolicyDiff& diff, const std::string& name) {
  return *std::find_if(diff.targets.begin(), diff.targets.end(),
                       [&](const auto& load) { return load.name == name; });
}

TEST(Settle, PlacesAllDemandBelowTheWatermarkAndStandsStill) {
  const auto stage = With("policy");
  const Steady steady = Settle(stage, PeakSecond(*stage));
  EXPECT_TRUE(steady.stands_still);
  double demand = 0, placed = 0;
  for (const double mbps : steady.demand_mbps) demand += mbps;
  for (size_t t = 0; t < steady.load_mbps.size(); ++t) {
    placed += steady.load_mbps[t];
    EXPECT_LT(steady.load_mbps[t] / stage->terrain.capacity_mbps[t], 0.87) << t;
  }
  EXPECT_NEAR(placed, demand, 1e-6 * demand);
  EXPECT_EQ(steady.refused, 0);
}

TEST(PolicyDiff, TheSamePolicyMovesNobody) {
  const auto stage = With("policy");
  const PolicyDiff diff = ComparePlans(Settle(stage, 900), Settle(stage, 900), 900);
  EXPECT_EQ(diff.moved, 0);
  EXPECT_TRUE(diff.moves.empty());
  EXPECT_GT(diff.viewers, 800'000);
}

TEST(PolicyDiff, EveryoneAtARemovedTargetMovesAndTheSumsAgree) {
  const auto before = With("policy"), after = With("policy-new");
  const PolicyDiff diff = ComparePlans(Settle(before, 900), Settle(after, 900), 900);
  EXPECT_EQ(LoadOf(diff, "gru1").after, -1);
  double moved = 0, left_gru = 0;
  for (const PolicyDiff::Move& move : diff.moves) {
    moved += move.viewers;
    EXPECT_NE(move.to, "gru1");
    EXPECT_LE(move.share, 1 + 1e-9);
    if (move.from == "gru1") left_gru += move.viewers;
  }
  EXPECT_NEAR(moved, diff.moved * diff.viewers, 1);
  // 5 Mbps each.
  EXPECT_NEAR(left_gru * 5, LoadOf(diff, "gru1").before * 450'000, 1'000);
}

TEST(PolicyDiff, AFenceHoldsAfterwards) {
  const auto before = With("policy"), after = With("policy-new");
  const PolicyDiff diff = ComparePlans(Settle(before, 900), Settle(after, 900), 900);
  for (const PolicyDiff::Move& move : diff.moves) {
    if (move.clients.rfind("DE", 0) == 0) {
      EXPECT_THAT(move.to, testing::AnyOf("fra1", "lon1", "cdn-world"));
    }
  }
}

TEST(PolicyChanges, TellOfWhoMayCopyZonesAndWhoIsNotified) {
  const Policy before = *With("policy")->terrain.frame->policy;
  Policy after = before;
  after.transfers.allow = {*IpPrefix::Parse("192.0.2.0/24")};
  after.transfers.notify = {{.to = *Endpoint::Parse("192.0.2.5:53"), .key = {.name = "copy."}}};
  const std::vector<PolicyChange> changes = ComparePolicies(before, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].object, "dns");
  EXPECT_THAT(changes[0].details,
              testing::ElementsAre("transfers to: none -> 192.0.2.0/24",
                                   "notify: none -> 192.0.2.5:53 with key copy."));
}

TEST(PolicyChanges, NameWhatWasAddedRemovedAndChanged) {
  const std::vector<PolicyChange> changes = ComparePolicies(
      *With("policy")->terrain.frame->policy, *With("policy-new")->terrain.frame->policy);
  auto find = [&](const std::string& object) {
    return std::find_if(changes.begin(), changes.end(),
                        [&](const PolicyChange& change) { return change.object == object; });
  };
  ASSERT_NE(find("target gru1"), changes.end());
  EXPECT_EQ(find("target gru1")->kind, PolicyChange::Kind::kRemoved);
  ASSERT_NE(find("target lon1"), changes.end());
  EXPECT_THAT(find("target lon1")->details,
              testing::ElementsAre("capacity egress: 600 Gbps -> 300 Gbps"));
  ASSERT_NE(find("fence of fight for dach"), changes.end());
  EXPECT_EQ(find("fence of fight for dach")->kind, PolicyChange::Kind::kAdded);
  EXPECT_EQ(find("target nyc1"), changes.end());
}

}  // namespace
}  // namespace spillway::sim
