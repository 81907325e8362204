// steering/record/bytes.h -- values as octets and back, to the last bit.
//
//   number    LEB128, low bits first; signed ones zigzag
//   float     whole and below 2^24: 2n      else 1 and its 4 octets      (double: 2^53, 8 octets)
//   span      0 +inf   1 -inf   2 seconds, quarters of a ns   else 3 + zigzag(ns)
//   time      the span since a base both sides know
//   text      length, octets
//
// why quarters: absl::Duration counts them, and an age must come back exactly.
// The reader's error sticks: after it everything reads as zero; check ok() once per group of
// fields. Nothing is allocated for a length that is not there.
// thread safety: none.
#ifndef SPILLWAY_STEERING_RECORD_BYTES_H_
#define SPILLWAY_STEERING_RECORD_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "steering/model/resources.h"

namespace spillway::record {

class ByteWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit ByteWriter(std::string* out) : out_(*out) {}

  void Byte(uint8_t value) { out_ += static_cast<char>(value); }
  void Fixed32(uint32_t value);
  void Fixed64(uint64_t value);
  void Number(uint64_t value);
  void Signed(int64_t value);
  void Float(float value);
  void Double(double value);
  void Span(absl::Duration value);
  void Time(absl::Time value, absl::Time base) { Span(value - base); }
  void Text(absl::string_view value);
  void Resources(const ResourceVector& value);

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  // Read to the end and nothing missing.
  bool done() const { return ok_ && left_.empty(); }
  size_t left() const { return left_.size(); }
  void Fail() {
    ok_ = false;
    left_ = {};
  }

  uint8_t Byte();
  uint32_t Fixed32();
  uint64_t Fixed64();
  uint64_t Number();
  // A number that must be below `end`; fails otherwise.
  uint64_t Below(uint64_t end);
  // How many things follow that take at least one octet each: never more than there are octets.
  size_t Count();
  int64_t Signed();
  float Float();
  double Double();
  absl::Duration Span();
  absl::Time Time(absl::Time base) { return base + Span(); }
  // A view into the bytes read.
  absl::string_view Text();
  absl::string_view Octets(size_t size);
  ResourceVector Resources();

 private:
  absl::string_view left_;
  bool ok_ = true;
};

}  // namespace spillway::record

#endif  // SPILLWAY_STEERING_RECORD_BYTES_H_
