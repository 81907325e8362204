// base/one_in.h -- which of many to sample: one of every so many, counted.
//
// thread safety: one thread's.
#ifndef SPILLWAY_BASE_ONE_IN_H_
#define SPILLWAY_BASE_ONE_IN_H_

#include <algorithm>
#include <cstdint>

namespace spillway {

class OneIn {
 public:
  // 1 (or 0) = all.
  explicit OneIn(uint32_t every) : every_(std::max(every, 1u)), left_(every_) {}

  // Call it for each; true for those to take.
  bool Due() {
    if (--left_ > 0) return false;
    left_ = every_;
    return true;
  }

 private:
  const uint32_t every_;
  uint32_t left_;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_ONE_IN_H_
