#include "base/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <string>

#include "absl/strings/str_format.h"

namespace spillway {

void LatencyHistogram::Add(int64_t ns, uint64_t count) {
  const auto spent = static_cast<uint64_t>(std::max<int64_t>(ns, 0));
  // 1000 ns are 1 us, 1001 ns more than that.
  const uint64_t us = (spent + 999) / 1000;
  const auto bucket = static_cast<size_t>(us <= 1 ? 0 : std::bit_width(us - 1));
  counts_[std::min(bucket, kBuckets - 1)].Add(count);
  sum_ns_.Add(spent * count);
}

void LatencyTotals::Add(const LatencyHistogram& histogram) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += histogram.counts_[i].Get();
  sum_ns_ += histogram.sum_ns_.Get();
}

void LatencyTotals::Write(absl::string_view name, absl::string_view help,
                          MetricsWriter* out) const {
  out->Family(name, "histogram", help);
  uint64_t below = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    const bool last = i + 1 == counts_.size();
    const std::string most =
        last ? "+Inf" : absl::StrFormat("%g", static_cast<double>(uint64_t{1} << i) * 1e-6);
    out->Sample("_bucket", {{"le", most}}, static_cast<double>(below));
  }
  out->Sample("_sum", {}, static_cast<double>(sum_ns_) * 1e-9);
  out->Sample("_count", {}, static_cast<double>(below));
}

}  // namespace spillway
