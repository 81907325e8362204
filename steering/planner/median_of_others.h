// steering/planner/median_of_others.h -- what all but one say: the median, by load, of their ratios
// of reported to modelled.
//
// why: quiet scenes and sessions that end early show everywhere; what is wrong with one target must
// not pull the measure it is judged by.
// thread safety: none. cost: Sort O(n log n), Without O(log n).
#ifndef SPILLWAY_STEERING_PLANNER_MEDIAN_OF_OTHERS_H_
#define SPILLWAY_STEERING_PLANNER_MEDIAN_OF_OTHERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace spillway {

class MedianOfOthers {
 public:
  struct Entry {
    double ratio = 0, load = 0;
    uint32_t target = 0;
  };

  void Clear(size_t targets);
  // Each target once; load > 0.
  void Add(size_t target, double ratio, double load);
  // After the last Add.
  void Sort();

  // Of all but `target`, which need not be among them; `otherwise` when nobody else is.
  double Without(size_t target, double otherwise) const;
  absl::Span<const Entry> entries() const { return entries_; }  // by ratio, then by target

 private:
  std::vector<Entry> entries_;
  std::vector<uint32_t> rank_;     // by target: its place in entries_, or their number
  std::vector<double> load_sums_;  // up to and with each
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_PLANNER_MEDIAN_OF_OTHERS_H_
