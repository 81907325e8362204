// http/admin/answer_metrics.h -- answers by group, service and target, with few enough series.
//
//   GrantBoard (a counter per slot and worker) ──summed at a scrape──► totals by id
//     totals ──► the busiest get a series each, at most so many; the rest together is "other"
//
// A name once given stays until the policy or geo database changes, so that no series vanishes. A
// series begins at 0 when its name is given; what came before stays in "other". So every series
// only rises, and all of a family add up to the answers given (the test adds them).
// thread safety: any; scrapes take turns.
#ifndef SPILLWAY_HTTP_ADMIN_ANSWER_METRICS_H_
#define SPILLWAY_HTTP_ADMIN_ANSWER_METRICS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "steering/plan/plan.h"

namespace spillway::http {

// Which ids have a series of their own, and what to show for them.
class TopSeries {
 public:
  explicit TopSeries(size_t series_max) : series_max_(series_max) {}

  // Forgets all names: ids mean something else now, and counts begin anew.
  void Reset();
  // `totals` by id, never falling. Returns (id, value) of the named ones by id; the rest is
  // `*other`.
  std::vector<std::pair<size_t, uint64_t>> Update(absl::Span<const uint64_t> totals,
                                                  uint64_t* other);

 private:
  const size_t series_max_;
  bool fresh_ = true;
  absl::flat_hash_map<size_t, uint64_t> base_;  // id -> its total when it was named
};

class AnswerMetrics {
 public:
  static constexpr size_t kGroupsMax = 50;
  static constexpr size_t kServicesMax = 100;
  static constexpr size_t kTargetsMax = 200;

  // spillway_answers_by_{group,service,target}_total.
  void Write(const Plan& plan, MetricsWriter* out);

 private:
  Mutex mu_;
  std::weak_ptr<const Frame> frame_ ABSL_GUARDED_BY(mu_);  // of the last scrape
  TopSeries groups_ ABSL_GUARDED_BY(mu_){kGroupsMax};
  TopSeries services_ ABSL_GUARDED_BY(mu_){kServicesMax};
  TopSeries targets_ ABSL_GUARDED_BY(mu_){kTargetsMax};
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_ANSWER_METRICS_H_
