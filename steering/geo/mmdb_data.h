// steering/geo/mmdb_data.h -- values of a MaxMind DB's data section, read with every bound checked.
//
//   control byte: type (3 bits; 0 = next byte + 7) | size (5 bits; 29..31 = 1..3 more bytes)
//   map: size key/value pairs follow; array: size values; pointer: offset of another value
//
// why: libmaxminddb 1.7.1 steps over nested values by recursion without limit: 2 MB of arrays in
//      arrays in one record end the process by stack overflow (tried). Pointers to maps of pointers
//      can also make a small file take for ever to read. This reader has a bound for either, and
//      knows only what records of geo databases need.
// limits: kMmdbDepthMax levels of nesting; a budget of values per byte of the section.
// references: MaxMind DB File Format Specification 2.0, "Output Data Section".
#ifndef SPILLWAY_STEERING_GEO_MMDB_DATA_H_
#define SPILLWAY_STEERING_GEO_MMDB_DATA_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace spillway::geo {

// Records of GeoIP2 Enterprise nest 4 deep; 32 leaves room and costs nothing.
inline constexpr int kMmdbDepthMax = 32;

enum class MmdbType : uint8_t {
  kPointer = 1,
  kString = 2,
  kDouble = 3,
  kBytes = 4,
  kUint16 = 5,
  kUint32 = 6,
  kMap = 7,
  kInt32 = 8,
  kUint64 = 9,
  kUint128 = 10,
  kArray = 11,
  kBool = 14,
  kFloat = 15,
};

struct MmdbValue {
  MmdbType type = MmdbType::kMap;
  uint32_t size = 0;  // bytes of the body; pairs of a map, values of an array; the value of a bool
  size_t body = 0;    // offset of the body
  size_t next = 0;    // offset after this value where it was found (for containers: = body)
};

// Reads one section. The first damage met sticks in error() and makes every later call fail.
class MmdbData {
 public:
  // `bytes` must outlive this.
  explicit MmdbData(absl::string_view bytes);

  // The value at `offset`, a pointer followed once (the format forbids pointers to pointers).
  std::optional<MmdbValue> At(size_t offset);
  // Value of `key` in `map`; none too when `map` is no map. O(size of the map).
  std::optional<MmdbValue> Find(const MmdbValue& map, absl::string_view key);
  // First value of an array; none when it is empty or no array.
  std::optional<MmdbValue> Front(const MmdbValue& array);
  // None when of another type.
  std::optional<absl::string_view> String(const MmdbValue& value) const;
  std::optional<uint64_t> Uint(const MmdbValue& value) const;
  std::optional<double> Number(const MmdbValue& value) const;  // double or float

  // Steps over the value at `offset`, whatever it holds; the offset after it.
  std::optional<size_t> Skip(size_t offset);
  // As Skip, and every pointer inside must lead to a value that holds no others: what keeps
  // libmaxminddb's own reading of the metadata finite.
  bool IsPlain(size_t offset);
  // True when `container` is a map from strings to strings or an array of strings.
  bool HoldsStringsOnly(const MmdbValue& container);

  // What is wrong and where, or null.
  const char* error() const { return error_; }
  size_t error_offset() const { return error_offset_; }

 private:
  std::optional<MmdbValue> Raw(size_t offset);
  std::optional<MmdbValue> Fail(const char* what, size_t offset);
  uint64_t BigEndian(size_t offset, size_t count) const;

  absl::string_view bytes_;
  uint64_t budget_;
  bool plain_only_ = false;
  const char* error_ = nullptr;
  size_t error_offset_ = 0;
};

}  // namespace spillway::geo

#endif  // SPILLWAY_STEERING_GEO_MMDB_DATA_H_
