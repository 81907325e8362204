// steering/collect/file_feed.h -- samples from a file that some program keeps rewriting.
//
//   writer ──rename or truncate──► file ──inotify──► FileFeed thread ──parse──► FeedTable
//
// Throttled, not debounced: a file that never rests is still read every `read_every`, and the last
// state written is always read. A half-written or broken file changes nothing; the last good values
// stay (and age), the file is read again, and what is wrong with it is logged once it has lasted.
//
// The file's owner is trusted to speak as `source`, whatever "source" the batch says.
// thread safety: all methods may be called from any thread.
#ifndef SPILLWAY_STEERING_COLLECT_FILE_FEED_H_
#define SPILLWAY_STEERING_COLLECT_FILE_FEED_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file_watch.h"
#include "base/metrics.h"
#include "steering/feed/feed_table.h"
#include "steering/feed/sample.h"

namespace spillway {

class FileFeed {
 public:
  struct Options {
    std::string path;
    std::string source;                                  // empty = "file:<name of the file>"
    absl::Duration read_every = absl::Milliseconds(20);  // at most: bounds what a busy file costs
    absl::Duration look_every = absl::Seconds(2);        // at least; where inotify is blind
  };
  // Fails when the file's directory is not there; the file itself may come later. The table and the
  // clock must outlive the feed.
  static absl::StatusOr<std::unique_ptr<FileFeed>> Start(Options options, FeedTable* table,
                                                         const Clock* clock);
  ~FileFeed();  // stops at once

  const std::string& source() const { return options_.source; }
  uint64_t reads() const { return reads_.Get(); }
  // True while the newest content of the file is a batch that could be read.
  bool sound() const { return sound_.load(std::memory_order_relaxed); }

 private:
  FileFeed(Options options, std::unique_ptr<FileWatch> watch, FeedTable* table, const Clock* clock);
  void Run();
  bool Concerns(const std::string& name) const;
  void Read();
  void Broken(BatchError error, std::string message);
  void ReportRows(const BatchResult& result);

  Options options_;
  std::string file_name_;
  std::unique_ptr<FileWatch> watch_;
  FeedTable* const table_;
  const Clock* const clock_;
  Counter reads_;
  std::atomic<bool> sound_{false};
  std::atomic<bool> stop_{false};

  // The thread's own.
  std::string content_;  // as last read
  bool has_content_ = false;
  int64_t broken_since_ = 0;  // monotonic ns; 0 = sound
  std::string broken_message_;
  BatchError broken_error_ = BatchError::kNone;
  bool broken_logged_ = false;
  std::string row_logged_;
  int64_t row_logged_at_ = 0;

  std::thread thread_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_COLLECT_FILE_FEED_H_
