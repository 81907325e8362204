// tests/unit/steering/replay/replayer_test.cc -- the same inputs give the same plans, bit for bit.
#include "steering/replay/replayer.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/record/decoder.h"
#include "steering/record/encoder.h"
#include "steering/replay/what_if.h"
#include "tests/support/evening.h"

namespace spillway::replay {
namespace {

// Writes each evening into files of `per_file` ticks, as a recorder of full files does.
class Files {
 public:
  explicit Files(int per_file) : per_file_(per_file) {}

  Evening::Tell tell() {
    return [this](const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                  const std::shared_ptr<const Plan>& plan, bool rejected) {
      if (ticks_ % per_file_ == 0) {
        files.emplace_back();
        encoder_.BeginFile(
            {.run = 9,
             .file = files.size() - 1,
             .why = ticks_ == 0 ? record::Beginning::kStart : record::Beginning::kFull,
             .first_tick = ticks_,
             .at = in.facts.now},
            &files.back());
      }
      encoder_.Tick(frame, in, plan, rejected, &files.back());
      ++ticks_;
    };
  }

  std::vector<std::string> files;

 private:
  const uint64_t per_file_;
  uint64_t ticks_ = 0;
  record::Encoder encoder_;
};

// Reloads and goes back, with everything else that may happen.
std::vector<std::string> Record(uint64_t seed, int per_file) {
  Files out(per_file);
  Evening evening(seed);
  evening.Play(40, out.tell());
  evening.Reload(EveningPolicy("# edited\n"));
  evening.Play(30, out.tell());
  evening.Reload(EveningPolicy("", "60%"));
  evening.Play(30, out.tell());
  evening.Reload(EveningPolicy());
  evening.Play(20, out.tell());
  return out.files;
}

absl::Status Replay(const std::vector<std::string>& files, Replayer* replayer,
                    WhatIf* what_if = nullptr) {
  for (const std::string& file : files) {
    record::Decoder decoder(file);
    EXPECT_EQ(decoder.Open(), record::RecordError::kNone);
    if (replayer->Begin(decoder.begin()) && what_if != nullptr) what_if->BeginStretch();
    for (record::Decoder::Item item; (item = decoder.Next()) != record::Decoder::Item::kEnd;) {
      absl::Status status = item == record::Decoder::Item::kFrame ? replayer->Frame(decoder.frame())
                                                                  : replayer->Tick(decoder.tick());
      if (status.ok() && item == record::Decoder::Item::kTick && what_if != nullptr)
        status = what_if->Tick(decoder.tick(), *replayer);
      if (!status.ok()) return status;
    }
    EXPECT_EQ(decoder.error(), record::RecordError::kNone);
  }
  return absl::OkStatus();
}

TEST(Replay, GivesTheSamePlansBitForBit) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Replayer replayer;
    ASSERT_TRUE(Replay(Record(seed, 1000), &replayer).ok());
    ASSERT_EQ(replayer.stretches().size(), 1u);
    const Stretch& stretch = replayer.stretches()[0];
    EXPECT_TRUE(stretch.from_start);
    EXPECT_EQ(stretch.plans, 120u);
    EXPECT_EQ(stretch.identical, 120u) << "seed " << seed << ", first " << *stretch.differs_first;
    EXPECT_EQ(stretch.frames, 4u);
  }
}

TEST(Replay, FilesInARowAreOneSequence) {
  for (uint64_t seed = 20; seed <= 28; ++seed) {
    Replayer replayer;
    ASSERT_TRUE(Replay(Record(seed, 7), &replayer).ok());
    ASSERT_EQ(replayer.stretches().size(), 1u);
    EXPECT_EQ(replayer.stretches()[0].identical, 120u) << "seed " << seed;
  }
}

TEST(Replay, BehindAHoleItBeginsWithThePlanInForceAndIsNotHeldToIt) {
  std::vector<std::string> files = Record(5, 30);
  files.erase(files.begin() + 1);
  Replayer replayer;
  ASSERT_TRUE(Replay(files, &replayer).ok());
  ASSERT_EQ(replayer.stretches().size(), 2u);
  EXPECT_EQ(replayer.stretches()[0].identical, 30u);
  EXPECT_FALSE(replayer.stretches()[1].from_start);
  EXPECT_EQ(replayer.stretches()[1].first_tick, 60u);
  EXPECT_EQ(replayer.stretches()[1].plans, 60u);
  // Reloads come with ticks 40, 70 and 100, the hole is ticks 30 to 59.
  EXPECT_EQ(replayer.stretches()[0].frames, 1u);
  EXPECT_EQ(replayer.stretches()[1].frames, 3u);
}

TEST(Replay, AChangedInputIsNoticed) {
  Files out(1000);
  Evening evening(6);
  int n = 0;
  evening.Play(40, [&](const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                       const std::shared_ptr<const Plan>& plan, bool rejected) {
    // The report of one target, by one part in a million, at one tick.
    Facts facts = in.facts;
    if (n++ == 20) {
      facts.telemetry_frozen = false;
      facts.targets[0].feed = FeedState::kFresh;
      facts.targets[0].age = absl::ZeroDuration();
      facts.targets[0].load.Set(Resource::kEgress, 100.000001);
    }
    ControllerInputs told{.facts = facts,
                          .activity = in.activity,
                          .resolver_arrivals = in.resolver_arrivals,
                          .heavy = in.heavy,
                          .epoch = in.epoch,
                          .in_force = in.in_force};
    out.tell()(frame, told, plan, rejected);
  });
  Replayer replayer;
  ASSERT_TRUE(Replay(out.files, &replayer).ok());
  const Stretch& stretch = replayer.stretches()[0];
  EXPECT_LT(stretch.identical, 40u);
  EXPECT_GE(*stretch.differs_first, 20u);
}

TEST(Replay, ATickOfAnotherPolicyIsRefused) {
  const std::vector<std::string> files = Record(7, 1000);
  record::Decoder decoder(files[0]);
  ASSERT_EQ(decoder.Open(), record::RecordError::kNone);
  Replayer replayer;
  replayer.Begin(decoder.begin());
  ASSERT_EQ(decoder.Next(), record::Decoder::Item::kFrame);
  record::RecordedFrame frame = decoder.frame();
  auto groups = std::make_shared<std::vector<Group>>(*frame.groups);
  groups->pop_back();
  frame.groups = groups;
  ASSERT_TRUE(replayer.Frame(frame).ok());
  absl::Status status;
  while (status.ok() && decoder.Next() != record::Decoder::Item::kEnd)
    status = replayer.Tick(decoder.tick());
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

// A steady audience near fra1, which reports what it carries.
std::vector<std::string> Crowd(const std::string& policy) {
  Files out(1'000'000);
  auto frame = EveningFrame(policy);
  Controller controller;
  std::shared_ptr<const Plan> plan;
  Facts facts{.now = absl::FromUnixSeconds(1'700'000'000)};
  facts.targets.resize(3);
  std::vector<double> playing(3, 0);
  for (int second = 0; second < 600; ++second) {
    facts.now += absl::Seconds(1);
    Activity activity{.elapsed = second == 0 ? absl::ZeroDuration() : absl::Seconds(1)};
    activity.dns.assign(frame->candidates->slot_count(), 0);
    activity.redirect = activity.steering = activity.dns;
    const size_t row =
        frame->candidates->RowIndex(ServiceId(0), *frame->groups->FindGroup("??+germany"));
    absl::Span<const Slot> slots = frame->candidates->Row(row);
    for (size_t i = 0; plan != nullptr && i < slots.size(); ++i) {
      const size_t s = frame->candidates->RowBegin(row) + i;
      activity.redirect[s] = 0.3f * static_cast<float>(plan->slots[s].quota) / kCellCount;
      playing[slots[i].target.index()] += activity.redirect[s];
    }
    for (size_t t = 0; t < 3; ++t) {
      playing[t] *= std::exp(-1.0 / 600);
      facts.targets[t].capacity = frame->policy->targets[t].capacity;
      facts.targets[t].feed = FeedState::kFresh;
      facts.targets[t].load.Set(Resource::kEgress, 5 * playing[t]);
    }
    const ControllerInputs in{.facts = facts, .activity = activity, .in_force = plan};
    plan = controller.Tick(frame, in);
    out.tell()(frame, in, plan, false);
  }
  return out.files;
}

WhatIfReport Under(const std::string& policy, const std::vector<std::string>& files) {
  PolicyResult loaded = LoadPolicyText({{"policy.yaml", policy}});
  CHECK(loaded.ok());
  WhatIf what_if(loaded.policy);
  Replayer replayer;
  CHECK(Replay(files, &replayer, &what_if).ok());
  EXPECT_EQ(replayer.stretches()[0].identical, replayer.stretches()[0].plans);
  return what_if.Report();
}

const TargetEvening& Of(const std::vector<WhatIfReport::Pair<TargetEvening>>& targets,
                        const std::string& name, bool replayed) {
  for (const auto& pair : targets) {
    if (pair.name == name) return replayed ? *pair.replayed : *pair.recorded;
  }
  static const TargetEvening kNone;
  return kNone;
}

TEST(WhatIf, TheRecordedPolicyGivesBackTheRecordedEvening) {
  const WhatIfReport report = Under(EveningPolicy(), Crowd(EveningPolicy()));
  for (const char* target : {"fra1", "ams1", "nyc1"}) {
    EXPECT_NEAR(Of(report.targets, target, true).peak, Of(report.targets, target, false).peak,
                0.01);
    EXPECT_NEAR(Of(report.targets, target, true).mean, Of(report.targets, target, false).mean,
                0.01);
  }
  EXPECT_GT(Of(report.targets, "fra1", false).peak, 0.3);
  EXPECT_EQ(report.homeless, 0);
  EXPECT_EQ(report.warnings.size(), 0u);
}

TEST(WhatIf, APolicyWithoutTheTargetSendsItsAudienceElsewhere) {
  std::string without = EveningPolicy();
  without.erase(without.find("  fra1:"), without.find("  ams1:") - without.find("  fra1:"));
  const WhatIfReport report = Under(without, Crowd(EveningPolicy()));
  const TargetEvening& ams1 = Of(report.targets, "ams1", true);
  EXPECT_NEAR(ams1.peak, Of(report.targets, "fra1", false).peak, 0.05);
  EXPECT_LT(Of(report.targets, "ams1", false).peak, 0.1);
  EXPECT_FALSE(report.targets[1].replayed.has_value()) << report.targets[1].name;
}

TEST(WhatIf, AServiceItLacksIsCountedAsHomeless) {
  std::string renamed = EveningPolicy();
  renamed.replace(renamed.find("  live:"), 7, "  show:");
  const WhatIfReport report = Under(renamed, Crowd(EveningPolicy()));
  EXPECT_GT(report.answers, 100);
  EXPECT_EQ(report.homeless, report.answers);
}

}  // namespace
}  // namespace spillway::replay
