// base/latency_histogram.h -- how long things took, in powers of two from 1 us to 65 ms.
//
// One writing thread and any number of readers, as Counter; totals of several are summed when read.
// references: Prometheus text format 0.0.4 (cumulative buckets).
#ifndef SPILLWAY_BASE_LATENCY_HISTOGRAM_H_
#define SPILLWAY_BASE_LATENCY_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/metrics.h"

namespace spillway {

class LatencyHistogram {
 public:
  // Bucket i holds at most 2^i us, the last all that took longer.
  static constexpr size_t kBuckets = 18;

  // `count` things that took `ns` each.
  void Add(int64_t ns, uint64_t count);

 private:
  friend class LatencyTotals;
  std::array<Counter, kBuckets> counts_;
  Counter sum_ns_;
};

class LatencyTotals {
 public:
  void Add(const LatencyHistogram& histogram);
  // A family of type histogram, in seconds.
  void Write(absl::string_view name, absl::string_view help, MetricsWriter* out) const;

 private:
  std::array<uint64_t, LatencyHistogram::kBuckets> counts_{};
  uint64_t sum_ns_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_LATENCY_HISTOGRAM_H_
