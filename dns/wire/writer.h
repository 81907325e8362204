// dns/wire/writer.h -- builds a message in the caller's buffer: sticky error, compression,
// rollback.
//
//   buffer  [ header | question | rr rr rr ... | free ........ | reserved for OPT ]
//                                 ^Mark         ^size           ^limit
//
// A write that would pass the limit writes nothing and turns ok() false; RollbackTo(mark) takes
// back everything since the mark, the error and the compression table included. That is how an
// answer is cut by whole RRsets. limits: the first 32 places where a label starts are remembered
// for compression; pointers reach the
//         first 16'383 octets only (RFC 1035 4.1.4). Names are matched without case.
// thread safety: a plain value over a borrowed buffer.
#ifndef SPILLWAY_DNS_WIRE_WRITER_H_
#define SPILLWAY_DNS_WIRE_WRITER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spillway::dns {

// In network order.
inline void Store16(uint8_t* octets, uint16_t value) {
  octets[0] = static_cast<uint8_t>(value >> 8);
  octets[1] = static_cast<uint8_t>(value);
}
inline void Store32(uint8_t* octets, uint32_t value) {
  Store16(octets, static_cast<uint16_t>(value >> 16));
  Store16(octets + 2, static_cast<uint16_t>(value));
}
inline uint16_t Load16(const uint8_t* octets) {
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}
inline uint16_t Load16(const char* octets) {
  return Load16(reinterpret_cast<const uint8_t*>(octets));
}
inline uint32_t Load32(const char* octets) {
  return static_cast<uint32_t>(Load16(octets)) << 16 | Load16(octets + 2);
}

class Writer {
 public:
  struct Mark {
    size_t size = 0;
    size_t label_count = 0;
  };

  explicit Writer(absl::Span<uint8_t> buffer) : buffer_(buffer), limit_(buffer.size()) {}

  bool ok() const { return ok_; }
  size_t size() const { return size_; }
  absl::string_view bytes() const { return {reinterpret_cast<const char*>(buffer_.data()), size_}; }
  size_t limit() const { return limit_; }
  // At most the buffer's size; may be raised again later.
  void set_limit(size_t limit) { limit_ = std::min(limit, buffer_.size()); }

  void U8(uint8_t value) {
    if (Room(1)) buffer_[size_++] = value;
  }
  void U16(uint16_t value) {
    if (uint8_t* octets = Take(2); octets != nullptr) Store16(octets, value);
  }
  void U32(uint32_t value) {
    if (uint8_t* octets = Take(4); octets != nullptr) Store32(octets, value);
  }
  void Bytes(const void* data, size_t count) {
    if (count == 0 || !Room(count)) return;
    std::memcpy(buffer_.data() + size_, data, count);
    size_ += count;
  }
  void Bytes(absl::string_view data) { Bytes(data.data(), data.size()); }
  // Room for `count` octets to be filled by the caller (Store16, Store32), or null.
  uint8_t* Take(size_t count) {
    if (!Room(count)) return nullptr;
    uint8_t* octets = buffer_.data() + size_;
    size_ += count;
    return octets;
  }
  // Requires offset + 2 <= size().
  void Patch16(size_t offset, uint16_t value) { Store16(buffer_.data() + offset, value); }

  // `wire_name` as labels and, when a suffix stands in the message already, a pointer to it.
  void NameCompressed(absl::string_view wire_name);
  // An uncompressed name that stands at `offset` (the question's), for later pointers; its octets
  // outlive the writer. Costs nothing until a name is compressed.
  void Remember(size_t offset, absl::string_view wire_name) {
    question_offset_ = offset;
    question_ = wire_name;
  }

  // True when the name that this writer wrote at `offset` is `wire_name`, without case.
  bool MatchesAt(size_t offset, absl::string_view wire_name) const;

  Mark mark() const { return {size_, label_count_}; }
  void RollbackTo(const Mark& mark) {
    size_ = mark.size;
    label_count_ = mark.label_count;
    ok_ = true;
  }

 private:
  static constexpr size_t kLabelsMax = 32;
  static constexpr size_t kPointerMax = 0x3fff;

  bool Room(size_t count) {
    if (!ok_ || size_ + count > limit_) {
      ok_ = false;
      return false;
    }
    return true;
  }
  // The labels of `wire_name`, which stands at `offset`, down to those of `rest`.
  void RememberLabels(size_t offset, absl::string_view wire_name, size_t rest_size);
  // Offset of `wire_name` in the message, or 0.
  size_t Find(absl::string_view wire_name) const;

  absl::Span<uint8_t> buffer_;
  size_t size_ = 0;
  size_t limit_;
  bool ok_ = true;
  size_t question_offset_ = 0;
  absl::string_view question_;  // not in labels_ while label_count_ is 0
  size_t label_count_ = 0;
  std::array<uint16_t, kLabelsMax> labels_;
};

}  // namespace spillway::dns

#endif  // SPILLWAY_DNS_WIRE_WRITER_H_
