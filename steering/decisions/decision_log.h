// steering/decisions/decision_log.h -- who was sent where, and why: one JSON line per sampled
// decision.
//
//   DecisionRing per worker ─every 100 ms─► Explain ──► {"at", "front", "peer", "client", "group",
//                                             "cell", "service", "target", "why", ...}
//
// "why" comes from `Explain`, the code behind `spillway explain`, while the plan that decided is
// the one in force; of an older plan the line has the row's state only.
// limits: kLinesPerTurn lines a turn, the rest is counted as dropped; a file beyond `size_max` is
//         renamed to FILE.1, so at most two are kept.
// thread safety: WriteMetrics from any thread; each ring belongs to its worker.
#ifndef SPILLWAY_STEERING_DECISIONS_DECISION_LOG_H_
#define SPILLWAY_STEERING_DECISIONS_DECISION_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "base/turns.h"
#include "steering/decisions/decision_ring.h"
#include "steering/plan/grants.h"
#include "steering/plan/plan.h"

namespace spillway {

struct DecisionLogOptions {
  std::string path;  // "-" = standard error
  uint32_t every = 1000;
  size_t size_max = 64 << 20;
};

// One line, without the newline. Empty when the policy or geo database changed since: row and
// slot then mean something else.
std::string DecisionLine(const Plan& plan, const DecisionNote& note);

class DecisionLog {
 public:
  static constexpr size_t kLinesPerTurn = 1000;

  // `plans` and `clock` outlive the log. Fails when the file cannot be written.
  static absl::StatusOr<std::unique_ptr<DecisionLog>> Start(DecisionLogOptions options,
                                                            std::array<size_t, kFrontCount> workers,
                                                            const SnapshotCell<Plan>& plans,
                                                            const Clock& clock);

  DecisionRing* ring(Front front, size_t worker) {
    return rings_[static_cast<size_t>(front)][worker].get();
  }
  void WriteMetrics(MetricsWriter* out) const;

 private:
  DecisionLog(DecisionLogOptions options, const SnapshotCell<Plan>& plans)
      : options_(std::move(options)), plans_(plans) {}
  absl::Status Open();
  void Turn();
  // False when not all of `text` could be written.
  bool Write(const std::string& text);

  const DecisionLogOptions options_;
  const SnapshotCell<Plan>& plans_;
  std::array<std::vector<std::unique_ptr<DecisionRing>>, kFrontCount> rings_;
  UniqueFd file_;  // invalid = standard error
  size_t size_ = 0;
  SharedCounter written_;
  SharedCounter dropped_;
  std::optional<Turns> turns_;  // last: it uses the others
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECISIONS_DECISION_LOG_H_
