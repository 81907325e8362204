// steering/record/bytes.cc -- see bytes.h.
#include "steering/record/bytes.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace spillway::record {
namespace {

// Below these every whole number has one float (double) of its own.
constexpr float kWholeFloats = 1 << 24;
constexpr double kWholeDoubles = int64_t{1} << 53;

constexpr uint64_t kInfinite = 0, kMinusInfinite = 1, kQuarters = 2, kNanos = 3;
// Leaves room for kNanos: 73 years.
constexpr int64_t kNanosEnd = int64_t{1} << 61;

absl::Duration Quarter() { return absl::Nanoseconds(1) / 4; }

constexpr uint64_t Zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int64_t Unzigzag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

// -0 is not whole: its bits are others than those of 0.
template <typename T>
bool IsWhole(T value, T end) {
  return value >= 0 && value < end && !std::signbit(value) && value == std::floor(value);
}

}  // namespace

void ByteWriter::Fixed32(uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) Byte(static_cast<uint8_t>(value >> shift));
}

void ByteWriter::Fixed64(uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) Byte(static_cast<uint8_t>(value >> shift));
}

void ByteWriter::Number(uint64_t value) {
  for (; value >= 0x80; value >>= 7) Byte(static_cast<uint8_t>(value | 0x80));
  Byte(static_cast<uint8_t>(value));
}

void ByteWriter::Signed(int64_t value) { Number(Zigzag(value)); }

void ByteWriter::Float(float value) {
  if (IsWhole(value, kWholeFloats)) return Number(static_cast<uint64_t>(value) * 2);
  Number(1);
  Fixed32(std::bit_cast<uint32_t>(value));
}

void ByteWriter::Double(double value) {
  if (IsWhole(value, kWholeDoubles)) return Number(static_cast<uint64_t>(value) * 2);
  Number(1);
  Fixed64(std::bit_cast<uint64_t>(value));
}

void ByteWriter::Span(absl::Duration value) {
  if (value == absl::InfiniteDuration()) return Number(kInfinite);
  if (value == -absl::InfiniteDuration()) return Number(kMinusInfinite);
  const int64_t ns = absl::ToInt64Nanoseconds(value);
  if (ns > -kNanosEnd && ns < kNanosEnd && absl::Nanoseconds(ns) == value)
    return Number(kNanos + Zigzag(ns));
  Number(kQuarters);
  absl::Duration rest;
  Signed(absl::IDivDuration(value, absl::Seconds(1), &rest));
  Signed(absl::IDivDuration(rest, Quarter(), &rest));
}

void ByteWriter::Text(absl::string_view value) {
  Number(value.size());
  out_.append(value.data(), value.size());
}

void ByteWriter::Resources(const ResourceVector& value) {
  uint8_t present = 0;
  for (const Resource r : kResources) {
    if (value.has(r)) present |= static_cast<uint8_t>(1 << static_cast<int>(r));
  }
  Byte(present);
  for (const Resource r : kResources) {
    if (value.has(r)) Double(value[r]);
  }
}

absl::string_view ByteReader::Octets(size_t size) {
  if (size > left_.size()) {
    Fail();
    return {};
  }
  const absl::string_view octets = left_.substr(0, size);
  left_.remove_prefix(size);
  return octets;
}

uint8_t ByteReader::Byte() {
  if (left_.empty()) {
    Fail();
    return 0;
  }
  const uint8_t value = static_cast<uint8_t>(left_[0]);
  left_.remove_prefix(1);
  return value;
}

uint32_t ByteReader::Fixed32() {
  uint32_t value = 0;
  for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{Byte()} << shift;
  return value;
}

uint64_t ByteReader::Fixed64() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 8) value |= uint64_t{Byte()} << shift;
  return value;
}

uint64_t ByteReader::Number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = Byte();
    // The tenth octet has room for one bit.
    if (shift == 63 && byte > 1) break;
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return ok_ ? value : 0;
  }
  Fail();
  return 0;
}

uint64_t ByteReader::Below(uint64_t end) {
  const uint64_t value = Number();
  if (value < end) return value;
  Fail();
  return 0;
}

size_t ByteReader::Count() {
  const uint64_t value = Number();
  if (value <= left_.size()) return static_cast<size_t>(value);
  Fail();
  return 0;
}

int64_t ByteReader::Signed() { return Unzigzag(Number()); }

float ByteReader::Float() {
  const uint64_t value = Number();
  if (value == 1) return std::bit_cast<float>(Fixed32());
  if (value % 2 == 1 || value / 2 >= static_cast<uint64_t>(kWholeFloats)) Fail();
  return ok_ ? static_cast<float>(value / 2) : 0;
}

double ByteReader::Double() {
  const uint64_t value = Number();
  if (value == 1) return std::bit_cast<double>(Fixed64());
  if (value % 2 == 1 || value / 2 >= static_cast<uint64_t>(kWholeDoubles)) Fail();
  return ok_ ? static_cast<double>(value / 2) : 0;
}

absl::Duration ByteReader::Span() {
  const uint64_t kind = Number();
  if (!ok_) return absl::ZeroDuration();
  if (kind == kInfinite) return absl::InfiniteDuration();
  if (kind == kMinusInfinite) return -absl::InfiniteDuration();
  if (kind > kQuarters) return absl::Nanoseconds(Unzigzag(kind - kNanos));
  const absl::Duration seconds = absl::Seconds(Signed());
  return seconds + Quarter() * Signed();
}

absl::string_view ByteReader::Text() { return Octets(static_cast<size_t>(Number())); }

ResourceVector ByteReader::Resources() {
  ResourceVector value;
  const uint64_t present = Below(1 << kResourceCount);
  for (const Resource r : kResources) {
    if (present >> static_cast<int>(r) & 1) value.Set(r, Double());
  }
  return value;
}

}  // namespace spillway::record
