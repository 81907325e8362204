// tests/unit/dns/server/engine_heavy_test.cc -- answers to heavy resolvers, and what the log is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "steering/plan/heavy_set.h"
#include "steering/resolvers/answer_log.h"
#include "tests/unit/dns/dns_testing.h"
#include "tests/unit/dns/steering_testing.h"

namespace spillway::dns {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kHeavy[] = "203.0.113.7";
constexpr char kLight[] = "203.0.113.8";

// Rows of everyone (not the lab) split in halves between the two candidates; kHeavy is heavy.
class EngineHeavyTest : public ::testing::Test {
 protected:
  void SetUp() override { Split(); }
  void Split(size_t ways = 2) {
    plan_ = std::make_shared<Plan>(*MakePlan(policy_));
    for (size_t row = 0; row < plan_->rows.size(); ++row) {
      const absl::Span<const Slot> slots = plan_->frame->candidates->Row(row);
      if (slots.size() < ways || slots[ways - 1].fenced) continue;  // fenced ones are last
      plan_->rows[row].cells = static_cast<uint32_t>(plan_->cells.size());
      for (size_t i = 0; i < ways; ++i) {
        plan_->slots[plan_->frame->candidates->RowBegin(row) + i].quota =
            static_cast<uint16_t>(kCellCount / ways);
        plan_->cells.insert(plan_->cells.end(), kCellCount / ways, static_cast<uint8_t>(i));
      }
    }
    const uint64_t heavy = ResolverHash(*IpAddress::Parse(kHeavy));
    plan_->heavy = std::make_shared<const HeavySet>(absl::MakeConstSpan(&heavy, 1));
  }
  Reply Ask(absl::string_view name, absl::string_view peer = kHeavy, absl::string_view subnet = "",
            RrType type = RrType::kA) {
    EngineView view{.zones = &zones_, .plan = plan_.get()};
    Octets query =
        Question{
            .name = std::string(name), .type = type, .edns = edns_, .subnet = std::string(subnet)}
            .Encode();
    Octets out(kTcpSizeMax);
    out.resize(
        engine_.Answer(view, query, *IpAddress::Parse(peer), Transport::kUdp, absl::MakeSpan(out)));
    return ReadReply(out);
  }
  // The data of the answer's records.
  std::vector<std::string> Data(const Reply& reply) {
    std::vector<std::string> out;
    for (const std::string& record : reply.answer)
      out.push_back(record.substr(record.rfind(' ') + 1));
    return out;
  }
  std::vector<AnswerNote> Notes() {
    log_.Commit(absl::FromUnixSeconds(1'700'000'000));
    std::vector<AnswerNote> notes;
    log_.Open();
    for (; log_.Front() != nullptr; log_.Pop()) notes.push_back(*log_.Front());
    log_.Close();
    return notes;
  }

  bool edns_ = true;
  std::shared_ptr<Policy> policy_ = MakePolicy();
  std::shared_ptr<Plan> plan_;
  ZoneSet zones_ = MakeSteeredZones();
  DnsCounters counters_;
  AnswerLog log_;
  Engine engine_{EngineOptions{.books = {.worker = 1, .log = &log_}}, &counters_};
};

TEST_F(EngineHeavyTest, AHeavyResolversAnswerHoldsSeveralTargets) {
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    EXPECT_THAT(Data(Ask("live.example")), UnorderedElementsAre("192.0.2.10", "192.0.2.20"));
  }
}

TEST_F(EngineHeavyTest, OthersAndThoseWhoSendEcsGetTheirCellsTargetAlways) {
  const std::vector<std::string> light = Data(Ask("live.example", kLight));
  const std::vector<std::string> subnet = Data(Ask("live.example", kHeavy, "203.0.113.0/24"));
  EXPECT_THAT(light, SizeIs(1));
  EXPECT_THAT(subnet, SizeIs(1));
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    EXPECT_EQ(Data(Ask("live.example", kLight)), light);
    const Reply reply = Ask("live.example", kHeavy, "203.0.113.0/24");
    EXPECT_EQ(Data(reply), subnet);
    EXPECT_EQ(reply.ecs_scope(), 24);
  }
  // An option that discloses nobody leaves it the resolver's own answer, for everybody.
  const Reply nobody = Ask("live.example", kHeavy, "0.0.0.0/0");
  EXPECT_THAT(nobody.answer, SizeIs(2));
  EXPECT_EQ(nobody.ecs_scope(), 0);
}

TEST_F(EngineHeavyTest, EachTargetHasAsManyAddressesAsTheOneWithFewest) {
  policy_->targets[0] = MakeTarget("near", {"192.0.2.10", "192.0.2.11", "192.0.2.12"}, "");
  policy_->targets[1] = MakeTarget("far", {"192.0.2.20", "192.0.2.21"}, "");
  Split();
  std::set<std::string> seen;
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    const std::vector<std::string> data = Data(Ask("live.example"));
    EXPECT_THAT(data, SizeIs(4));
    EXPECT_EQ(std::count_if(data.begin(), data.end(),
                            [](const std::string& d) { return d >= "192.0.2.20"; }),
              2);
    seen.insert(data.begin(), data.end());
  }
  EXPECT_EQ(seen.size(), 5u);  // every address in its turn
}

TEST_F(EngineHeavyTest, AnAddressOfTwoTargetsStandsOnce) {
  policy_->targets[1] = MakeTarget("far", {"192.0.2.10"}, "");
  Split();
  EXPECT_THAT(Data(Ask("live.example")), ElementsAre("192.0.2.10"));
}

TEST_F(EngineHeavyTest, TargetsWithoutTheFamilyAreLeftOut) {
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    const Reply reply = Ask("live.example", kHeavy, "", RrType::kAaaa);
    EXPECT_THAT(Data(reply), Each("2001:db8::10"));  // or NODATA in the turn of `far`
  }
}

TEST_F(EngineHeavyTest, AliasesAreOneAndTakeTurns) {
  std::set<std::string> seen;
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    const Reply reply = Ask("alias.example", kHeavy, "", RrType::kCname);
    ASSERT_THAT(reply.answer, SizeIs(1));
    seen.insert(Data(reply)[0]);
  }
  EXPECT_THAT(seen, UnorderedElementsAre("live.cdn.example.", "live.elsewhere.net."));
}

TEST_F(EngineHeavyTest, WhatDoesNotFitIsTheFirstTargetAlone) {
  for (size_t t = 0; t < 4; ++t) {
    Target& target = policy_->targets[t];
    target.addresses_v6.clear();
    for (int i = 0; i < 6; ++i)
      target.addresses_v6.push_back(*IpAddress::Parse(absl::StrCat("2001:db8:", t, "::", i)));
  }
  const std::string name =
      absl::StrCat(std::string(63, 'x'), ".", std::string(63, 'y'), ".", std::string(63, 'z'), ".",
                   std::string(40, 'w'), ".example");
  policy_->services[0].dns_names = {name};
  policy_->services[0].candidates = {{TargetId(0)}, {TargetId(1)}, {TargetId(2)}, {TargetId(3)}};
  std::vector<std::shared_ptr<const Zone>> files = {*ParseZone(kSteeredZone, "f", Name())};
  std::vector<std::string> homeless;
  zones_ = **ServingZones(*ZoneSet::Create(files), *policy_, 1, &homeless);
  Split(4);
  EXPECT_THAT(Ask(name, kHeavy, "", RrType::kAaaa).answer, SizeIs(16));
  edns_ = false;  // 512 octets: 16 records of 28 beside a question of 247 do not fit, 6 do
  const Reply plain = Ask(name, kHeavy, "", RrType::kAaaa);
  EXPECT_THAT(plain.answer, SizeIs(6));
  EXPECT_FALSE(plain.tc);
}

TEST_F(EngineHeavyTest, GrantsCountTheFirstTarget) {
  for (uint32_t epoch = 0; epoch < 64; ++epoch) {
    plan_->epoch = epoch;
    Ask("live.example");
  }
  uint64_t sum = 0;
  for (uint32_t slot = 0; slot < plan_->frame->candidates->slot_count(); ++slot)
    sum += plan_->frame->grants->Sum(Front::kDns, slot);
  EXPECT_EQ(sum, 64u);
}

TEST_F(EngineHeavyTest, TheLogSaysWhoAskedForWhatAndHowLongItLives) {
  const Reply reply = Ask("live.example", kLight);
  Ask("live.example", kLight, "", RrType::kAaaa);
  Ask("live.example", kLight, "198.51.100.77/32");
  Ask("alias.example", kLight, "", RrType::kAaaa);
  Ask("mail.example", kLight);  // not steered
  Ask("nothing.example", kLight);
  const std::vector<AnswerNote> notes = Notes();
  const uint64_t light = ResolverHash(*IpAddress::Parse(kLight));
  const IpAddress lab = *IpAddress::Parse("198.51.100.0");
  ASSERT_GE(notes.size(), 3u);  // AAAA may be NODATA
  EXPECT_EQ(notes[0].asker, light);
  EXPECT_FALSE(notes[0].by_ecs);
  EXPECT_FALSE(notes[0].second_family);
  const std::vector<std::string> words = absl::StrSplit(reply.answer.at(0), ' ');
  EXPECT_EQ(std::to_string(notes[0].ttl_s), words[1]);
  EXPECT_EQ(notes[0].table, TableTag(plan_->frame->candidates.get()));
  const CandidateTable& table = *plan_->frame->candidates;
  EXPECT_EQ(
      notes[0].row,
      table.RowIndex(ServiceId(0), plan_->frame->groups->Locate(*IpAddress::Parse(kLight)).group));
  const AnswerNote& by_ecs = notes[notes.size() - 2];
  EXPECT_TRUE(by_ecs.by_ecs);
  EXPECT_EQ(by_ecs.asker, SubnetHash(lab, 24, 24));  // the scope told
  EXPECT_EQ(by_ecs.row, table.RowIndex(ServiceId(0), plan_->frame->groups->Locate(lab).group));
  EXPECT_EQ(notes.back().asker, light);
  EXPECT_FALSE(notes.back().second_family);  // one alias for both families
  EXPECT_EQ(table.RowService(notes.back().row), ServiceId(1));
}

TEST_F(EngineHeavyTest, WithoutAHeavySetNobodyIsHeavy) {
  plan_->heavy = nullptr;
  EXPECT_THAT(Ask("live.example").answer, SizeIs(1));
}

}  // namespace
}  // namespace spillway::dns
