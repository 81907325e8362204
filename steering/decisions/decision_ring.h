// steering/decisions/decision_ring.h -- sampled decisions of one worker, on their way to the log.
//
//   worker ──Due? Add──► [ ring of kSize notes ] ──Drain──► DecisionLog
//
// One writing and one reading thread; no lock, heap or system call in either, but for a look at the
// clock per sampled decision.
#ifndef SPILLWAY_STEERING_DECISIONS_DECISION_RING_H_
#define SPILLWAY_STEERING_DECISIONS_DECISION_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "base/one_in.h"
#include "steering/decide/decide.h"
#include "steering/model/ids.h"
#include "steering/plan/grants.h"
#include "steering/plan/plan.h"

namespace spillway {

struct DecisionNote {
  int64_t unix_ms = 0;  // set by Add
  uint64_t generation = 0;
  const void* table = nullptr;  // the candidate table row and slot mean something in; not followed
  IpAddress peer;               // who asked
  IpAddress client;             // whom the answer is for: of ECS, of a proxy's header, or the peer
  uint8_t client_bits = 0;
  uint8_t scope_bits = 0;
  Front front = Front::kDns;
  RowState state = RowState::kCalm;
  ServiceId service;
  uint32_t row = 0;
  uint32_t slot = 0;
  uint32_t ttl_s = 0;
};

class DecisionRing {
 public:
  // A tenth of a second at 40,000 sampled decisions a second.
  static constexpr size_t kSize = 4096;

  // One of `every` decisions is taken; 1 = all.
  DecisionRing(const Clock& clock, uint32_t every) : clock_(clock), sample_(every), notes_(kSize) {}
  DecisionRing(const DecisionRing&) = delete;
  DecisionRing& operator=(const DecisionRing&) = delete;

  // The worker's side. True for the decisions to Add.
  bool Due() { return sample_.Due(); }
  void Add(const Plan& plan, const Decision& decision, DecisionNote note) {
    if (next_ - tail_.load(std::memory_order_acquire) == kSize) return dropped_.Add();
    note.unix_ms = absl::ToUnixMillis(clock_.Now());
    note.generation = plan.generation;
    note.table = plan.frame->candidates.get();
    note.service = plan.frame->candidates->RowService(decision.row);
    note.row = decision.row;
    note.slot = decision.slot;
    note.ttl_s = decision.ttl_s;
    note.state = decision.state;
    notes_[next_++ % kSize] = note;
    head_.store(next_, std::memory_order_release);
  }

  // The reader's side.
  template <typename F>
  void Drain(F f) {
    const uint64_t end = head_.load(std::memory_order_acquire);
    for (; read_ != end; ++read_) f(notes_[read_ % kSize]);
    tail_.store(read_, std::memory_order_release);
  }

  uint64_t dropped() const { return dropped_.Get(); }  // from any thread

 private:
  const Clock& clock_;
  OneIn sample_;
  std::vector<DecisionNote> notes_;
  uint64_t next_ = 0;  // the worker's
  Counter dropped_;
  // 64: a cache line, so that worker and reader do not take each other's.
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t read_ = 0;  // the reader's
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_DECISIONS_DECISION_RING_H_
