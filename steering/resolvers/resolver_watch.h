// steering/resolvers/resolver_watch.h -- what DNS workers see of resolvers, ready for the planner.
//
//   worker w ──► log(w) ──┐
//                         ├─Drain, each tick─► ResolverTable ─► arrivals() ─► Forecaster
//   worker v ──► log(v) ──┘                              └────► heavy(), Epoch() ─► Plan ─► Decide
//
// thread safety: log(w) belongs to worker w; Drain, arrivals and heavy to one other thread;
// WriteMetrics to any.
#ifndef SPILLWAY_STEERING_RESOLVERS_RESOLVER_WATCH_H_
#define SPILLWAY_STEERING_RESOLVERS_RESOLVER_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/plan/plan.h"
#include "steering/resolvers/answer_log.h"
#include "steering/resolvers/resolver_table.h"

namespace spillway {

class ResolverWatch {
 public:
  // Entries and rows are summed up again no more often: it is one pass over all of them.
  static constexpr absl::Duration kSweepEvery = absl::Seconds(1);
  // A turn: several in the life of an answer, so that resolvers that ask in step with their TTL
  // still walk through the shares; and fewer new plans than a plan a second.
  static constexpr absl::Duration kTurn = absl::Seconds(5);

  ResolverWatch(size_t dns_workers, ResolverTableOptions options = {});

  // Lives as long as the watch; null for a worker it was not made for.
  AnswerLog* log(size_t worker) { return worker < logs_.size() ? &logs_[worker] : nullptr; }

  // Takes what the workers wrote. `frame` is the one of the plans in force: of its rows are the
  // results, and notes of another's are dropped. Not for a frame that may yet be rejected: entries
  // of names it does not have are gone for good.
  void Drain(absl::Time now, const Frame& frame);
  // Sessions/s by row of the last frame; empty before the first Drain.
  absl::Span<const float> arrivals() const { return table_.arrivals(); }
  // Null while there is none. The same object as long as its members are the same.
  std::shared_ptr<const HeavySet> heavy() const { return heavy_; }
  // For Plan::epoch: the turn `now` is in, the same on every node.
  static uint32_t Epoch(absl::Time now) {
    return static_cast<uint32_t>(absl::ToUnixMillis(now) / absl::ToInt64Milliseconds(kTurn));
  }

  const ResolverTable& table() const { return table_; }
  // spillway_resolvers_* families.
  void WriteMetrics(MetricsWriter* out) const;

 private:
  void TakeInOrder();
  void ShareHeavy();

  std::deque<AnswerLog> logs_;
  ResolverTable table_;
  std::shared_ptr<const HeavySet> heavy_;
  std::vector<uint64_t> heavy_members_;  // of heavy_, sorted
  std::vector<uint64_t> scratch_;
  absl::Time swept_at_ = absl::InfinitePast();
  uint64_t dropped_ = 0;

  struct Shown {
    ResolverTable::Counts counts;
    size_t heavy = 0;
    size_t memory_bytes = 0;
    double arrivals = 0;
  };
  mutable Mutex shown_mu_;
  Shown shown_ ABSL_GUARDED_BY(shown_mu_);
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_RESOLVERS_RESOLVER_WATCH_H_
