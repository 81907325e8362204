#include "steering/geo/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>
#include <vector>

#include "absl/numeric/int128.h"
#include "base/ip.h"

namespace spillway::geo {
namespace {

using Runs32 = Runs<uint32_t>;

TEST(Runs, ZipCallsOncePerPieceAndMergesEqualNeighbours) {
  Runs32 a = {{0, 1}, {10, 2}, {20, 1}};
  Runs32 b = {{0, 0}, {15, 5}};
  std::vector<std::tuple<uint32_t, uint32_t>> pieces;
  Runs32 out = Zip<uint32_t, 2>(
      {&a, &b}, [&](const std::array<uint32_t, 2>& v, uint32_t first, uint32_t last) {
        pieces.emplace_back(first, last);
        return v[0] == 2 && v[1] == 0 ? 1 : v[0] + v[1];
      });
  EXPECT_THAT(pieces, testing::ElementsAre(std::tuple(0, 9), std::tuple(10, 14), std::tuple(15, 19),
                                           std::tuple(20, UINT32_MAX)));
  EXPECT_EQ(out, (Runs32{{0, 1}, {15, 7}, {20, 6}}));
}

TEST(Runs, ZipReachesTheLastAddress) {
  Runs32 a = {{0, 1}, {UINT32_MAX, 2}};
  Runs32 b = {{0, 0}};
  Runs32 out = Zip<uint32_t, 2>(
      {&a, &b}, [](const std::array<uint32_t, 2>& v, uint32_t, uint32_t) { return v[0]; });
  EXPECT_EQ(out, a);
}

TEST(Runs, KeysAndAddressesAgree) {
  for (const char* text : {"0.0.0.0", "192.0.2.129", "255.255.255.255"}) {
    IpAddress a = *IpAddress::Parse(text);
    EXPECT_EQ(AddressOf(KeyOf<uint32_t>(a)), a);
  }
  for (const char* text : {"::", "2001:db8::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    IpAddress a = *IpAddress::Parse(text);
    EXPECT_EQ(AddressOf(KeyOf<absl::uint128>(a)), a);
  }
}

TEST(Runs, LastKeyCoversThePrefix) {
  EXPECT_EQ(LastKey<uint32_t>(0, 0), UINT32_MAX);
  EXPECT_EQ(LastKey<uint32_t>(0x0a000000, 8), 0x0affffffu);
  EXPECT_EQ(LastKey<uint32_t>(7, 32), 7u);
  EXPECT_EQ(LastKey<absl::uint128>(0, 0), absl::Uint128Max());
}

}  // namespace
}  // namespace spillway::geo
