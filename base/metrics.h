// base/metrics.h -- counters that cost one store, and the Prometheus text they are read as.
//
// A Counter has one writing thread (its worker) and any number of readers: a relaxed load and
// store, no locked instruction. Sum the workers' counters when read.
// references: Prometheus text format 0.0.4.
#ifndef SPILLWAY_BASE_METRICS_H_
#define SPILLWAY_BASE_METRICS_H_

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace spillway {

class Counter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Like Counter, for values more than one thread adds to.
class SharedCounter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Writes families in the order given; samples of a family must follow its Family() call.
class MetricsWriter {
 public:
  using Labels = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

  // type: "counter" (name must end in _total), "gauge", "histogram".
  void Family(absl::string_view name, absl::string_view type, absl::string_view help);
  void Sample(Labels labels, double value) { Sample("", labels, value); }
  void Sample(double value) { Sample("", {}, value); }
  // Of a histogram: `suffix` is "_bucket", "_sum" or "_count".
  void Sample(absl::string_view suffix, Labels labels, double value);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string name_;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_METRICS_H_
