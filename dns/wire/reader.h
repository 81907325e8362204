// dns/wire/reader.h -- a cursor over bytes from outside whose error sticks.
//
//   bytes  [ a b c d | e f ........ ]      read past the end: ok() turns false, every later read
//            ^offset                       returns zero or empty, the cursor stays where it was
//
// Read a group of fields, then look at ok() once.
// thread safety: a plain value over borrowed bytes.
#ifndef SPILLWAY_DNS_WIRE_READER_H_
#define SPILLWAY_DNS_WIRE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway::dns {

class Reader {
 public:
  explicit Reader(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }
  absl::Span<const uint8_t> rest() const { return bytes_.subspan(offset_); }

  uint8_t U8() { return Have(1) ? bytes_[offset_++] : 0; }
  uint16_t U16() {
    if (!Have(2)) return 0;
    uint16_t value = static_cast<uint16_t>(bytes_[offset_] << 8 | bytes_[offset_ + 1]);
    offset_ += 2;
    return value;
  }
  uint32_t U32() {
    if (!Have(4)) return 0;
    uint32_t high = U16();
    return high << 16 | U16();
  }
  void Skip(size_t count) {
    if (Have(count)) offset_ += count;
  }
  // A view into the bytes given to the constructor.
  absl::Span<const uint8_t> Bytes(size_t count) {
    if (!Have(count)) return {};
    absl::Span<const uint8_t> view = bytes_.subspan(offset_, count);
    offset_ += count;
    return view;
  }
  void Fail() { ok_ = false; }

 private:
  bool Have(size_t count) {
    if (!ok_ || remaining() < count) {
      ok_ = false;
      return false;
    }
    return true;
  }

  absl::Span<const uint8_t> bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_READER_H_
