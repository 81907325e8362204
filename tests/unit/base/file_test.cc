// tests/unit/base/file_test.cc -- whole files or none, and descriptors closed once.
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "gtest/gtest.h"

namespace spillway {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string form = testing::TempDir() + "spillway_file_XXXXXX";
    directory_ = mkdtemp(form.data());
  }
  ~FileTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Put(const std::string& name, const std::string& content = "") {
    std::ofstream(Path(name)) << content;
  }

  std::string directory_;
};

TEST_F(FileTest, ReadGivesEveryOctet) {
  std::string content;
  for (int i = 0; i < 200'000; ++i) content.push_back(static_cast<char>(i * 7));
  ASSERT_TRUE(WriteFileAtomically(Path("f"), content).ok());
  EXPECT_EQ(ReadFile(Path("f")).value(), content);
  Put("empty");
  EXPECT_EQ(ReadFile(Path("empty")).value(), "");
}

TEST_F(FileTest, ReadSaysWhyNot) {
  EXPECT_EQ(ReadFile(Path("none")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadFile(directory_).ok());
  Put("big", std::string(1001, 'x'));
  EXPECT_EQ(ReadFile(Path("big"), 1000).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ReadFile(Path("big"), 1001).ok());
  if (geteuid() != 0) {  // root reads everything
    ASSERT_EQ(chmod(Path("big").c_str(), 0), 0);
    EXPECT_EQ(ReadFile(Path("big")).status().code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST_F(FileTest, WriteReplacesWholeFilesAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteFileAtomically(Path("f"), "a longer first version").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("f"), "second").ok());
  EXPECT_EQ(ReadFile(Path("f")).value(), "second");
  EXPECT_EQ(ListFiles(directory_, "").value(), std::vector<std::string>{"f"});
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNothingBeside) {
  std::filesystem::create_directory(Path("taken"));
  Put("taken/child");
  EXPECT_FALSE(WriteFileAtomically(Path("taken"), "x").ok());  // a directory cannot be replaced
  EXPECT_EQ(ListFiles(directory_, "").value(), std::vector<std::string>{});
  EXPECT_EQ(WriteFileAtomically(Path("none/f"), "x").code(), absl::StatusCode::kNotFound);
}

// All writers of one process used to share one temporary name and could rename each other's half.
TEST_F(FileTest, WritersOfOneFileNeverMixTheirVersions) {
  constexpr int kWriters = 4, kRounds = 50;
  ASSERT_TRUE(WriteFileAtomically(Path("f"), std::string(10'000, 'a')).ok());
  std::vector<std::thread> writers;
  std::atomic<int> failed{0}, running{kWriters};
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const std::string content(static_cast<size_t>(10'000 + w), static_cast<char>('a' + w));
      for (int i = 0; i < kRounds; ++i)
        failed += WriteFileAtomically(Path("f"), content).ok() ? 0 : 1;
      --running;
    });
  }
  while (running > 0) {
    const std::string content = ReadFile(Path("f")).value();
    ASSERT_GE(content.size(), 10'000u);
    EXPECT_EQ(content.find_first_not_of(content[0]), std::string::npos);
    EXPECT_TRUE(content.size() == 10'000u + static_cast<size_t>(content[0] - 'a'));
    std::this_thread::yield();
  }
  for (std::thread& t : writers) t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(ListFiles(directory_, "").value(), std::vector<std::string>{"f"});
}

TEST_F(FileTest, ListsRegularFilesOfTheSuffixSorted) {
  for (const char* name : {"b.yaml", "a.yaml", ".a.yaml.swp", ".hidden.yaml", "a.yaml~", "c.zone"})
    Put(name);
  std::filesystem::create_directory(Path("d.yaml"));
  std::filesystem::create_symlink(Path("a.yaml"), Path("link.yaml"));
  std::filesystem::create_symlink(Path("nowhere"), Path("dangling.yaml"));
  EXPECT_EQ(ListFiles(directory_, ".yaml").value(),
            (std::vector<std::string>{"a.yaml", "b.yaml", "link.yaml"}));
  EXPECT_EQ(ListFiles(Path("none"), "").status().code(), absl::StatusCode::kNotFound);
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST_F(FileTest, DescriptorsCloseWithTheirOwner) {
  Put("f");
  int raw;
  {
    UniqueFd fd(open(Path("f").c_str(), O_RDONLY));
    raw = fd.get();
    ASSERT_TRUE(fd.valid());
    UniqueFd other = std::move(fd);
    EXPECT_FALSE(fd.valid());
    EXPECT_TRUE(IsOpen(raw));
    UniqueFd& same = other;
    other = std::move(same);
    EXPECT_TRUE(IsOpen(raw));
  }
  EXPECT_FALSE(IsOpen(raw));
}

}  // namespace
}  // namespace spillway
