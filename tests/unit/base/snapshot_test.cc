// tests/unit/base/snapshot_test.cc -- readers see whole values, in order, and never destroy one.
#include "base/snapshot.h"

#include <thread>

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Snapshot, IsNullUntilPublishedThenTheNewest) {
  SnapshotCell<int> cell;
  SnapshotReader<int> reader(cell);
  EXPECT_EQ(reader.Get(), nullptr);
  EXPECT_EQ(cell.Current(), nullptr);
  cell.Publish(std::make_shared<const int>(1));
  EXPECT_EQ(*reader.Get(), 1);
  cell.Publish(std::make_shared<const int>(2));
  cell.Publish(std::make_shared<const int>(3));
  EXPECT_EQ(*reader.Get(), 3);
  EXPECT_EQ(*cell.Current(), 3);
  EXPECT_EQ(cell.generation(), 3u);
}

TEST(Snapshot, AValueLivesUntilItsReaderAsksAgain) {
  SnapshotCell<int> cell;
  SnapshotReader<int> reader(cell);
  std::weak_ptr<const int> first;
  {
    auto value = std::make_shared<const int>(1);
    first = value;
    cell.Publish(std::move(value));
  }
  const int* held = reader.Get();
  for (int i = 2; i < 10; ++i) cell.Publish(std::make_shared<const int>(i));
  EXPECT_EQ(*held, 1);
  EXPECT_FALSE(first.expired());
  EXPECT_EQ(*reader.Get(), 9);
  EXPECT_FALSE(
      first.expired());  // the reader let go, the cell keeps it for the publisher to destroy
  cell.Publish(std::make_shared<const int>(10));
  EXPECT_TRUE(first.expired());
}

TEST(Snapshot, ValuesNobodyReadsDoNotPileUp) {
  SnapshotCell<int> cell;
  std::vector<std::weak_ptr<const int>> all;
  for (int i = 0; i < 100; ++i) {
    auto value = std::make_shared<const int>(i);
    all.push_back(value);
    cell.Publish(std::move(value));
  }
  int alive = 0;
  for (const auto& value : all) alive += value.expired() ? 0 : 1;
  EXPECT_EQ(alive, 1);
}

// A value whose parts must agree, and which knows the thread that destroys it.
class Twin {
 public:
  Twin(uint64_t n, std::thread::id publisher, std::atomic<int>* strangers)
      : a(n), b(~n), publisher_(publisher), strangers_(strangers) {}
  ~Twin() {
    if (std::this_thread::get_id() != publisher_) strangers_->fetch_add(1);
  }
  const uint64_t a, b;

 private:
  const std::thread::id publisher_;
  std::atomic<int>* strangers_;
};

TEST(Snapshot, ManyReadersSeeWholeValuesInOrderAndDestroyNone) {
  constexpr uint64_t kLast = 5'000;
  constexpr int kReaders = 3;
  std::atomic<int> strangers{0}, broken{0};
  {
    SnapshotCell<Twin> cell;
    std::vector<std::thread> readers;
    for (int r = 0; r < kReaders; ++r) {
      readers.emplace_back([&] {
        SnapshotReader<Twin> reader(cell);
        for (uint64_t last = 0; last < kLast;) {
          const Twin* twin = reader.Get();
          if (twin == nullptr) {
            std::this_thread::yield();
            continue;
          }
          if (twin->a != ~twin->b || twin->a < last) broken.fetch_add(1);
          last = twin->a;
        }
      });
    }
    for (uint64_t n = 1; n <= kLast; ++n) {
      cell.Publish(std::make_shared<const Twin>(n, std::this_thread::get_id(), &strangers));
    }
    for (std::thread& t : readers) t.join();
  }
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(strangers, 0);
}

}  // namespace
}  // namespace spillway
