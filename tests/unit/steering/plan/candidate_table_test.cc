// tests/unit/steering/plan/candidate_table_test.cc -- cheapest first, fences kept, dead ends
// refused.
#include "steering/plan/candidate_table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

using testing::HasSubstr;

// Frankfurt, New York, Tokyo.
Policy ThreeCities() {
  Policy policy;
  policy.targets = {Target{.name = "fra1", .location = GeoPoint{50.1, 8.7}},
                    Target{.name = "nyc1", .location = GeoPoint{40.7, -74.0}, .cost = 2},
                    Target{.name = "tyo1", .location = GeoPoint{35.7, 139.7}}};
  policy.groups = {NamedGroup{.name = "eu-only"}, NamedGroup{.name = "no-fra"}};
  Service service{.name = "live"};
  service.candidates = {{TargetId(0)}, {TargetId(1)}, {TargetId(2)}};
  service.fences = {Fence{LabelId(0), {TargetId(0)}}};
  policy.services = {service};
  return policy;
}

std::vector<Group> Groups() {
  return {Group{.name = "DE", .country = "DE", .location = GeoPoint{52.5, 13.4}},
          Group{.name = "JP", .country = "JP", .location = GeoPoint{35.7, 139.7}},
          Group{.name = "DE+eu-only",
                .country = "DE",
                .labels = {LabelId(0)},
                .location = GeoPoint{52.5, 13.4}},
          Group{.name = "??"}};
}

TEST(CandidateTable, OrdersByCostFromWhereTheClientsAre) {
  Policy policy = ThreeCities();
  auto table = *CandidateTable::Build(policy, Groups());
  auto germany = table->Row(table->RowIndex(ServiceId(0), GroupId(0)));
  EXPECT_EQ(germany[0].target, TargetId(0));
  EXPECT_NEAR(germany[0].rtt_ms, 11.3, 1.0);  // 420 km
  auto japan = table->Row(table->RowIndex(ServiceId(0), GroupId(1)));
  EXPECT_EQ(japan[0].target, TargetId(2));
  EXPECT_NEAR(japan[0].rtt_ms, kRttBaseMs, 0.1);
}

TEST(CandidateTable, PriceAndPenaltyAddToDistance) {
  Policy policy = ThreeCities();
  policy.services[0].price_ms = 10;
  policy.services[0].candidates[0].penalty_ms = 500;
  auto table = *CandidateTable::Build(policy, Groups());
  auto germany = table->Row(table->RowIndex(ServiceId(0), GroupId(0)));
  EXPECT_EQ(germany[0].target, TargetId(1));
  EXPECT_FLOAT_EQ(germany[0].price_ms, 20);
  EXPECT_EQ(germany[2].target, TargetId(0));
}

TEST(CandidateTable, FencedOutTargetsStandLast) {
  Policy policy = ThreeCities();
  auto table = *CandidateTable::Build(policy, Groups());
  auto row = table->Row(table->RowIndex(ServiceId(0), GroupId(2)));
  EXPECT_FALSE(row[0].fenced);
  EXPECT_EQ(row[0].target, TargetId(0));
  EXPECT_TRUE(row[1].fenced);
  EXPECT_TRUE(row[2].fenced);
}

TEST(CandidateTable, UnknownPlacesCostTheSameEverywhere) {
  Policy policy = ThreeCities();
  auto table = *CandidateTable::Build(policy, Groups());
  auto row = table->Row(table->RowIndex(ServiceId(0), GroupId(3)));
  for (const Slot& slot : row) EXPECT_FLOAT_EQ(slot.rtt_ms, kRttUnknownMs);
}

TEST(CandidateTable, RefusesFencesThatExcludeEachOther) {
  Policy policy = ThreeCities();
  policy.services[0].fences.push_back(Fence{LabelId(1), {TargetId(2)}});
  std::vector<Group> groups = {
      Group{.name = "DE+eu-only+no-fra", .labels = {LabelId(0), LabelId(1)}}};
  absl::Status status = CandidateTable::Build(policy, groups).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("eu-only and no-fra exclude each other"));
}

TEST(CandidateTable, OfMoreCandidatesThanARowHoldsTheNearestAndSomeFarOnesAreKept) {
  Policy policy = ThreeCities();
  policy.targets.resize(2 * kRowSlotsMax);
  policy.services[0].fences.clear();
  policy.services[0].candidates.clear();
  for (size_t i = 0; i < policy.targets.size(); ++i) {
    policy.targets[i].location = GeoPoint{0, static_cast<double>(i) / 10};
    policy.services[0].candidates.push_back({TargetId(i)});
  }
  const std::vector<Group> groups = {Group{.name = "east", .location = GeoPoint{0, 0}}};
  auto table = CandidateTable::Build(policy, groups);
  ASSERT_TRUE(table.ok()) << table.status();
  absl::Span<const Slot> row = (*table)->Row(0);
  ASSERT_EQ(row.size(), kRowSlotsMax);
  for (size_t i = 0; i < kRowSlotsMax - kRowSlotsMax / 4; ++i) EXPECT_EQ(row[i].target, TargetId(i));
  EXPECT_GT(row.back().target, TargetId(2 * kRowSlotsMax - 10));
  for (size_t i = 1; i < row.size(); ++i) EXPECT_LT(row[i - 1].cost_ms, row[i].cost_ms);
}

}  // namespace
}  // namespace spillway
