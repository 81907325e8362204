// tests/unit/steering/resolvers/answer_log_test.cc -- from one thread to the other, whole or not at
// all.
#include "steering/resolvers/answer_log.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "steering/plan/heavy_set.h"

namespace spillway {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

AnswerNote Note(uint64_t asker) {
  AnswerNote note;
  note.asker = asker;
  note.row = static_cast<uint32_t>(asker * 3);
  note.ttl_s = 30;
  return note;
}

std::vector<AnswerNote> DrainAll(AnswerLog& log) {
  std::vector<AnswerNote> notes;
  log.Open();
  for (; log.Front() != nullptr; log.Pop()) notes.push_back(*log.Front());
  log.Close();
  return notes;
}

TEST(AnswerLog, NotesOfABatchShareItsTimeAndAreSeenWhenItIsCommitted) {
  AnswerLog log;
  EXPECT_FALSE(log.pending());
  log.Add(Note(1));
  log.Add(Note(2));
  EXPECT_TRUE(log.pending());
  EXPECT_TRUE(DrainAll(log).empty());
  log.Commit(kStart);
  EXPECT_FALSE(log.pending());
  log.Add(Note(3));
  log.Commit(kStart + absl::Milliseconds(250));
  const std::vector<AnswerNote> notes = DrainAll(log);
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0].asker, 1u);
  EXPECT_EQ(notes[0].at_ms, WrappedMillis(kStart));
  EXPECT_EQ(notes[1].at_ms, notes[0].at_ms);
  EXPECT_EQ(notes[2].at_ms, notes[0].at_ms + 250);
  EXPECT_TRUE(DrainAll(log).empty());
}

TEST(AnswerLog, IsAsLargeAsItIsAndCountsWhatItDrops) {
  AnswerLog log;
  for (size_t i = 0; i < AnswerLog::kSize + 10; ++i) log.Add(Note(i));
  log.Commit(kStart);
  EXPECT_EQ(log.dropped(), 10u);
  EXPECT_EQ(DrainAll(log).size(), AnswerLog::kSize);
  log.Add(Note(1));
  log.Commit(kStart);
  EXPECT_EQ(DrainAll(log).size(), 1u);
  EXPECT_EQ(log.dropped(), 10u);
}

TEST(AnswerLog, EveryNoteArrivesOnceAndInOrderBesideARunningReader) {
  AnswerLog log;
  constexpr uint64_t kNotes = 400'000;
  std::thread worker([&log] {
    for (uint64_t i = 1; i <= kNotes; ++i) {
      log.Add(Note(i));
      if (i % 7 == 0 || i == kNotes) log.Commit(kStart);
    }
  });
  uint64_t last = 0, seen = 0;
  while (seen + log.dropped() < kNotes) {
    for (const AnswerNote& note : DrainAll(log)) {
      ASSERT_GT(note.asker, last);
      ASSERT_EQ(note.row, static_cast<uint32_t>(note.asker * 3));
      ASSERT_EQ(note.at_ms, WrappedMillis(kStart));
      last = note.asker;
      ++seen;
    }
    std::this_thread::yield();
  }
  worker.join();
  EXPECT_EQ(seen + log.dropped(), kNotes);
}

TEST(SubnetHash, IsOneForAllWhoUseTheAnswer) {
  auto hash = [](absl::string_view text, int source, int scope) {
    return SubnetHash(*IpAddress::Parse(text), source, scope);
  };
  // Told /24 and answered for the /16: the cache hands it to the whole /16.
  EXPECT_EQ(hash("10.1.2.0", 24, 16), hash("10.1.9.0", 24, 16));
  EXPECT_NE(hash("10.1.2.0", 24, 24), hash("10.1.9.0", 24, 24));
  EXPECT_NE(hash("10.1.0.0", 24, 16), hash("10.1.0.0", 24, 24));
  EXPECT_NE(hash("10.1.2.0", 24, 24), ResolverHash(*IpAddress::Parse("10.1.2.0")));
  EXPECT_EQ(hash("2001:db8::1", 128, 128), hash("2001:db8::2", 128, 128));
  EXPECT_EQ(hash("2001:db8::1", 56, 0), hash("2001:db9::1", 56, 0));
}

}  // namespace
}  // namespace spillway
