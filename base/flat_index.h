// base/flat_index.h -- which of many strings this one is: filled once, asked at every query.
//
//   hash of the string ──► places: [ hash 32 | number 32 ] ...   linear probes, at most half full
//
// why: one multiplication per eight octets, one cache line for the place and one for the string;
//      absl's map hashes through several calls and probes groups, which here cost five times that.
// The strings stay with their owner, which gives them by number: `string_of(number)`.
// limits: fewer than 2^32 strings. The hash is not keyed: strangers ask, they do not fill.
// thread safety: as a container's.
#ifndef SPILLWAY_BASE_FLAT_INDEX_H_
#define SPILLWAY_BASE_FLAT_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/string_view.h"

namespace spillway {

// Fast, good in every bit, the same everywhere with one byte order; not secret.
inline uint64_t FlatHash(absl::string_view bytes) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  auto load = [](const char* p, size_t size) {
    uint64_t word = 0;
    std::memcpy(&word, p, size);
    return word;
  };
  const char* p = bytes.data();
  size_t left = bytes.size();
  uint64_t hash = left * kMultiplier;
  for (; left > 8; left -= 8, p += 8) {
    hash = (hash ^ load(p, 8)) * kMultiplier;
    hash ^= hash >> 32;
  }
  uint64_t last = 0;
  if (bytes.size() >= 8) {
    last = load(p + left - 8, 8);  // over octets that were read already
  } else if (left >= 4) {
    last = load(p, 4) << 32 | load(p + left - 4, 4);
  } else if (left > 0) {
    last = load(p, 1) << 16 | load(p + left / 2, 1) << 8 | load(p + left - 1, 1);
  }
  hash = (hash ^ last) * kMultiplier;
  return (hash ^ hash >> 32) * kMultiplier;
}

class FlatIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  size_t size() const { return size_; }
  void reserve(size_t count) {
    if (2 * count > places_.size()) Grow(count);
  }

  // The number of `bytes`, or kNone.
  template <typename StringOf>
  uint32_t Find(absl::string_view bytes, StringOf string_of) const {
    return places_.empty() ? kNone : places_[PlaceOf(bytes, Tag(bytes), string_of)].number;
  }

  // The number of `bytes`; when it has none, `number`, by which the owner must know it before the
  // next call.
  template <typename StringOf>
  uint32_t FindOrAdd(absl::string_view bytes, uint32_t number, StringOf string_of) {
    reserve(size_ + 1);
    const uint32_t tag = Tag(bytes);
    Place& place = places_[PlaceOf(bytes, tag, string_of)];
    if (place.number == kNone) {
      place = {tag, number};
      ++size_;
    }
    return place.number;
  }

 private:
  struct Place {
    uint32_t tag = 0;  // upper half of the hash; its low bits say where to begin
    uint32_t number = kNone;
  };

  static uint32_t Tag(absl::string_view bytes) {
    return static_cast<uint32_t>(FlatHash(bytes) >> 32);
  }

  // Where `bytes` is, or the free place where it would be.
  template <typename StringOf>
  size_t PlaceOf(absl::string_view bytes, uint32_t tag, StringOf string_of) const {
    const size_t mask = places_.size() - 1;
    for (size_t at = tag & mask;; at = (at + 1) & mask) {
      const Place& place = places_[at];
      if (place.number == kNone) return at;
      if (place.tag == tag && string_of(place.number) == bytes) return at;
    }
  }

  void Grow(size_t count) {
    size_t size = 8;
    while (size < 2 * count) size *= 2;
    std::vector<Place> old(size);
    old.swap(places_);
    const size_t mask = size - 1;
    for (const Place& place : old) {
      if (place.number == kNone) continue;
      size_t at = place.tag & mask;
      while (places_[at].number != kNone) at = (at + 1) & mask;
      places_[at] = place;
    }
  }

  std::vector<Place> places_;  // a power of two of them
  size_t size_ = 0;
};

}  // namespace spillway

#endif  // SPILLWAY_BASE_FLAT_INDEX_H_
