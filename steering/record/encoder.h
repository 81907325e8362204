// steering/record/encoder.h -- a planner's inputs to the octets of a recording.
//
//   Begin ─► head of a file      Tick ─► what changed since the tick before, frames it needs first
//
// Keeps what the reader will know by then, and nothing else: a file is begun anew after anything
// was not written.
// cost: one pass over the slots (answers), targets and rows; tests/bench/record_bench.cc.
// thread safety: none; the planning thread's.
#ifndef SPILLWAY_STEERING_RECORD_ENCODER_H_
#define SPILLWAY_STEERING_RECORD_ENCODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "steering/plan/plan.h"
#include "steering/planner/controller.h"
#include "steering/record/bytes.h"
#include "steering/record/format.h"

namespace spillway::record {

class Encoder {
 public:
  // Appends the head of a new file. Numbers of frames go on.
  void BeginFile(const Begin& begin, std::string* out);

  // Appends the tick that gave `plan` from `frame` and `in`. Requires BeginFile before, and
  // Fits(frame).
  void Tick(const std::shared_ptr<const Frame>& frame, const ControllerInputs& in,
            const std::shared_ptr<const Plan>& plan, bool rejected, std::string* out);

  // Within the limits of the format, and of a policy that was read from files.
  static bool Fits(const Frame& frame);

 private:
  struct Target {
    TargetFacts facts;  // but for the ages
    AgeMark age, probe_age;
  };
  struct KnownFrame {
    std::weak_ptr<const Frame> frame;  // and so its address stays its own
    uint64_t number = 0;
    uint64_t file = 0;  // the last that holds it
  };

  uint64_t NumberOf(const std::shared_ptr<const Frame>& frame, std::string* out);
  void PutFrame(const Frame& frame, uint64_t number, std::string* out);
  void PutFacts(const Facts& facts, ByteWriter* to);
  void PutTarget(const TargetFacts& facts, absl::Time now, uint8_t changed, const Target& next,
                 ByteWriter* to);
  static void PutCounts(const std::vector<float>& counts, ByteWriter* to);
  void PutAnswers(const ControllerInputs& in, ByteWriter* to);
  void PutArrivals(absl::Span<const float> arrivals, ByteWriter* to);
  void PutHeavy(const std::shared_ptr<const HeavySet>& heavy, ByteWriter* to);
  // `whole`: the plan itself is written, of that frame.
  void PutInForce(const Plan* plan, InForce kind, bool whole, uint64_t frame, ByteWriter* to);
  InForce Judge(const std::shared_ptr<const Plan>& plan) const;

  std::vector<KnownFrame> frames_;
  uint64_t frame_count_ = 0;
  uint64_t file_ = 0;
  uint64_t policies_ = 0, groups_ = 0;  // in this file
  std::string policy_version_;          // of the last policy of this file
  std::weak_ptr<const GroupMap> group_map_;

  bool first_ = true;  // of this file
  uint64_t frame_ = 0;
  absl::Time now_;
  std::vector<Target> targets_;
  std::vector<float> arrivals_;
  std::shared_ptr<const HeavySet> heavy_;
  uint32_t epoch_ = 0;
  uint64_t generation_ = 0;
  std::string payload_;
  // Of the run, whatever the file.
  std::shared_ptr<const Plan> in_force_;
  std::shared_ptr<const Plan> last_;
  uint64_t last_hash_ = 0;
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_ENCODER_H_
