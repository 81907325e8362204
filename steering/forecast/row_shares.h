// steering/forecast/row_shares.h -- how a service's arrivals of one kind divide over its rows.
//
//   counts by row ─bin─► fast (60 s) ─┐  large rows: fast, and where it is going
//                    └─► slow (300 s) ─┴─ small rows: slow, they are mostly noise
//
// why shares and not rates: all rows of a service rise together when an event begins. What the
// service's own series foresees holds for each of them, even for one that has ten answers an hour.
// units: by row of the frame's CandidateTable: arrivals, arrivals/s.
// thread safety: none. cost: one pass over the rows for each call; no heap once sized.
#ifndef SPILLWAY_STEERING_FORECAST_ROW_SHARES_H_
#define SPILLWAY_STEERING_FORECAST_ROW_SHARES_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace spillway {

class RowShares {
 public:
  // Rows [first, first + count) of a service.
  struct Rows {
    size_t first = 0, count = 0;
  };

  // Everything starts at 0.
  void Resize(size_t rows);
  // Row `to` of this becomes row `from` of `other`.
  void Carry(size_t to, const RowShares& other, size_t from);

  void Add(size_t row, float arrivals) { bin_[row] += arrivals; }
  // The row's counts are in another unit from now on: it has `rate` arrivals/s, and had them during
  // the open bin of `bin_s`. Returns how much more than before that is, and adds to `bin` how many
  // more arrivals in the open bin.
  double Rebase(size_t row, float rate, double bin_s, double* bin);

  // Ends a bin of `length_s` for all rows; `age_s`: of the longest memory so far (a young mean is a
  // plain mean).
  void CloseBin(double length_s, double age_s);

  // Relative weights of the rows now and on average over the next `horizon_s`, not normalised.
  struct Sums {
    double now = 0, expected = 0;
    double counted = 0;  // arrivals in the fast memory: how much the weights are worth
  };
  Sums Weigh(Rows rows, double horizon_s, absl::Span<float> now, absl::Span<float> expected) const;

 private:
  std::vector<float> bin_, fast_, slow_;
};

}  // namespace spillway

#endif  // SPILLWAY_STEERING_FORECAST_ROW_SHARES_H_
