// base/snapshot.h -- publish whole immutable values; readers pay one load per batch.
//
//   control thread ──Publish──► SnapshotCell<T> ◄──Get── SnapshotReader<T> (one per worker)
//                               generation, value        own copy, new when the generation moved
//
// why: atomic<shared_ptr> takes a lock per read in GCC 12 and TSan flags it; a worker that keeps
//      its own copy pays one acquire load while nothing changes.
// invariants: (1) a reader's value lives until its next Get(); (2) the cell keeps every published
//      value until no reader holds it, so that a worker never runs a destructor (Publish does).
// thread safety: Publish and Current from any thread; a reader belongs to one thread.
#ifndef SPILLWAY_BASE_SNAPSHOT_H_
#define SPILLWAY_BASE_SNAPSHOT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace spillway {

template <typename T>
class SnapshotCell {
 public:
  void Publish(std::shared_ptr<const T> value) {
    std::vector<std::shared_ptr<const T>> dead;  // destroyed after the lock is released
    {
      MutexLock lock(mu_);
      if (value_ != nullptr) retired_.push_back(std::move(value_));
      value_ = std::move(value);
      generation_.fetch_add(1, std::memory_order_release);
      std::vector<std::shared_ptr<const T>> kept;
      for (auto& old : retired_) (old.use_count() == 1 ? dead : kept).push_back(std::move(old));
      retired_ = std::move(kept);
    }
  }

  // Null until the first Publish.
  std::shared_ptr<const T> Current() const {
    MutexLock lock(mu_);
    return value_;
  }

  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  mutable Mutex mu_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<const T>> retired_ ABSL_GUARDED_BY(mu_);
  std::atomic<uint64_t> generation_{0};
};

template <typename T>
class SnapshotReader {
 public:
  explicit SnapshotReader(const SnapshotCell<T>& cell) : cell_(&cell) {}

  // The newest value, or null before the first Publish. Valid until the next Get() of this reader.
  const T* Get() {
    if (uint64_t now = cell_->generation(); now != seen_) {
      value_ = cell_->Current();
      seen_ = now;
    }
    return value_.get();
  }

 private:
  const SnapshotCell<T>* cell_;
  std::shared_ptr<const T> value_;
  uint64_t seen_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_SNAPSHOT_H_
