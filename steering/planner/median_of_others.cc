#include "steering/planner/median_of_others.h"

#include <algorithm>

namespace spillway {

void MedianOfOthers::Clear(size_t targets) {
  entries_.clear();
  rank_.assign(targets, 0);
}

void MedianOfOthers::Add(size_t target, double ratio, double load) {
  entries_.push_back({ratio, load, static_cast<uint32_t>(target)});
}

void MedianOfOthers::Sort() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.ratio != b.ratio ? a.ratio < b.ratio : a.target < b.target;
  });
  std::fill(rank_.begin(), rank_.end(), static_cast<uint32_t>(entries_.size()));
  load_sums_.clear();
  double sum = 0;
  for (size_t i = 0; i < entries_.size(); ++i) {
    rank_[entries_[i].target] = static_cast<uint32_t>(i);
    load_sums_.push_back(sum += entries_[i].load);
  }
}

double MedianOfOthers::Without(size_t target, double otherwise) const {
  const size_t rank = rank_[target], count = entries_.size();
  const bool in = rank < count;
  if (count < (in ? 2u : 1u)) return otherwise;
  const double own = in ? entries_[rank].load : 0;
  const double half = (load_sums_.back() - own) / 2;
  const auto at = [this](double sum) {
    return static_cast<size_t>(std::lower_bound(load_sums_.begin(), load_sums_.end(), sum) -
                               load_sums_.begin());
  };
  size_t i = at(half);
  if (in && i >= rank) i = std::max(rank + 1, at(half + own));
  return entries_[std::min(i, count - 1)].ratio;
}

}  // namespace spillway
