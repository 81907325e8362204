// tests/unit/base/file_watch_test.cc -- every way a careful or careless writer changes a file is
// seen.
#include "base/file_watch.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

constexpr absl::Duration kLong =
    absl::Seconds(60);  // a bound for a broken run; a sound one never waits so long

class FileWatchTest : public testing::Test {
 protected:
  FileWatchTest() {
    std::string form = testing::TempDir() + "spillway_watch_XXXXXX";
    root_ = mkdtemp(form.data());
    directory_ = root_ + "/policies";
    std::filesystem::create_directory(directory_);
    watch_ = FileWatch::Create(directory_).value();
  }
  ~FileWatchTest() override { std::filesystem::remove_all(root_); }

  void Put(const std::string& path) { std::ofstream(path) << "x"; }
  // Waits until `name` ("" stands for everything) is reported.
  bool Sees(const std::string& name) {
    std::vector<std::string> names;
    while (watch_->Wait(kLong, &names) == FileWatch::Event::kChanged) {
      if (std::count(names.begin(), names.end(), name) > 0) return true;
    }
    return false;
  }

  std::string root_, directory_;
  std::unique_ptr<FileWatch> watch_;
};

TEST_F(FileWatchTest, SeesWritesRenamesAndRemovals) {
  Put(directory_ + "/a.yaml");
  EXPECT_TRUE(Sees("a.yaml"));
  Put(root_ + "/b.tmp");
  std::filesystem::rename(root_ + "/b.tmp", directory_ + "/b.yaml");
  EXPECT_TRUE(Sees("b.yaml"));
  std::filesystem::remove(directory_ + "/a.yaml");
  EXPECT_TRUE(Sees("a.yaml"));
}

TEST_F(FileWatchTest, IsQuietWhenNothingChanges) {
  std::vector<std::string> names = {"left over"};
  EXPECT_EQ(watch_->Wait(absl::ZeroDuration(), &names), FileWatch::Event::kTimeout);
  EXPECT_TRUE(names.empty());
}

TEST_F(FileWatchTest, FindsADirectoryThatWasReplaced) {
  std::filesystem::rename(directory_, root_ + "/old");
  EXPECT_TRUE(Sees(""));
  std::filesystem::create_directory(directory_);
  EXPECT_TRUE(Sees(""));
  Put(directory_ + "/new.yaml");
  EXPECT_TRUE(Sees("new.yaml"));
  Put(root_ + "/old/ignored.yaml");
  Put(directory_ + "/last.yaml");
  std::vector<std::string> names, all;
  while (std::count(all.begin(), all.end(), "last.yaml") == 0) {
    ASSERT_EQ(watch_->Wait(kLong, &names), FileWatch::Event::kChanged);
    all.insert(all.end(), names.begin(), names.end());
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), "ignored.yaml"), 0);
}

TEST_F(FileWatchTest, FindsADirectoryThatWasRemovedAndMadeAgain) {
  std::filesystem::remove_all(directory_);
  EXPECT_TRUE(Sees(""));
  std::filesystem::create_directory(directory_);
  EXPECT_TRUE(Sees(""));
}

TEST_F(FileWatchTest, WakeEndsTheWaitInProgressOrTheNext) {
  std::vector<std::string> names;
  watch_->Wake();
  EXPECT_EQ(watch_->Wait(kLong, &names), FileWatch::Event::kWoken);
  EXPECT_EQ(watch_->Wait(absl::ZeroDuration(), &names), FileWatch::Event::kTimeout);  // once only
  std::thread waker([this] { watch_->Wake(); });
  EXPECT_EQ(watch_->Wait(kLong, &names), FileWatch::Event::kWoken);
  waker.join();
}

// poll() takes an int of milliseconds; an endless wait must not become one that ends at once.
TEST_F(FileWatchTest, AnInfiniteTimeoutWaits) {
  std::vector<std::string> names;
  std::thread waker([this] { watch_->Wake(); });
  EXPECT_EQ(watch_->Wait(absl::InfiniteDuration(), &names), FileWatch::Event::kWoken);
  waker.join();
}

TEST(FileWatchCreate, NeedsADirectory) {
  EXPECT_EQ(FileWatch::Create("/nonexistent/spillway").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(FileWatch::Create("/dev/null").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace spillway
