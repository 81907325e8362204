// steering/forecast/row_shares.cc -- see row_shares.h.
#include "steering/forecast/row_shares.h"

#include <algorithm>
#include <cmath>

#include "steering/forecast/arrival_series.h"

namespace spillway {
namespace {

// Shares move with countries falling asleep (hours) and with what a group's own league plays
// (minutes). One minute follows the latter; five minutes average ten noisy ones.
constexpr double kFast_s = 60;
constexpr double kSlow_s = 300;
// Arrivals in the fast memory at which it is believed half: 2 % Poisson noise (1 / sqrt(2000)).
constexpr double kBelieved = 2000;
// Below it a row is silent: one arrival in 30'000 years, and above the denormals that cost time.
constexpr float kSilent = 1e-12f;

double Gain(double length_s, double memory_s, double age_s) {
  return std::max(-std::expm1(-length_s / memory_s), std::min(1.0, length_s / age_s));
}

}  // namespace

void RowShares::Resize(size_t rows) {
  bin_.assign(rows, 0);
  fast_.assign(rows, 0);
  slow_.assign(rows, 0);
}

void RowShares::Carry(size_t to, const RowShares& other, size_t from) {
  bin_[to] = other.bin_[from];
  fast_[to] = other.fast_[from];
  slow_[to] = other.slow_[from];
}

double RowShares::Rebase(size_t row, float rate, double bin_s, double* bin) {
  const double more = static_cast<double>(rate) - fast_[row];
  *bin += rate * bin_s - bin_[row];
  bin_[row] = static_cast<float>(rate * bin_s);
  fast_[row] = slow_[row] = rate;
  return more;
}

void RowShares::CloseBin(double length_s, double age_s) {
  const float fast = static_cast<float>(Gain(length_s, kFast_s, age_s));
  const float slow = static_cast<float>(Gain(length_s, kSlow_s, age_s));
  const float per_s = static_cast<float>(1 / length_s);
  for (size_t i = 0; i < bin_.size(); ++i) {
    const float rate = bin_[i] * per_s;
    const float f = fast_[i] + fast * (rate - fast_[i]);
    const float s = slow_[i] + slow * (rate - slow_[i]);
    fast_[i] = f > kSilent ? f : 0;
    slow_[i] = s > kSilent ? s : 0;
    bin_[i] = 0;
  }
}

RowShares::Sums RowShares::Weigh(Rows rows, double horizon_s, absl::Span<float> now,
                                 absl::Span<float> expected) const {
  double fast_sum = 0, slow_sum = 0;
  for (size_t i = rows.first; i < rows.first + rows.count; ++i) {
    fast_sum += fast_[i];
    slow_sum += slow_[i];
  }
  Sums sums{.counted = fast_sum * kFast_s};
  if (!(fast_sum > 0) || !(slow_sum > 0)) return sums;
  const float per_fast = static_cast<float>(1 / fast_sum);
  const float per_slow = static_cast<float>(1 / slow_sum);
  constexpr float kHalf = static_cast<float>(kBelieved / kFast_s);
  // The fast mean lags by its memory, and the two differ by what a share moves in the difference of
  // their memories.
  const float lead_now = static_cast<float>(kFast_s / (kSlow_s - kFast_s));
  const float lead = lead_now + static_cast<float>(horizon_s / 2 / (kSlow_s - kFast_s));
  constexpr float kLeast = static_cast<float>(kExtrapolationMin);
  constexpr float kMost = static_cast<float>(kExtrapolationMax);
  for (size_t i = rows.first; i < rows.first + rows.count; ++i) {
    const float slow = slow_[i] * per_slow;
    const float moved = (fast_[i] * per_fast - slow) * (fast_[i] / (fast_[i] + kHalf));
    const float share = slow + moved;
    const float n = std::clamp(share + moved * lead_now, kLeast * share, kMost * share);
    const float e = std::clamp(share + moved * lead, kLeast * share, kMost * share);
    now[i] = n;
    expected[i] = e;
    sums.now += n;
    sums.expected += e;
  }
  return sums;
}

}  // namespace spillway
