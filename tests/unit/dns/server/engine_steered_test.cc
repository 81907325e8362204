// tests/unit/dns/server/engine_steered_test.cc -- answers from the plan, their scope and their
// counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/steering_testing.h"

namespace spillway::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kLab[] = "198.51.100.0/24";
constexpr char kElsewhere[] = "203.0.113.0/24";

// TTLs are jittered; tests look at names, types and data.
std::vector<std::string> WithoutTtl(const std::vector<std::string>& records) {
  std::vector<std::string> out;
  for (const std::string& record : records) {
    std::vector<std::string> words = absl::StrSplit(record, ' ');
    words.erase(words.begin() + 1);
    out.push_back(absl::StrJoin(words, " "));
  }
  return out;
}

class EngineSteeredTest : public ::testing::Test {
 protected:
  Reply Ask(absl::string_view name, RrType type = RrType::kA, absl::string_view subnet = "",
            absl::string_view peer = "203.0.113.1") {
    EngineView view{.zones = &zones_, .plan = plan_.get()};
    Octets query =
        Question{
            .name = std::string(name), .type = type, .edns = true, .subnet = std::string(subnet)}
            .Encode();
    Octets out(kTcpSizeMax);
    out.resize(
        engine_.Answer(view, query, *IpAddress::Parse(peer), Transport::kUdp, absl::MakeSpan(out)));
    return ReadReply(out);
  }
  uint64_t Granted() const {
    uint64_t sum = 0;
    for (uint32_t slot = 0; slot < plan_->frame->candidates->slot_count(); ++slot) {
      sum += plan_->frame->grants->Sum(Front::kDns, slot);
    }
    return sum;
  }

  std::shared_ptr<Policy> policy_ = MakePolicy();
  std::shared_ptr<const Plan> plan_ = MakePlan(policy_);
  ZoneSet zones_ = MakeSteeredZones();
  DnsCounters counters_;
  Engine engine_{EngineOptions{.books = {.worker = 1}}, &counters_};
};

TEST_F(EngineSteeredTest, AnswersTheTargetsAddresses) {
  Reply v4 = Ask("live.example");
  EXPECT_EQ(v4.rcode, 0);
  EXPECT_TRUE(v4.aa);
  EXPECT_THAT(WithoutTtl(v4.answer), ElementsAre("live.example. A 192.0.2.10"));
  EXPECT_THAT(WithoutTtl(Ask("live.example", RrType::kAaaa).answer),
              ElementsAre("live.example. AAAA 2001:db8::10"));
  EXPECT_EQ(counters_.steered.Get(), 2u);
  EXPECT_EQ(Granted(), 2u);
}

// What the rate limiter drops or cuts names no target, so nobody will come for it.
TEST_F(EngineSteeredTest, AnAnswerThatIsNotSentIsNotGranted) {
  Engine limited(EngineOptions{.rate = {.per_second = 10, .slip = 2}}, &counters_);
  const Octets query = Question{.name = "live.example", .type = RrType::kA, .edns = true}.Encode();
  Octets out(kTcpSizeMax);
  uint64_t named = 0;
  for (int i = 0; i < 100; ++i) {
    out.resize(kTcpSizeMax);
    const EngineView view{.zones = &zones_, .plan = plan_.get()};
    out.resize(limited.Answer(view, query, *IpAddress::Parse("203.0.113.1"), Transport::kUdp,
                              absl::MakeSpan(out)));
    if (!out.empty()) named += ReadReply(out).answer.size();
  }
  EXPECT_GT(named, 0u);
  EXPECT_LT(named, 50u);
  EXPECT_EQ(Granted(), named);
  EXPECT_EQ(counters_.steered.Get(), named);
}

TEST_F(EngineSteeredTest, KeepsItsTtlWithinTheLadderAndItsJitter) {
  for (int i = 0; i < 50; ++i) {
    Reply reply = Ask("live.example", RrType::kA, absl::StrCat("203.0.", i, ".0/24"));
    std::vector<std::string> words = absl::StrSplit(reply.answer.at(0), ' ');
    EXPECT_GE(std::stoi(words[1]), 24);
    EXPECT_LE(std::stoi(words[1]), 36);
  }
}

TEST_F(EngineSteeredTest, TailorsByTheSubnetAndSaysHowMuchOfItCounted) {  // RFC 7871 7.2.1
  Reply lab = Ask("live.example", RrType::kA, kLab);
  EXPECT_THAT(WithoutTtl(lab.answer), ElementsAre("live.example. A 192.0.2.20"));
  EXPECT_EQ(lab.ecs_scope(), 24);
  EXPECT_EQ(Ask("live.example", RrType::kA, "198.51.100.77/32").ecs_scope(),
            24);  // not needlessly long
  // 198.51.101.0 differs from the lab's prefix in bit 24 only.
  Reply beside = Ask("live.example", RrType::kA, "198.51.101.0/24");
  EXPECT_THAT(WithoutTtl(beside.answer), ElementsAre("live.example. A 192.0.2.10"));
  EXPECT_EQ(beside.ecs_scope(), 24);
  EXPECT_EQ(Ask("live.example", RrType::kA, "16.0.0.0/8").ecs_scope(), 1);
}

TEST_F(EngineSteeredTest, AsksWhoeverAsksWhenThereIsNoSubnet) {
  Reply lab = Ask("live.example", RrType::kA, "", "198.51.100.9");
  EXPECT_THAT(WithoutTtl(lab.answer), ElementsAre("live.example. A 192.0.2.20"));
  EXPECT_EQ(lab.ecs_scope(), -1);
}

TEST_F(EngineSteeredTest, DoesNotTailorByASubnetThatDisclosesNothing) {  // RFC 7871 7.1.2
  Reply v4 = Ask("live.example", RrType::kA, "0.0.0.0/0", "198.51.100.9");
  EXPECT_THAT(WithoutTtl(v4.answer), ElementsAre("live.example. A 192.0.2.20"));
  EXPECT_EQ(v4.ecs_scope(), 0);
  EXPECT_EQ(Ask("live.example", RrType::kA, "::/0", "198.51.100.9").ecs_scope(), 0);
}

TEST_F(EngineSteeredTest, SaysNoDataWhenTheTargetLacksTheFamily) {
  Reply reply = Ask("live.example", RrType::kAaaa, kLab);
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.aa);
  EXPECT_THAT(reply.answer, IsEmpty());
  ASSERT_THAT(reply.authority, SizeIs(1));
  EXPECT_THAT(reply.authority[0], StartsWith("example. "));
  std::vector<std::string> words = absl::StrSplit(reply.authority[0], ' ');
  EXPECT_LE(std::stoi(words[1]), 36);  // no longer than an answer would have been kept
  EXPECT_EQ(reply.ecs_scope(), 0);     // RFC 7871 7.4
  EXPECT_EQ(Granted(), 0u);
}

TEST_F(EngineSteeredTest, AnswersOtherTypesFromTheZone) {
  EXPECT_THAT(WithoutTtl(Ask("live.example", RrType::kTxt, kLab).answer),
              ElementsAre("live.example. TXT \"static beside steered\""));
  EXPECT_EQ(Ask("live.example", RrType::kTxt, kLab).ecs_scope(), 0);
  Reply mx = Ask("live.example", RrType::kMx, kLab);
  EXPECT_EQ(mx.rcode, 0);
  EXPECT_THAT(mx.answer, IsEmpty());
  EXPECT_EQ(mx.ecs_scope(), 0);
  EXPECT_THAT(WithoutTtl(Ask("live.example", RrType::kAny).answer),
              ElementsAre("live.example. HINFO \"RFC8482\" \"\""));
}

TEST_F(EngineSteeredTest, SteersTheApexBesideItsRecords) {
  EXPECT_THAT(WithoutTtl(Ask("example").answer), ElementsAre("example. A 192.0.2.10"));
  EXPECT_THAT(Ask("example", RrType::kSoa).answer, SizeIs(1));
  EXPECT_THAT(Ask("example", RrType::kMx).answer, SizeIs(1));
}

TEST_F(EngineSteeredTest, KeepsTheParentsOfSteeredNamesAlive) {  // RFC 8020
  EXPECT_EQ(Ask("ent.example").rcode, 0);
  EXPECT_THAT(WithoutTtl(Ask("deep.ent.example").answer),
              ElementsAre("deep.ent.example. A 192.0.2.10"));
  EXPECT_EQ(Ask("below.live.example").rcode, 3);
  EXPECT_EQ(Ask("below.live.example", RrType::kA, kLab).ecs_scope(), 0);
}

TEST_F(EngineSteeredTest, AnswersAliasesAndFollowsThemIntoOurZones) {
  EXPECT_THAT(
      WithoutTtl(Ask("alias.example", RrType::kA, kElsewhere).answer),
      ElementsAre("alias.example. CNAME live.cdn.example.", "live.cdn.example. A 192.0.2.30"));
  Reply lab = Ask("alias.example", RrType::kA, kLab);
  EXPECT_THAT(WithoutTtl(lab.answer), ElementsAre("alias.example. CNAME live.elsewhere.net."));
  EXPECT_EQ(lab.ecs_scope(), 24);
  EXPECT_THAT(Ask("alias.example", RrType::kCname).answer, SizeIs(1));
  // An alias stands for every type.
  Reply txt = Ask("alias.example", RrType::kTxt);
  EXPECT_THAT(WithoutTtl(txt.answer), ElementsAre("alias.example. CNAME live.cdn.example."));
  EXPECT_EQ(txt.rcode, 0);
  EXPECT_THAT(txt.authority, SizeIs(1));
}

TEST_F(EngineSteeredTest, FollowsStaticAliasesIntoSteeredNames) {
  Reply reply = Ask("tolive.example", RrType::kA, kLab);
  EXPECT_THAT(WithoutTtl(reply.answer),
              ElementsAre("tolive.example. CNAME live.example.", "live.example. A 192.0.2.20"));
  EXPECT_EQ(reply.ecs_scope(), 24);
  EXPECT_THAT(Ask("tocdn.example").answer, SizeIs(3));
}

TEST_F(EngineSteeredTest, SteersPatternsUnlessTheZoneHasAnAnswerOfItsOwn) {
  EXPECT_THAT(WithoutTtl(Ask("ko42.event.example").answer),
              ElementsAre("ko42.event.example. A 192.0.2.10"));
  EXPECT_THAT(WithoutTtl(Ask("KO42.Event.example").answer),
              ElementsAre("KO42.Event.example. A 192.0.2.10"));
  EXPECT_THAT(Ask("fixed.event.example").answer,
              ElementsAre("fixed.event.example. 60 A 192.0.2.77"));
  EXPECT_THAT(Ask("a.b.event.example").answer, IsEmpty());
  EXPECT_THAT(Ask("a\\.b.event.example").answer, IsEmpty());
}

TEST_F(EngineSteeredTest, StillAnswersWhenEveryTargetIsDownAndSaysSo) {
  plan_ = MakePlan(policy_, {0, 1, 2, 3});
  Reply reply = Ask("live.example");
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_THAT(reply.answer, SizeIs(1));
  EXPECT_TRUE(absl::StrContains(reply.opt_hex, absl::BytesToHexString("all targets down")))
      << reply.opt_hex;
  EXPECT_EQ(counters_.last_resort.Get(), 1u);
}

TEST_F(EngineSteeredTest, LeavesTheDeadTargetForTheOther) {
  plan_ = MakePlan(policy_, {0});
  EXPECT_THAT(WithoutTtl(Ask("live.example").answer), ElementsAre("live.example. A 192.0.2.20"));
}

TEST_F(EngineSteeredTest, AnswersFromTheZoneBeforeThereIsAPlan) {
  plan_.reset();
  EXPECT_EQ(Ask("live.example").rcode, 0);
  EXPECT_THAT(Ask("live.example").answer, IsEmpty());
  EXPECT_THAT(Ask("live.example", RrType::kTxt).answer, SizeIs(1));
}

TEST_F(EngineSteeredTest, SteersNamesWithZonesOfTheirOwn) {
  for (Service& service : policy_->services) service.dns_names.clear();
  policy_->services[0].dns_names = {"cdn.customer.net"};
  policy_->implicit_zone.nameservers = {"ns1.example", "ns2.example"};
  policy_->implicit_zone.contact = "hostmaster.example";
  plan_ = MakePlan(policy_);
  std::vector<std::string> homeless;
  zones_ = **ServingZones(ZoneSet(), *policy_, 9, &homeless);
  EXPECT_THAT(homeless, IsEmpty());
  EXPECT_THAT(WithoutTtl(Ask("cdn.customer.net").answer),
              ElementsAre("cdn.customer.net. A 192.0.2.10"));
  EXPECT_THAT(Ask("cdn.customer.net", RrType::kNs).answer, SizeIs(2));
  EXPECT_THAT(
      Ask("cdn.customer.net", RrType::kSoa).answer,
      ElementsAre(
          "cdn.customer.net. 3600 SOA ns1.example. hostmaster.example. 9 3600 600 604800 60"));
  EXPECT_EQ(Ask("customer.net").rcode, 5);
  EXPECT_EQ(Ask("x.cdn.customer.net").rcode, 3);
}

TEST(ServingZones, NamesEveryFaultOfThePolicysNames) {
  auto policy = MakePolicy();
  policy->services[0].dns_names = {"a..b"};
  policy->implicit_zone.nameservers = {"ns..1"};
  std::vector<std::string> homeless;
  auto serving = ServingZones(ZoneSet(), *policy, 1, &homeless);
  EXPECT_EQ(serving.status().message(),
            "nameserver 'ns..1' is not a domain name\nsteered name 'a..b' is not a domain name");
}

TEST(ServingZones, LeavesOutNamesThatCanHaveNoZone) {
  auto policy = MakePolicy();
  policy->services[0].dns_names = {"live.customer.net"};
  policy->services.resize(1);
  policy->implicit_zone.nameservers.clear();
  std::vector<std::string> homeless;
  auto serving = ServingZones(ZoneSet(), *policy, 1, &homeless);
  ASSERT_TRUE(serving.ok());
  EXPECT_EQ((*serving)->size(), 0u);
  EXPECT_THAT(homeless, ElementsAre("live.customer.net"));
}

}  // namespace
}  // namespace spillway::dns
