// steering/resolvers/answer_log.h -- what one DNS worker answered, on its way to the planner.
//
//   worker ──Add, Add, Commit──► [ ring of kSize notes ] ──Front, Pop──► ResolverTable
//                                  full: the note is dropped and counted
//
// One writing and one reading thread; no lock, heap or system call in either. The worker reads its
// clock once per batch, and only when pending(): notes of one batch share its time.
// cost: Add and its part of Commit, clock included, 4-6 ns (tests/bench/dns_engine_bench.cc).
// limits: a worker that gives more than kSize steered answers between two drains loses the rest;
// the table then learns nothing from gaps they may have been in.
#ifndef SPILLWAY_STEERING_RESOLVERS_ANSWER_LOG_H_
#define SPILLWAY_STEERING_RESOLVERS_ANSWER_LOG_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "steering/plan/candidate_table.h"

namespace spillway {

// Milliseconds that wrap after 49 days; compared by difference only.
inline uint32_t WrappedMillis(absl::Time t) { return static_cast<uint32_t>(absl::ToUnixMillis(t)); }

// Rows mean something in one candidate table only.
inline uint32_t TableTag(const CandidateTable* table) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(table) >> 4);  // 16-byte aligned
}

// The prefix a resolver sent and will use the answer for: no more of it than both hold. At most a
// /64 of IPv6. Differs from every ResolverHash() but by chance.
inline uint64_t SubnetHash(const IpAddress& address, int source_bits, int scope_bits) {
  const int bits = std::min({source_bits, scope_bits, 64});
  const uint64_t prefix = bits <= 0 ? 0 : address.high64() >> (64 - bits);
  const uint64_t kind = static_cast<uint64_t>(address.family()) << 8 | static_cast<uint64_t>(bits);
  return Mix64(prefix ^ kind << 48) & ~uint64_t{1};
}

struct AnswerNote {
  static constexpr uint32_t kTtlMax = (1u << 24) - 1;

  uint64_t asker = 0;  // ResolverHash of the peer, or SubnetHash of what it sent by ECS
  uint32_t row = 0;    // of the plan's candidate table
  uint32_t table = 0;  // TableTag of that table
  uint32_t at_ms = 0;  // WrappedMillis; set by Commit
  uint32_t ttl_s : 24 = 0;
  uint32_t by_ecs : 1 = 0;
  uint32_t second_family : 1 = 0;  // AAAA of a name that is asked for A as well
};
static_assert(sizeof(AnswerNote) == 24);

class AnswerLog {
 public:
  // 32,768 notes, 768 KiB: what a worker may answer between two drains, a second at most. The
  // 20,000 queries/s of all resolvers of the world at a TTL of 30 s fit (papers-and-algorithms 2,
  // query-rate sizing). More comes with a flood only, of which there is nothing to learn: the size
  // also bounds what the planner spends on notes, to 6 ms of a second (ResolverTable::Take).
  static constexpr size_t kSize = size_t{1} << 15;

  AnswerLog() : notes_(kSize) {}
  AnswerLog(const AnswerLog&) = delete;
  AnswerLog& operator=(const AnswerLog&) = delete;

  // The worker's side. A note is seen by the reader after the next Commit.
  void Add(const AnswerNote& note) {
    if (next_ - known_tail_ == kSize) {
      known_tail_ = tail_.load(std::memory_order_acquire);
      if (next_ - known_tail_ == kSize) return dropped_.Add();
    }
    notes_[next_++ % kSize] = note;
  }
  bool pending() const { return next_ != committed_; }
  void Commit(absl::Time now) {
    const uint32_t at_ms = WrappedMillis(now);
    for (; committed_ != next_; ++committed_) notes_[committed_ % kSize].at_ms = at_ms;
    head_.store(next_, std::memory_order_release);
  }

  // The reader's side. Open() fixes how far it reads; Close() gives the room back.
  void Open() { read_end_ = head_.load(std::memory_order_acquire); }
  // The oldest note not popped, or null.
  const AnswerNote* Front() const { return read_ == read_end_ ? nullptr : &notes_[read_ % kSize]; }
  void Pop() { ++read_; }
  void Close() { tail_.store(read_, std::memory_order_release); }

  // From any thread.
  uint64_t dropped() const { return dropped_.Get(); }

 private:
  std::vector<AnswerNote> notes_;
  // 64: a cache line, so that worker and reader do not take each other's.
  alignas(64) uint64_t next_ = 0;  // the worker's
  uint64_t committed_ = 0;
  uint64_t known_tail_ = 0;
  Counter dropped_;
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t read_ = 0;  // the reader's
  uint64_t read_end_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_RESOLVERS_ANSWER_LOG_H_
