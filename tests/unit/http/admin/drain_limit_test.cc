// tests/unit/http/admin/drain_limit_test.cc -- how much may be out at once.
#include "http/admin/drain_limit.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/policy_fixture.h"

namespace spillway::http {
namespace {

using testing::HasSubstr;

class DrainLimit : public testing::Test {
 protected:
  DrainLimit() { facts_.targets.resize(policy_.targets.size()); }
  absl::Status Check(size_t target) { return CheckDrainLimit(policy_, facts_, TargetId(target)); }
  void State(double fra1, double ams1, double nyc1) {
    const double mbps[] = {fra1, ams1, nyc1};
    for (size_t i = 0; i < 3; ++i) policy_.targets[i].capacity.Set(Resource::kEgress, mbps[i]);
  }

  Policy policy_ = SmallPolicy();  // three of 1000 Mbps, at most 30 % drained
  Facts facts_;
};

TEST_F(DrainLimit, IsMeasuredInCapacityAndTheLimitItselfIsAllowed) {
  EXPECT_FALSE(Check(0).ok());  // a third
  State(300, 300, 400);
  EXPECT_TRUE(Check(0).ok());  // 30 % exactly
  EXPECT_FALSE(Check(2).ok());
}

TEST_F(DrainLimit, CountsWhatIsDrainedAlready) {
  State(100, 250, 650);
  facts_.targets[0].drain = Drain{.who = "ana", .why = "kernel"};
  EXPECT_TRUE(Check(0).ok());  // itself again: counted once
  const absl::Status status = Check(1);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("want at most 30.0%"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("got 35.0% with ams1"));
}

TEST_F(DrainLimit, BelievesAReportedCapacityOverAStatedOne) {
  facts_.targets[0].capacity.Set(Resource::kEgress, 200);
  EXPECT_TRUE(Check(0).ok());  // 200 of 2200
}

TEST_F(DrainLimit, CountsTargetsWhenNoneStatesACapacity) {
  for (Target& target : policy_.targets) target.capacity = {};
  EXPECT_FALSE(Check(0).ok());
  policy_.guards.max_drained_capacity = 0.5;
  EXPECT_TRUE(Check(0).ok());
  State(0, 0, 0);
  EXPECT_TRUE(Check(0).ok());
}

}  // namespace
}  // namespace spillway::http
