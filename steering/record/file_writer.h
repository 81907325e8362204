// steering/record/file_writer.h -- recordings to disk, from a thread of its own.
//
//   planning thread ──Push──► [ queue, bounded ] ──thread──► START-RUN-NUMBER.rec, oldest dropped
//          ▲ HasRoom: false while the queue is full, or for a while after a failed write
//
// why: a disk may hang for seconds; a plan must not be late for it. What finds no room is not
//      encoded at all, so that a full queue costs planning nothing.
// limits: kQueueMax of memory and one item; `bytes_max` of disk, all *.rec files of the directory
//      together, exceeded by no more than what one tick holds (the whole of a plan, at most).
// thread safety: all methods from any thread.
#ifndef SPILLWAY_STEERING_RECORD_FILE_WRITER_H_
#define SPILLWAY_STEERING_RECORD_FILE_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/record/format.h"

namespace spillway::record {

class FileWriter {
 public:
  // 40 s of a busy planner: 100 ticks a second of 1 KiB each.
  static constexpr size_t kQueueMax = 4 << 20;
  // A full disk is tried again that often.
  static constexpr absl::Duration kRetryAfter = absl::Seconds(10);
  static constexpr uint64_t kBytesMin = 1 << 20;
  // Files so large hold some hours; eight of them fill the disk space given, so that dropping the
  // oldest loses an eighth.
  static constexpr uint64_t kFileSizeMax = 64 << 20;
  static constexpr uint64_t kFilesKept = 8;

  // Makes the directory (not its parents) when there is none, with a mode of 0750: recordings hold
  // the policy. Fails when it cannot be written to.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Start(std::string directory,
                                                           uint64_t bytes_max, const Clock& clock);
  ~FileWriter() { Stop(); }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  bool HasRoom() const;
  // Begins a file of that name. Requires HasRoom just before; everything pushed from then on goes
  // into it.
  void Begin(std::string name);
  // `ticks`: how many `bytes` hold, for the counters.
  void Push(absl::string_view bytes, uint64_t ticks);
  // Writes what is queued and ends. Nothing may be pushed after.
  void Stop();

  uint64_t file_size_max() const;
  uint64_t failures() const;
  void WriteMetrics(MetricsWriter* out) const;

 private:
  struct Piece {
    std::string begins;  // name of a file, or empty: goes on with the one before
    std::string bytes;
    uint64_t ticks = 0;
  };
  struct Stats {
    uint64_t written_ticks = 0, lost_ticks = 0, bytes = 0;
    uint64_t files_begun = 0, files_dropped = 0, failures = 0;
    uint64_t disk_bytes = 0;
    bool failing = false;
  };

  FileWriter(std::string directory, uint64_t bytes_max, const Clock& clock)
      : directory_(std::move(directory)), bytes_max_(bytes_max), clock_(clock) {}
  void Run();
  void Write(const Piece& piece);
  absl::Status OpenFile(const std::string& name);
  absl::Status WriteBytes(absl::string_view bytes);
  void DropOldest();
  void Fail(const absl::Status& status, uint64_t ticks);

  const std::string directory_;
  const uint64_t bytes_max_;
  const Clock& clock_;
  std::thread thread_;
  UniqueFd file_;  // the thread's; none: what comes is lost until a file begins

  mutable Mutex mu_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Piece> queue_ ABSL_GUARDED_BY(mu_);
  size_t queued_ ABSL_GUARDED_BY(mu_) = 0;      // octets, those being written included
  int64_t failed_ns_ ABSL_GUARDED_BY(mu_) = 0;  // monotonic
  Stats stats_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_FILE_WRITER_H_
