// tests/unit/steering/record/bytes_test.cc -- every value comes back, to the last bit.
#include "steering/record/bytes.h"

#include <bit>
#include <limits>
#include <string>
#include <vector>

#include "base/hash.h"
#include "gtest/gtest.h"

namespace spillway::record {
namespace {

TEST(RecordBytes, NumbersOfEverySizeComeBack) {
  std::vector<uint64_t> numbers = {0, 127, 128, ~uint64_t{0}, ~uint64_t{0} - 1};
  for (int bit = 0; bit < 64; ++bit) numbers.push_back(Mix64(bit) >> bit);
  std::string bytes;
  ByteWriter to(&bytes);
  for (const uint64_t n : numbers) {
    to.Number(n);
    to.Signed(static_cast<int64_t>(n));
  }
  ByteReader from(bytes);
  for (const uint64_t n : numbers) {
    EXPECT_EQ(from.Number(), n);
    EXPECT_EQ(from.Signed(), static_cast<int64_t>(n));
  }
  EXPECT_TRUE(from.done());
}

TEST(RecordBytes, FloatsComeBackBitForBit) {
  std::string bytes;
  ByteWriter to(&bytes);
  std::vector<uint64_t> patterns = {
      std::bit_cast<uint64_t>(-0.0), std::bit_cast<uint64_t>(1.0),
      std::bit_cast<uint64_t>(9007199254740992.0),
      std::bit_cast<uint64_t>(std::numeric_limits<double>::infinity())};
  for (uint64_t i = 0; i < 1000; ++i) patterns.push_back(Mix64(i));
  for (uint64_t i = 0; i < 1000; ++i)
    patterns.push_back(std::bit_cast<uint64_t>(static_cast<double>(i * i)));
  for (const uint64_t p : patterns) {
    to.Double(std::bit_cast<double>(p));
    to.Float(std::bit_cast<float>(static_cast<uint32_t>(p >> 32)));
  }
  ByteReader from(bytes);
  for (const uint64_t p : patterns) {
    EXPECT_EQ(std::bit_cast<uint64_t>(from.Double()), p);
    EXPECT_EQ(std::bit_cast<uint32_t>(from.Float()), static_cast<uint32_t>(p >> 32));
  }
  EXPECT_TRUE(from.done());
}

TEST(RecordBytes, TimesComeBackToTheQuarterOfANanosecond) {
  const absl::Time base = absl::FromUnixNanos(1'700'000'000'123'456'789);
  const absl::Duration quarter = absl::Nanoseconds(1) / 4;
  const std::vector<absl::Time> times = {base,
                                         base + quarter,
                                         base - 3 * quarter,
                                         base - absl::Nanoseconds(1),
                                         base + absl::Hours(24 * 365 * 200) + quarter,
                                         absl::UnixEpoch() - absl::Hours(24 * 365 * 9000),
                                         absl::InfiniteFuture(),
                                         absl::InfinitePast()};
  std::string bytes;
  ByteWriter to(&bytes);
  for (const absl::Time t : times) to.Time(t, base);
  ByteReader from(bytes);
  for (const absl::Time t : times) EXPECT_EQ(from.Time(base), t);
  EXPECT_TRUE(from.done());
}

TEST(RecordBytes, SmallThingsAreSmall) {
  std::string bytes;
  ByteWriter to(&bytes);
  to.Number(5);
  to.Float(17);
  to.Double(60);
  to.Span(absl::ZeroDuration());
  EXPECT_EQ(bytes.size(), 4u);
}

TEST(RecordBytes, WhatIsMissingReadsAsZeroAndSticks) {
  ByteReader cut("\x80");
  EXPECT_EQ(cut.Number(), 0u);
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(cut.Byte(), 0);
  EXPECT_EQ(cut.Text(), "");
  EXPECT_FALSE(cut.done());
}

TEST(RecordBytes, ANumberOfMoreThan64BitsIsRefused) {
  ByteReader from("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  from.Number();
  EXPECT_FALSE(from.ok());
}

TEST(RecordBytes, ACountIsNeverMoreThanThereAreOctets) {
  std::string bytes;
  ByteWriter to(&bytes);
  to.Number(3);
  bytes += "ab";
  ByteReader from(bytes);
  EXPECT_EQ(from.Count(), 0u);
  EXPECT_FALSE(from.ok());
}

}  // namespace
}  // namespace spillway::record
