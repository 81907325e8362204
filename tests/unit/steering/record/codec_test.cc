// tests/unit/steering/record/codec_test.cc -- what was recorded is what is read, and nothing else.
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/plan/plan_hash.h"
#include "steering/record/decoder.h"
#include "steering/record/encoder.h"
#include "tests/support/evening.h"

namespace spillway::record {
namespace {

// What the planner was told, kept beside the recording.
struct Told {
  std::shared_ptr<const Frame> frame;
  Facts facts;
  Activity activity;
  std::vector<float> arrivals;
  std::vector<uint64_t> heavy;
  uint32_t epoch = 0;
  uint64_t generation = 0, hash = 0;
  bool rejected = false;
};

std::vector<uint64_t> Members(const std::shared_ptr<const HeavySet>& heavy) {
  std::vector<uint64_t> members = heavy == nullptr ? std::vector<uint64_t>() : heavy->members();
  std::sort(members.begin(), members.end());
  return members;
}

std::string Record(uint64_t seed, int ticks, std::vector<Told>* told) {
  std::string bytes;
  Encoder encoder;
  encoder.BeginFile({.run = 7, .at = absl::FromUnixSeconds(5), .program = "test"}, &bytes);
  Evening evening(seed);
  const auto tell = [&](const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                        const std::shared_ptr<const Plan>& plan, bool rejected) {
    encoder.Tick(frame, in, plan, rejected, &bytes);
    told->push_back({frame,
                     in.facts,
                     in.activity,
                     {in.resolver_arrivals.begin(), in.resolver_arrivals.end()},
                     Members(in.heavy),
                     in.epoch,
                     plan->generation,
                     PlanHash(*plan),
                     rejected});
  };
  evening.Play(ticks / 2, tell);
  evening.Reload(EveningPolicy("# edited\n"));
  evening.Play(ticks - ticks / 2, tell);
  return bytes;
}

void ExpectSame(const TargetFacts& got, const TargetFacts& want) {
  EXPECT_EQ(got.load, want.load);
  EXPECT_EQ(got.capacity, want.capacity);
  EXPECT_EQ(got.reported, want.reported);
  EXPECT_EQ(got.probed, want.probed);
  EXPECT_EQ(got.feed, want.feed);
  EXPECT_EQ(got.age, want.age);
  EXPECT_EQ(got.probe_age, want.probe_age);
  EXPECT_EQ(got.sequence, want.sequence);
  EXPECT_EQ(got.source, want.source);
  ASSERT_EQ(got.drain.has_value(), want.drain.has_value());
  if (!got.drain) return;
  EXPECT_EQ(got.drain->who, want.drain->who);
  EXPECT_EQ(got.drain->until, want.drain->until);
}

std::vector<float> PutOff(const RecordedTick& tick) {
  std::vector<float> counts(tick.put_off_rows, 0);
  for (const auto& [row, count] : tick.put_off) counts[row] = count;
  return counts;
}

std::vector<float> Dense(const RecordedTick& tick, Front front) {
  std::vector<float> counts(tick.slots, 0);
  for (const auto& [slot, count] : tick.answers[static_cast<size_t>(front)]) counts[slot] = count;
  return counts;
}

TEST(Recording, GivesBackEveryInput) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<Told> told;
    const std::string bytes = Record(seed, 60, &told);
    Decoder decoder(bytes);
    ASSERT_EQ(decoder.Open(), RecordError::kNone);
    EXPECT_EQ(decoder.begin().run, 7u);
    EXPECT_EQ(decoder.begin().at, absl::FromUnixSeconds(5));
    EXPECT_EQ(decoder.begin().program, "test");
    size_t n = 0, frames = 0;
    for (Decoder::Item item; (item = decoder.Next()) != Decoder::Item::kEnd;) {
      if (item == Decoder::Item::kFrame) {
        EXPECT_EQ(decoder.frame().number, frames++);
        EXPECT_EQ(decoder.frame().policy->front().text, told[n].frame->policy->files.front().text);
        ASSERT_EQ(decoder.frame().groups->size(), told[n].frame->groups->groups().size());
        EXPECT_EQ(decoder.frame().groups->back().name, told[n].frame->groups->groups().back().name);
        continue;
      }
      ASSERT_LT(n, told.size());
      const RecordedTick& got = decoder.tick();
      const Told& want = told[n];
      EXPECT_EQ(got.number, n);
      EXPECT_EQ(got.facts.now, want.facts.now);
      EXPECT_EQ(got.facts.telemetry_frozen, want.facts.telemetry_frozen);
      ASSERT_EQ(got.facts.targets.size(), want.facts.targets.size());
      for (size_t t = 0; t < want.facts.targets.size(); ++t)
        ExpectSame(got.facts.targets[t], want.facts.targets[t]);
      EXPECT_EQ(got.elapsed, want.activity.elapsed);
      EXPECT_EQ(Dense(got, Front::kDns), want.activity.dns);
      EXPECT_EQ(Dense(got, Front::kRedirect), want.activity.redirect);
      EXPECT_EQ(Dense(got, Front::kSteering), want.activity.steering);
      EXPECT_EQ(PutOff(got), want.activity.put_off);
      EXPECT_EQ(got.arrivals.value_or(std::vector<float>()), want.arrivals);
      EXPECT_EQ(Members(got.heavy), want.heavy);
      EXPECT_EQ(got.epoch, want.epoch);
      EXPECT_EQ(got.generation, want.generation);
      EXPECT_EQ(got.hash, want.hash);
      EXPECT_EQ(got.rejected, want.rejected);
      ++n;
    }
    EXPECT_EQ(n, told.size());
    EXPECT_EQ(frames, 2u);
    EXPECT_EQ(decoder.error(), RecordError::kNone);
    EXPECT_EQ(decoder.bytes_left(), 0u);
  }
}

// Reads all there is; the number of ticks.
size_t Read(Decoder* decoder) {
  size_t ticks = 0;
  if (decoder->Open() != RecordError::kNone) return 0;
  for (Decoder::Item item; (item = decoder->Next()) != Decoder::Item::kEnd;)
    ticks += item == Decoder::Item::kTick;
  return ticks;
}

TEST(Recording, ATornTailLosesTheItemThatIsTorn) {
  std::vector<Told> told;
  const std::string bytes = Record(3, 10, &told);
  size_t before = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    Decoder decoder(absl::string_view(bytes).substr(0, size));
    const size_t ticks = Read(&decoder);
    EXPECT_GE(ticks, before);
    before = ticks;
    EXPECT_LE(decoder.bytes_left(), size);
    if (decoder.error() == RecordError::kNone) {
      EXPECT_EQ(decoder.bytes_left(), 0u);
    } else {
      EXPECT_EQ(decoder.error(), RecordError::kTorn) << size;
    }
  }
  EXPECT_EQ(before, 9u);
}

TEST(Recording, AFlippedBitIsFoundAndEndsTheFileThere) {
  std::vector<Told> told;
  const std::string good = Record(4, 8, &told);
  for (size_t i = kFileHeadSize; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1 << i % 8);
    Decoder decoder(bad);
    EXPECT_LT(Read(&decoder), told.size()) << "octet " << i;
    EXPECT_NE(decoder.error(), RecordError::kNone) << "octet " << i;
    EXPECT_GT(decoder.bytes_left(), 0u);
  }
}

TEST(Recording, OtherFilesAndOtherVersionsAreToldApart) {
  Decoder foreign("PK\x03\x04 not a recording");
  EXPECT_EQ(foreign.Open(), RecordError::kForeign);
  std::vector<Told> told;
  std::string bytes = Record(5, 2, &told);
  bytes[kMagic.size()] = 9;
  Decoder version(bytes);
  EXPECT_EQ(version.Open(), RecordError::kVersion);
  Decoder empty("");
  EXPECT_EQ(empty.Open(), RecordError::kTorn);
}

// An item with a checksum that is right and a payload that is not.
std::string Item(ItemKind kind, const std::string& payload) {
  std::string out;
  ByteWriter to(&out);
  to.Fixed32(static_cast<uint32_t>(payload.size()));
  to.Byte(static_cast<uint8_t>(kind));
  to.Fixed32(Crc32c(payload, Crc32c(std::string(1, static_cast<char>(kind)))));
  return out + payload;
}

TEST(Recording, HostileLengthsAllocateNothing) {
  std::string head;
  Encoder().BeginFile({.run = 1}, &head);
  std::string counts;
  ByteWriter to(&counts);
  to.Number(uint64_t{1} << 62);
  const std::string kHostile[] = {Item(ItemKind::kPolicy, counts), Item(ItemKind::kGroups, counts),
                                  Item(ItemKind::kFrame, counts),
                                  Item(ItemKind::kTick, std::string(2, '\x03') + '\0' + counts),
                                  std::string("\xff\xff\xff\xff\x05zzzz", 9)};
  for (const std::string& item : kHostile) {
    const std::string bytes = head + item;
    Decoder decoder(bytes);
    EXPECT_EQ(Read(&decoder), 0u);
    EXPECT_NE(decoder.error(), RecordError::kNone);
    EXPECT_EQ(decoder.bytes_left(), item.size());
  }
}

TEST(Recording, OneFileHoldsSoManyFramesAndNoMore) {
  std::string none, group, frame, bytes;
  ByteWriter(&none).Number(0);
  ByteWriter to(&group);
  to.Number(1);
  for (int i = 0; i < 4; ++i) to.Number(0);  // no name, country, labels, location
  for (int i = 0; i < 3; ++i) ByteWriter(&frame).Number(0);
  Encoder().BeginFile({.run = 1}, &bytes);
  bytes += Item(ItemKind::kPolicy, none) + Item(ItemKind::kGroups, group);
  const std::string item = Item(ItemKind::kFrame, frame);
  for (size_t i = 0; i < kPoliciesMax; ++i) bytes += item;
  Decoder whole(bytes);
  Read(&whole);
  EXPECT_EQ(whole.error(), RecordError::kNone);
  bytes += item;
  Decoder more(bytes);
  Read(&more);
  EXPECT_EQ(more.error(), RecordError::kMalformed);
  EXPECT_EQ(more.bytes_left(), item.size());
}

TEST(Recording, AQuietTickIsSmall) {
  auto frame = EveningFrame(EveningPolicy());
  Controller controller;
  Encoder encoder;
  std::string bytes;
  encoder.BeginFile({}, &bytes);
  Facts facts{.now = absl::FromUnixSeconds(1'700'000'000)};
  facts.targets.resize(3);
  std::shared_ptr<const Plan> plan;
  for (int i = 0; i < 3; ++i) {
    bytes.clear();
    facts.now += absl::Seconds(1);
    const Activity none;
    const ControllerInputs in{.facts = facts, .activity = none, .in_force = plan};
    plan = controller.Tick(frame, in);
    encoder.Tick(frame, in, plan, false, &bytes);
  }
  EXPECT_LE(bytes.size(), 40u);
}

TEST(Recording, APolicyMadeByHandIsRefused) {
  auto frame = std::make_shared<Frame>(*EveningFrame(EveningPolicy()));
  EXPECT_TRUE(Encoder::Fits(*frame));
  auto policy = std::make_shared<Policy>(*frame->policy);
  policy->files.clear();
  frame->policy = policy;
  EXPECT_FALSE(Encoder::Fits(*frame));
}

}  // namespace
}  // namespace spillway::record
