// tests/unit/steering/record/recorder_test.cc -- files on disk: whole, in order, bounded.
#include "steering/record/recorder.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "steering/record/decoder.h"
#include "tests/support/evening.h"

namespace spillway::record {
namespace {

using testing::HasSubstr;

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() : directory_(testing::TempDir() + "/recorder_test." + std::to_string(getpid())) {
    std::filesystem::remove_all(directory_);
  }
  ~RecorderTest() override {
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, ignored_);
    std::filesystem::remove_all(directory_, ignored_);
  }

  std::unique_ptr<Recorder> Start(uint64_t bytes_max = FileWriter::kBytesMin) {
    auto recorder = Recorder::Create({.directory = directory_, .bytes_max = bytes_max}, clock_);
    CHECK(recorder.ok());
    return *std::move(recorder);
  }

  static Evening::Tell To(Recorder* recorder) {
    return [recorder](const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
                      const std::shared_ptr<const Plan>& plan,
                      bool rejected) { recorder->Tick(frame, in, plan, rejected); };
  }

  struct FileRead {
    Begin begin;
    uint64_t ticks = 0;
  };
  std::vector<FileRead> Files() const {
    std::vector<FileRead> files;
    const auto names = ListFiles(directory_, kFileSuffix);
    CHECK(names.ok());
    for (const std::string& name : *names) {
      const auto bytes = ReadFile(directory_ + "/" + name);
      CHECK(bytes.ok());
      Decoder decoder(*bytes);
      EXPECT_EQ(decoder.Open(), RecordError::kNone);
      FileRead file{decoder.begin()};
      for (Decoder::Item item; (item = decoder.Next()) != Decoder::Item::kEnd;)
        file.ticks += item == Decoder::Item::kTick;
      EXPECT_EQ(decoder.error(), RecordError::kNone);
      files.push_back(file);
    }
    return files;
  }

  static std::string Metrics(const Recorder& recorder) {
    MetricsWriter writer;
    recorder.WriteMetrics(&writer);
    return writer.text();
  }

  const std::string directory_;
  mutable std::error_code ignored_;
  ManualClock clock_;
};

TEST_F(RecorderTest, EverythingIsOnDiskAfterStop) {
  auto recorder = Start();
  Evening evening(1);
  evening.Play(50, To(recorder.get()));
  recorder->Stop();
  const std::vector<FileRead> files = Files();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].ticks, 50u);
  EXPECT_EQ(files[0].begin.why, Beginning::kStart);
  EXPECT_THAT(Metrics(*recorder), HasSubstr("spillway_record_written_ticks_total 50\n"));
  EXPECT_THAT(Metrics(*recorder), HasSubstr("spillway_record_skipped_ticks_total 0\n"));
}

TEST_F(RecorderTest, FullFilesFollowOneAnotherAndTheOldestGoes) {
  auto recorder = Start();
  Evening evening(2);
  evening.Play(16'000, To(recorder.get()));
  recorder->Stop();
  const std::vector<FileRead> files = Files();
  ASSERT_GE(files.size(), 4u);
  EXPECT_GT(files[0].begin.file, 0u) << "nothing was dropped";
  for (size_t i = 1; i < files.size(); ++i) {
    EXPECT_EQ(files[i].begin.run, files[0].begin.run);
    EXPECT_EQ(files[i].begin.file, files[i - 1].begin.file + 1);
    EXPECT_EQ(files[i].begin.why, Beginning::kFull);
    EXPECT_EQ(files[i].begin.first_tick, files[i - 1].begin.first_tick + files[i - 1].ticks);
  }
  uint64_t size = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_)) size += file.file_size();
  EXPECT_LE(size, FileWriter::kBytesMin + 4096) << "what one tick holds may come on top";
}

TEST_F(RecorderTest, ADiskThatFailsLeavesAGapAndIsTriedAgain) {
  auto recorder = Start();
  Evening evening(3);
  evening.Play(10, To(recorder.get()));
  recorder->Stop();  // the first run is whole
  std::filesystem::remove_all(directory_);

  recorder = Start();
  std::filesystem::remove_all(directory_);
  evening.Play(1, To(recorder.get()));
  for (int i = 0; i < 1'000'000 && Metrics(*recorder).find("failing 1\n") == std::string::npos; ++i)
    std::this_thread::yield();  // the writer's turn
  ASSERT_THAT(Metrics(*recorder), HasSubstr("spillway_record_failing 1\n"));
  evening.Play(5, To(recorder.get()));
  EXPECT_THAT(Metrics(*recorder), HasSubstr("spillway_record_skipped_ticks_total 5\n"));
  std::filesystem::create_directory(directory_);
  clock_.Advance(FileWriter::kRetryAfter);
  evening.Play(4, To(recorder.get()));
  recorder->Stop();
  const std::vector<FileRead> files = Files();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].begin.why, Beginning::kGap);
  EXPECT_EQ(files[0].begin.first_tick, 6u);
  EXPECT_EQ(files[0].ticks, 4u);
  EXPECT_THAT(Metrics(*recorder), HasSubstr("spillway_record_failing 0\n"));
}

TEST_F(RecorderTest, ADirectoryThatCannotBeMadeIsAnErrorAtStart) {
  auto recorder = Recorder::Create({.directory = directory_ + "/none/at/all"}, clock_);
  EXPECT_THAT(std::string(recorder.status().message()), HasSubstr("No such file"));
}

}  // namespace
}  // namespace spillway::record
