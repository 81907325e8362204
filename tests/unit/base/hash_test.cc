// tests/unit/base/hash_test.cc -- published vectors, and what "stable" promises.
#include "base/hash.h"

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/ip.h"
#include "gtest/gtest.h"

namespace spillway {
namespace {

// The paper's key: 00 01 ... 0f. Its messages: 00 01 ... (n-1).
SipKey CountingKey() {
  SipKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

TEST(SipHash24, GivesThePapersValues) {
  // n = 15: Aumasson and Bernstein 2012, appendix A. The others: the authors' vectors_sip64.
  struct {
    size_t size;
    uint64_t hash;
  } rows[] = {
      {0, 0x726fdb47dd0e0e31},
      {1, 0x74f839c593dc67fd},
      {2, 0x0d6c8009d9a94f5a},
      {15, 0xa129ca6149be45e5},
  };
  std::vector<uint8_t> message(64);
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<uint8_t>(i);
  for (const auto& row : rows) {
    EXPECT_EQ(SipHash24(CountingKey(), message.data(), row.size), row.hash) << row.size;
  }
  EXPECT_EQ(SipHash24(CountingKey(), nullptr, 0), rows[0].hash);
}

TEST(SipHash24, GivesTheServerCookiesOfRfc9018) {
  // RFC 9018 A.1, A.3 and A.4: hash of client cookie, version, reserved, timestamp and client
  // address, read as octets. `cookie` is the whole server cookie: the eight octets hashed, then the
  // hash.
  struct {
    const char *secret, *client_cookie, *address, *cookie;
  } rows[] = {
      {"e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100",
       "010000005cf79f111f8130c3eee29480"},
      {"e5e973e5a6b2a43f48e7dc849e37bfcf", "fc93fc62807ddb86", "203.0.113.203",
       "01abcdef5cf78f71a314227b6679ebf5"},
      {"dd3bdf9344b678b185a6f5cb60fca715", "22681ab97d52c298", "2001:db8:220:1:59de:d0f4:8769:82b8",
       "010000005cf7c57926556bd0934c72f8"},
  };
  for (const auto& row : rows) {
    SipKey key;
    std::memcpy(key.data(), absl::HexStringToBytes(row.secret).data(), key.size());
    const std::string cookie = absl::HexStringToBytes(row.cookie);
    const IpAddress address = *IpAddress::Parse(row.address);
    std::string input = absl::HexStringToBytes(row.client_cookie) + cookie.substr(0, 8);
    input.append(reinterpret_cast<const char*>(address.data()),
                 static_cast<size_t>(address.size()));
    const uint64_t hash =
        SipHash24(key, reinterpret_cast<const uint8_t*>(input.data()), input.size());
    std::string got(8, '\0');
    for (size_t i = 0; i < 8; ++i)
      got[i] = static_cast<char>(hash >> (8 * i));  // the paper's octet order
    EXPECT_EQ(absl::BytesToHexString(got), absl::BytesToHexString(cookie.substr(8))) << row.address;
  }
}

TEST(Mix64, IsSplitMix64) {
  // The first three numbers of the published generator seeded with 0.
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
  EXPECT_EQ(Mix64(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(Mix64(kGolden), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(Mix64(2 * kGolden), 0x06c45d188009454fu);
}

// Nodes of different versions must agree on cells: a change here is a breaking change of the
// product.
TEST(StableHash, NeverChangesBetweenVersions) {
  EXPECT_EQ(StableHash(""), 0xe220a8397b1dcdafu);
  EXPECT_EQ(StableHash("live.example.com"), StableHash(std::string("live.example.com")));
  EXPECT_EQ(StableHash("live.example.com"), 16804537145168402856u);
  EXPECT_EQ(StableHash("live.example.com", 7), 16752466963717373345u);
}

// Seed and size used to be mixed by a bare XOR: seed 1 of one NUL was seed 2 of two.
TEST(StableHash, TellsSizesTailsAndSeedsApart) {
  std::set<uint64_t> seen;
  std::string zeros;
  for (int size = 0; size <= 40; ++size, zeros.push_back('\0')) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
      EXPECT_TRUE(seen.insert(StableHash(zeros, seed)).second) << size << " zeros, seed " << seed;
    }
  }
  EXPECT_NE(StableHash("abcdefgh1"), StableHash("abcdefgh2"));
  EXPECT_NE(CombineHash(1, 2), CombineHash(2, 1));
}

TEST(EqualConstantTime, SaysWhatEqualSays) {
  const std::vector<std::string> words = {
      "", "a", "b", "aa", "ab", "token", "tokem", "tokentoken", std::string("a\0", 2)};
  for (const std::string& a : words) {
    for (const std::string& b : words)
      EXPECT_EQ(EqualConstantTime(a, b), a == b) << a << " and " << b;
  }
}

}  // namespace
}  // namespace spillway
