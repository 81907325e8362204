// Real files, real inotify; every wait is for a condition.
#include "steering/collect/file_feed.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/file.h"

namespace spillway {
namespace {

std::shared_ptr<const Policy> OneTarget() {
  auto policy = std::make_shared<Policy>();
  policy->targets.emplace_back();
  policy->targets.back().name = "fra1";
  return policy;
}

class FileFeedTest : public ::testing::Test {
 protected:
  FileFeedTest() : table_(OneTarget()) {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/file_feed_XXXXXX");
    directory_ = mkdtemp(pattern.data());
    path_ = absl::StrCat(directory_, "/load.json");
  }
  ~FileFeedTest() override {
    feed_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Start() {
    FileFeed::Options options;
    options.path = path_;
    auto feed = FileFeed::Start(options, &table_, &clock_);
    ASSERT_TRUE(feed.ok()) << feed.status();
    feed_ = *std::move(feed);
  }
  std::string Batch(double load) {
    double now = absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch());
    return absl::StrFormat(
        R"({"samples":[{"target":"fra1","measured_at":%.6f,"sequence":%d,"resources":{"sessions":{"current":%g}}}]})",
        now, ++sequence_, load);
  }
  void Rename(const std::string& content) { ASSERT_TRUE(WriteFileAtomically(path_, content).ok()); }
  void Truncate(const std::string& content) { std::ofstream(path_, std::ios::trunc) << content; }
  double Load() {
    TargetFacts facts = table_.Snapshot(clock_.Now()).targets[0];
    return facts.load.has(Resource::kSessions) ? facts.load[Resource::kSessions] : -1;
  }
  template <typename Condition>
  bool Eventually(Condition condition) {
    int64_t until = clock_.MonotonicNanos() + 10'000'000'000;
    while (!condition()) {
      if (clock_.MonotonicNanos() > until) return false;
      table_.WaitForChange(table_.generation(), absl::Milliseconds(5));
    }
    return true;
  }

  const Clock& clock_ = Clock::Real();
  FeedTable table_;
  std::string directory_, path_;
  uint64_t sequence_ = 0;
  std::unique_ptr<FileFeed> feed_;
};

TEST_F(FileFeedTest, ReadsWhatIsThereAtTheStart) {
  Rename(Batch(11));
  Start();
  EXPECT_TRUE(Eventually([&] { return Load() == 11; }));
  EXPECT_EQ(feed_->source(), "file:load.json");
}

TEST_F(FileFeedTest, WaitsForAFileThatComesLater) {
  Start();
  Rename(Batch(12));
  EXPECT_TRUE(Eventually([&] { return Load() == 12; }));
}

TEST_F(FileFeedTest, FollowsRenamesAndRewrites) {
  Start();
  for (int i = 1; i <= 10; ++i) {
    i % 2 == 0 ? Rename(Batch(i)) : Truncate(Batch(i));
    ASSERT_TRUE(Eventually([&] { return Load() == i; })) << i;
  }
}

TEST_F(FileFeedTest, KeepsTheLastGoodStateWhileTheFileIsHalfWritten) {
  Rename(Batch(21));
  Start();
  ASSERT_TRUE(Eventually([&] { return Load() == 21; }));
  std::string next = Batch(22);
  Truncate(next.substr(0, 40));
  EXPECT_TRUE(Eventually([&] { return !feed_->sound(); }));
  EXPECT_EQ(Load(), 21);
  Truncate(next);
  EXPECT_TRUE(Eventually([&] { return Load() == 22; }));
  EXPECT_TRUE(feed_->sound());
}

TEST_F(FileFeedTest, KeepsTheLastGoodStateWhenTheFileIsRemoved) {
  Rename(Batch(31));
  Start();
  ASSERT_TRUE(Eventually([&] { return Load() == 31; }));
  std::filesystem::remove(path_);
  EXPECT_TRUE(Eventually([&] { return !feed_->sound(); }));
  EXPECT_EQ(Load(), 31);
  Rename(Batch(32));
  EXPECT_TRUE(Eventually([&] { return Load() == 32; }));
}

TEST_F(FileFeedTest, SurvivesTheReplacementOfItsDirectory) {
  Rename(Batch(41));
  Start();
  ASSERT_TRUE(Eventually([&] { return Load() == 41; }));
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directory(directory_);
  Rename(Batch(42));
  EXPECT_TRUE(Eventually([&] { return Load() == 42; }));
}

TEST_F(FileFeedTest, AFileThatNeverRestsIsReadAllTheTimeButNotTooOften) {
  Start();
  int64_t start = clock_.MonotonicNanos();
  uint64_t seen = 0;
  double last_seen = -1;
  int written = 0;
  // As fast as the disk allows: no quiet moment that a debounce could wait for. 20 s is patience
  // only.
  while (seen < 20 && clock_.MonotonicNanos() - start < 20'000'000'000) {
    Truncate(Batch(++written));
    if (double load = Load(); load != last_seen) ++seen, last_seen = load;
  }
  double elapsed = static_cast<double>(clock_.MonotonicNanos() - start) / 1e9;
  uint64_t reads_while_busy = feed_->reads();
  EXPECT_TRUE(Eventually([&] { return Load() == written; }))
      << "the last state written is always read";
  EXPECT_EQ(seen, 20u) << "of " << written;
  // Each turn of 20 ms holds one read and at most five quick second looks at a half-written file.
  EXPECT_LE(static_cast<double>(reads_while_busy), (elapsed * 50 + 2) * 6);
}

TEST_F(FileFeedTest, FailsWhenTheDirectoryIsNotThere) {
  FileFeed::Options options;
  options.path = absl::StrCat(directory_, "/nowhere/load.json");
  auto feed = FileFeed::Start(options, &table_, &clock_);
  EXPECT_EQ(feed.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace spillway
