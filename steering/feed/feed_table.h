// steering/feed/feed_table.h -- the one place where all that is known about targets comes together.
//
//   pushes ─┐
//   files ──┼─ Accept ──────┐                     ┌── Snapshot ──► Facts ──► planner
//   probes ─── ProbeResult ─┼──► FeedTable ───────┤
//   people ─── SetDrain ────┘    (by target name) └── WaitForChange: the planner's alarm clock
//
// invariants: (1) accepted + unchanged + refused rows of every batch = its rows, and every row ends
//      in exactly one counter; (2) state is kept by target name and survives a new policy; (3)
//      silence never makes a target "down"; (4) what is kept is bounded by the policy, never by
//      what is sent.
// thread safety: every method from any thread. The lock is given up every kRowsPerLock rows, so
//      that a batch of 10,000 rows keeps no one else out for long. One row costs O(1): newest wins.
// time: callers pass it; the table reads no clock.
#ifndef SPILLWAY_STEERING_FEED_FEED_TABLE_H_
#define SPILLWAY_STEERING_FEED_FEED_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "steering/feed/sample.h"
#include "steering/feed/target_feed.h"
#include "steering/model/facts.h"
#include "steering/model/policy.h"

namespace spillway {

struct FeedLimits {
  // Per source: four reports a second about 5,000 targets, the largest fleet we plan for.
  double rows_per_second = 20'000;
  double rows_burst = 2 * 10'000;  // two full batches
  // Sources come from tokens and files, so this is only a last bound on memory.
  size_t sources_max = 1024;
  // More than this share of the targets that ever reported, and at least two, not fresh: our own
  // telemetry broke (docs/FEEDS.md).
  double telemetry_frozen_share = 0.5;
};

struct BatchResult {
  struct Held {
    uint32_t row;
    std::string target;
    std::string message;  // the values that wait for a second sample
  };
  size_t accepted = 0;            // rows taken, held values included
  size_t unchanged = 0;           // rows we already had: retries, unchanged lines of a file
  std::vector<RowError> refused;  // by row
  std::vector<Held> held;
};

class FeedTable {
 public:
  explicit FeedTable(std::shared_ptr<const Policy> policy, FeedLimits limits = {});

  // Takes a new policy: targets keep their state by name; those gone keep theirs while it is of use
  // (a drain, a sample not yet frozen), in case the next edit brings them back.
  void Rebind(std::shared_ptr<const Policy> policy, absl::Time now);

  // `source` is who is believed to speak (a token's or a file's name), not what the batch claims.
  BatchResult Accept(absl::string_view source, const SampleBatch& batch, absl::Time now);
  // True when a batch of `source` would be refused for its rate: ask before parsing it. A refusal
  // is counted by CountRefused.
  bool OverRate(absl::string_view source, absl::Time now) const;
  void CountRefused(absl::string_view source, BatchError error, absl::Time now);

  // `probe` indexes Target::probes of the policy in force; results about others are ignored.
  void ProbeResult(absl::string_view target, size_t probe, absl::string_view vantage, bool ok,
                   absl::Time now);

  // Fails with kNotFound when the policy has no such target ("did you mean"). A second drain
  // replaces the first. Drains end by themselves at `until`.
  absl::Status SetDrain(absl::string_view target, Drain drain);
  absl::Status ClearDrain(absl::string_view target);  // kNotFound also when it was not drained

  // By TargetId of `policy`, whichever is bound: a planner never sees ids of another policy.
  Facts Snapshot(const Policy& policy, absl::Time now) const;
  Facts Snapshot(absl::Time now) const;  // of the policy bound

  // Moves with everything that could alter a plan at once. Ageing moves nothing: plan by the clock
  // as well.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // Waits until the generation is not `seen`; returns the generation, `seen` itself on timeout.
  uint64_t WaitForChange(uint64_t seen, absl::Duration timeout) const;
  // Moves the generation, to wake who waits (shutdown, a new policy).
  void Wake();

  // spillway_feed_*: counters by outcome and source, ages, states, drains, probes.
  void WriteMetrics(absl::Time now, MetricsWriter* writer) const;

 private:
  struct Source {
    double tokens = 0;  // rows it may still send
    absl::Time refilled;
    uint64_t accepted = 0, unchanged = 0, refused = 0;  // rows
    uint64_t refused_batches = 0;
  };
  struct Entry {
    bool in_policy = false;
    ResourceVector capacity;  // the policy's
    TargetFeed feed;
  };
  static constexpr size_t kRowsPerLock = 256;

  void BindLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Source* FindSource(absl::string_view name, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountRows(absl::string_view name, absl::Span<const RowError> refused, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  double TokensAt(const Source& source, absl::Time now) const;
  void AcceptRow(absl::string_view source_name, Source* source, const Sample& sample,
                 absl::Time now, BatchResult* result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MoveLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Facts SnapshotLocked(const Policy& policy, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void WriteAges(absl::Time now, MetricsWriter* writer) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SuggestTargets(BatchResult* result) const;
  std::string UnknownTarget(absl::string_view name) const;

  const FeedLimits limits_;
  mutable Mutex mu_;
  mutable CondVar changed_;
  std::atomic<uint64_t> generation_{1};
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mu_);
  StringMap<Entry> targets_ ABSL_GUARDED_BY(mu_);
  StringMap<Source> sources_ ABSL_GUARDED_BY(mu_);
  std::array<uint64_t, kRowErrorCount> refused_rows_ ABSL_GUARDED_BY(mu_){};
  std::array<uint64_t, kBatchErrorCount> refused_batches_ ABSL_GUARDED_BY(mu_){};
  uint64_t held_values_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t restarts_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FEED_FEED_TABLE_H_
