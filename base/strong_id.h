// base/strong_id.h -- integers that cannot be mixed: TargetId is not GroupId.
#ifndef SPILLWAY_BASE_STRONG_ID_H_
#define SPILLWAY_BASE_STRONG_ID_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace spillway {

// An index into the table of Tag's kind. Default-constructed ids are invalid.
template <typename Tag, typename Rep = uint32_t>
class StrongId {
 public:
  static constexpr Rep kInvalidValue = static_cast<Rep>(-1);

  constexpr StrongId() = default;
  template <typename Int>
  constexpr explicit StrongId(Int value) : value_(static_cast<Rep>(value)) {}

  constexpr bool valid() const { return value_ != kInvalidValue; }
  constexpr Rep value() const { return value_; }
  constexpr size_t index() const { return static_cast<size_t>(value_); }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Rep value_ = kInvalidValue;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_STRONG_ID_H_
