#include "http/redirect/pathways.h"

#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/decide/decide.h"
#include "steering/model/facts.h"
#include "steering/model/ids.h"
#include "steering/model/policy.h"
#include "steering/plan/plan.h"
#include "tests/unit/http/redirect/plan_for_test.h"

namespace spillway::http {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr ServiceId kFight{0};

std::vector<std::string> PathwaysOf(const Plan& plan, const char* address,
                                    ServiceId service = kFight) {
  const ClientFacts client = LocateClient(plan, *IpAddress::Parse(address));
  const Decision decision = Decide(plan, service, client);
  Pathways pathways;
  OrderPathways(plan, service, client, decision, &pathways);
  std::vector<std::string> names;
  for (absl::string_view name : pathways.list()) names.emplace_back(name);
  EXPECT_EQ(names.at(0), plan.policy().target(decision.target).name);
  return names;
}

TEST(Pathways, BeginWithTheDecidedTargetThenByCost) {
  auto plan = PlanForTest(PolicyForTest(), 1);
  EXPECT_THAT(PathwaysOf(*plan, "192.0.2.1"), ElementsAre("fra1", "nyc1", "cdn.a"));
  EXPECT_THAT(PathwaysOf(*plan, "198.51.100.1"), ElementsAre("nyc1", "fra1", "cdn.a"));
}

TEST(Pathways, EndWithWhatIsDownOrDrained) {
  auto plan = PlanForTest(PolicyForTest(), 1, [](Facts* facts) {
    facts->targets[0].probed = Health::kDown;
    facts->targets[1].drain = Drain{.who = "ops", .why = "test"};
  });
  EXPECT_THAT(PathwaysOf(*plan, "192.0.2.1"), ElementsAre("cdn.a", "fra1", "nyc1"));
}

TEST(Pathways, AreTwoWheneverTwoCandidatesMayServeEvenWhenAllAreDown) {
  auto plan = PlanForTest(PolicyForTest(), 1, [](Facts* facts) {
    for (TargetFacts& target : facts->targets) target.probed = Health::kDown;
  });
  for (int i = 0; i < 256; ++i) {
    EXPECT_THAT(PathwaysOf(*plan, ("10.0." + std::to_string(i) + ".1").c_str()),
                UnorderedElementsAre("fra1", "nyc1", "cdn.a"));
  }
  EXPECT_EQ(PathwaysOf(*plan, "192.0.2.1", ServiceId(1)).size(), 2u);
}

TEST(Pathways, NeverNameATargetTheGroupIsFencedFrom) {
  auto plan = PlanForTest(PolicyForTest(), 1);
  EXPECT_THAT(PathwaysOf(*plan, "203.0.113.1"), ElementsAre("fra1"));
}

TEST(Pathways, PutTheLargerShareBeforeTheLowerCost) {
  auto plan = PlanForTest(PolicyForTest(), 1);
  Plan changed = *plan;  // Frankfurt's own clients: 0 % fra1, 40 % nyc1, 60 % cdn.a
  const size_t row = plan->frame->candidates->RowIndex(
      kFight, LocateClient(*plan, *IpAddress::Parse("192.0.2.1")).group);
  SlotPlan* slots = &changed.slots[plan->frame->candidates->RowBegin(row)];
  slots[0].quota = 0;
  slots[1].quota = 102;
  slots[2].quota = 154;
  EXPECT_THAT(PathwaysOf(changed, "192.0.2.1"), ElementsAre("fra1", "cdn.a", "nyc1"));
}

}  // namespace
}  // namespace spillway::http
