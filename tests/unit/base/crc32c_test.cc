// tests/unit/base/crc32c_test.cc -- the published vectors, and a CRC in parts.
#include "base/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace spillway {
namespace {

TEST(Crc32c, GivesThePublishedValues) {
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283);
  // RFC 3720 B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aa);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43);
  EXPECT_EQ(Crc32c(rising), 0x46dd794e);
}

TEST(Crc32c, InPartsIsTheSame) { EXPECT_EQ(Crc32c("6789", Crc32c("12345")), Crc32c("123456789")); }

}  // namespace
}  // namespace spillway
