// steering/record/recorder.h -- keeps what every plan was made of, file by file.
//
//   PlanLoop ──Tick──► Encoder ──► FileWriter ──► disk
//                 └─ no room: lost, counted; the next that finds room begins a new file ("gap")
//
// A run begins with its first tick. A file that is full is followed by one that goes on with the
// next tick, so that files in a row replay as one sequence.
// thread safety: Tick from one thread at a time; WriteMetrics and Stop from any.
#ifndef SPILLWAY_STEERING_RECORD_RECORDER_H_
#define SPILLWAY_STEERING_RECORD_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"
#include "steering/record/encoder.h"
#include "steering/record/file_writer.h"

namespace spillway::record {

class Recorder {
 public:
  struct Options {
    std::string directory;
    uint64_t bytes_max = uint64_t{1} << 30;  // of disk; at least FileWriter::kBytesMin
    std::string program;                     // version, for who replays
    uint64_t seed = 0;                       // makes this run's number its own: a process id
  };

  static absl::StatusOr<std::unique_ptr<Recorder>> Create(Options options, const Clock& clock);

  // What the controller was told and what came of it. Never waits for the disk.
  void Tick(const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
            const std::shared_ptr<const Plan>& plan, bool rejected);

  // Everything is on disk after it.
  void Stop() { writer_->Stop(); }
  void WriteMetrics(MetricsWriter* out) const;

 private:
  Recorder(Options options, std::unique_ptr<FileWriter> writer)
      : options_(std::move(options)), writer_(std::move(writer)) {}
  void BeginFile(absl::Time now);

  const Options options_;
  const std::unique_ptr<FileWriter> writer_;
  Encoder encoder_;
  std::string scratch_;
  std::string name_;  // of the run's files, but for their number
  uint64_t run_ = 0;
  uint64_t files_ = 0;
  uint64_t ticks_ = 0;  // seen
  uint64_t file_size_ = 0;
  uint64_t failures_seen_ = 0;
  bool gap_ = false;
  bool unfit_ = false;
  std::atomic<uint64_t> lost_{0};
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_RECORDER_H_
