// tests/unit/dns/wire/ecs_test.cc -- RFC 7871 section 6, option by option.
#include "dns/wire/ecs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace spillway::dns {
namespace {

std::vector<uint8_t> Octets(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

TEST(ParseEcs, FollowsRfc7871Section6) {
  const struct {
    const char* what;
    const char* hex;
    WireError error;
  } kCases[] = {
      {"a /24", "00011800c63364", WireError::kOk},
      {"a /20, last octet half used", "00011400c63360", WireError::kOk},
      {"a whole IPv4 address", "00012000c6336401", WireError::kOk},
      {"an IPv6 /56", "0002380020010db8000001", WireError::kOk},
      {"a whole IPv6 address", "0002800020010db8000000000000000000000001", WireError::kOk},
      {"SOURCE 0 of IPv4", "00010000", WireError::kOk},
      {"SOURCE 0 of IPv6", "00020000", WireError::kOk},
      {"family 0 source 0, the old opt-out", "00000000", WireError::kOk},
      {"nothing at all", "", WireError::kEcsShort},
      {"three octets", "000118", WireError::kEcsShort},
      {"family 0 with a source", "00000800c6", WireError::kEcsFamily},
      {"family 0 with an address", "00000000c6", WireError::kEcsFamily},
      {"family 3", "00031800c63364", WireError::kEcsFamily},
      {"prefix longer than IPv4", "00012100c000020180", WireError::kEcsSource},
      {"prefix longer than IPv6", "0002810020010db800000000000000000000000180",
       WireError::kEcsSource},
      {"scope set in a query", "00011818c63364", WireError::kEcsScope},
      {"address shorter than the prefix", "00011800c633", WireError::kEcsAddressSize},
      {"address longer than the prefix", "00011800c6336400", WireError::kEcsAddressSize},
      {"address where the prefix is 0", "0001000000", WireError::kEcsAddressSize},
      {"bits beyond the prefix", "00011400c6336f", WireError::kEcsTrailingBits},
      {"IPv6 address an octet short", "0002390020010db8000001", WireError::kEcsAddressSize},
      {"one IPv6 bit beyond the prefix", "0002390020010db800000140", WireError::kEcsTrailingBits},
  };
  for (const auto& c : kCases) {
    Ecs ecs;
    EXPECT_EQ(ParseEcs(Octets(c.hex), &ecs), c.error) << c.what;
  }
}

TEST(ParseEcs, LeavesItsOutputAloneWhenItRefuses) {
  Ecs ecs;
  ecs.family = 1;
  ecs.source_bits = 7;
  EXPECT_NE(ParseEcs(Octets("00033800"), &ecs), WireError::kOk);
  EXPECT_EQ(ecs.source_bits, 7);
}

TEST(EncodeEcs, MirrorsTheQueryAndAddsScope) {
  for (const char* hex : {"00011800c63364", "00011400c63360", "00010000", "00020000", "00000000",
                          "0002380020010db8000001", "0002800020010db8000000000000000000000001"}) {
    Ecs ecs;
    ASSERT_EQ(ParseEcs(Octets(hex), &ecs), WireError::kOk);
    std::vector<uint8_t> out(EcsSize(ecs));
    EncodeEcs(ecs, 21, out.data());
    std::vector<uint8_t> expected = Octets(hex);
    expected[3] = 21;
    EXPECT_EQ(out, expected) << hex;
  }
}

}  // namespace
}  // namespace spillway::dns
