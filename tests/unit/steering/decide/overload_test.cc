// tests/unit/steering/decide/overload_test.cc -- draws are fair, hold for 10 s, and end in time.
#include "steering/decide/overload.h"

#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/ip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/decide/explain.h"
#include "steering/model/policy.h"
#include "tests/support/plan_once.h"
#include "tests/support/policy_fixture.h"

namespace spillway {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr ServiceId kService{0};
const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

uint64_t Client(uint32_t i) { return DrawKey(kService, IpAddress::V4(0x0a000000 + i)); }
PlanRow Row(uint16_t admit, uint16_t retry_admit = 1000, uint16_t retry_after_s = 0) {
  return {
      .admit_permille = admit, .retry_admit_permille = retry_admit, .retry_after_s = retry_after_s};
}
bool Admitted(uint16_t admit, uint64_t client, absl::Time at) {
  return AdmitJoin(Row(admit), at, client, false).admitted;
}

TEST(Admission, LetsEverybodyInUnlessTheRowSaysOtherwise) {
  for (uint32_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(AdmitJoin(PlanRow(), kStart, Client(i), false).admitted);
    EXPECT_TRUE(AdmitJoin(PlanRow(), kStart, Client(i), true).admitted);
    EXPECT_FALSE(Admitted(0, Client(i), kStart));
  }
}

TEST(Admission, LetsInTheShareOfTheRow) {
  for (uint16_t permille : {1, 50, 300, 500, 999}) {
    int in = 0;
    for (uint32_t i = 0; i < 100'000; ++i) in += Admitted(permille, Client(i), kStart);
    // 4 sigma of a binomial of 100,000.
    EXPECT_NEAR(in, permille * 100, 4 * 160) << permille;
  }
}

TEST(Admission, DrawsRetriesAgainstTheirOwnShare) {
  for (uint32_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(AdmitJoin(Row(0, 1000), kStart, Client(i), true).admitted);
    EXPECT_FALSE(AdmitJoin(Row(1000, 0), kStart, Client(i), true).admitted);
  }
}

TEST(Admission, MeansMoreClientsWhenTheShareGrowsAndNeverOthers) {
  for (uint32_t i = 0; i < 10'000; ++i) {
    EXPECT_LE(Admitted(200, Client(i), kStart), Admitted(400, Client(i), kStart));
  }
}

TEST(Admission, GivesWhoAsksWithoutPauseOneDrawInTenSeconds) {
  int in = 0;
  for (uint32_t i = 0; i < 10'000; ++i) {
    bool any = false;
    // 9 s touch one period or two.
    for (int s = 0; s < 10; ++s) any |= Admitted(100, Client(i), kStart + absl::Seconds(s));
    in += any;
  }
  EXPECT_NEAR(in, 10'000 * (0.1 * 0.1 + 0.9 * (1 - 0.9 * 0.9)), 200);
}

TEST(Admission, SpreadsThoseWhoAskWithoutPauseOverTheSeconds) {
  std::vector<bool> inside(20'000);
  for (uint32_t i = 0; i < inside.size(); ++i) inside[i] = Admitted(100, Client(i), kStart);
  std::array<int, 10> came{};
  for (int s = 1; s <= 10; ++s) {
    for (uint32_t i = 0; i < inside.size(); ++i) {
      if (inside[i] || !Admitted(100, Client(i), kStart + absl::Seconds(s))) continue;
      inside[i] = true;
      ++came[static_cast<size_t>(s - 1)];
    }
  }
  // A tenth of the 18,000 outside are drawn anew each second, a tenth of these win.
  for (int count : came) EXPECT_NEAR(count, 180, 60);
}

TEST(Admission, GivesWhoObeysRetryAfterAnotherDrawEachTime) {
  // Fair draws at 20 % take 5 tries in the mean; a repeated draw would take more, or never end.
  for (uint16_t retry_after_s : {0, 1, 5, 30}) {
    const PlanRow row = Row(200, 1000, retry_after_s);
    int tries = 0;
    constexpr int kClients = 5'000;
    for (uint32_t i = 0; i < kClients; ++i) {
      absl::Time at = kStart;
      for (int k = 0; k < 200; ++k, ++tries) {
        const Admission admission = AdmitJoin(row, at, Client(i), false);
        if (admission.admitted) break;
        ASSERT_GE(admission.retry_after_s, 1u);
        at += absl::Seconds(admission.retry_after_s);
      }
    }
    EXPECT_NEAR(tries / double{kClients} + 1, 5, 0.35) << retry_after_s;
  }
}

TEST(Admission, JittersRetryAfterByAFifth) {
  uint32_t least = 1'000'000, most = 0;
  double sum = 0;
  constexpr uint32_t kClients = 10'000;
  for (uint32_t i = 0; i < kClients; ++i) {
    const uint32_t s = AdmitJoin(Row(0, 0, 100), kStart, Client(i), false).retry_after_s;
    least = std::min(least, s);
    most = std::max(most, s);
    sum += s;
  }
  EXPECT_EQ(least, 80u);
  EXPECT_EQ(most, 120u);
  EXPECT_NEAR(sum / kClients, 100, 1);
}

TEST(DrawKey, IsOneForAnIpv6SiteAndApartForServicesAndFamilies) {
  auto key = [](const char* text, ServiceId service = kService) {
    return DrawKey(service, *IpAddress::Parse(text));
  };
  EXPECT_EQ(key("2001:db8::1"), key("2001:db8::ffff:2"));
  EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.1", ServiceId(1)));
  EXPECT_NE(key("192.0.2.1"), key("c000:201::"));
}

TEST(LadderCap, IsThePartOfTheBitrateThatTheRowSays) {
  const Service service{.bitrate_mbps = 5, .ladder = {1, 0.75, 0.55}};
  auto cap = [&service](uint8_t step) { return LadderCapKbps(service, {.ladder_step = step}); };
  EXPECT_EQ(cap(0), 0u);
  EXPECT_EQ(cap(1), 3750u);
  EXPECT_EQ(cap(2), 2750u);
  EXPECT_EQ(cap(9), 2750u);  // of a longer ladder, before a reload
  EXPECT_EQ(LadderCapKbps({.bitrate_mbps = 0.001, .ladder = {1, 0.1}}, {.ladder_step = 1}), 1u);
}

TEST(HeldBack, IsSaidToAPerson) {
  Service service{.bitrate_mbps = 5, .waiting_room = true};
  EXPECT_EQ(HeldBackText(service, PlanRow()), "");
  PlanRow row = Row(300, 900);
  row.ladder_step = 3;
  EXPECT_EQ(HeldBackText(service, row),
            "players are told to stay under 2 Mbps; HTTP lets in 30.0% of new joins; HTTP lets in "
            "90.0% of retries");
  service.waiting_room = false;
  EXPECT_EQ(HeldBackText(service, row), "players are told to stay under 2 Mbps");
}

TEST(HeldBack, EndsTheRuleOfExplain) {
  std::shared_ptr<const Frame> frame = SmallFrame();
  Plan plan = *PlanOnce(frame, QuietFacts(*frame));
  const IpAddress client = *IpAddress::Parse("10.1.2.3");
  EXPECT_THAT(Explain(plan, kService, client, 128).rule, Not(HasSubstr("told to stay")));
  for (PlanRow& row : plan.rows) row.ladder_step = 1;
  EXPECT_THAT(Explain(plan, kService, client, 128).rule,
              EndsWith("; players are told to stay under 3.75 Mbps"));
}

}  // namespace
}  // namespace spillway
