// tests/unit/base/proxy_header_test.cc -- PROXY protocol v2 headers, sound, unfinished and wrong.
#include "base/proxy_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spillway {
namespace {

constexpr char kSignature[] = "0d0a0d0a000d0a515549540a ";
constexpr char kV4[] = "c0000201 c6336402 04d2 0035 ";
constexpr char kV6[] =
    "20010db8000000000000000000000001 20010db8000000000000000000000002 04d2 0035";
constexpr char kMapped[] =
    "00000000000000000000ffffc0000201 00000000000000000000ffffc6336402 04d2 0035";

std::vector<uint8_t> Bytes(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(absl::StrReplaceAll(hex, {{" ", ""}}));
  return {bytes.begin(), bytes.end()};
}

TEST(ProxyHeader, SaysWhoTheClientIs) {
  const struct {
    const char* what;
    std::string rest;
    ProxyParse parsed;
    const char* client;  // "" = none
  } kCases[] = {
      {"TCP over IPv4", absl::StrCat("21 11 000c", kV4), ProxyParse::kOk, "192.0.2.1"},
      {"UDP over IPv4", absl::StrCat("21 12 000c", kV4), ProxyParse::kOk, "192.0.2.1"},
      {"IPv6", absl::StrCat("21 21 0024", kV6), ProxyParse::kOk, "2001:db8::1"},
      {"IPv4 in IPv6", absl::StrCat("21 21 0024", kMapped), ProxyParse::kOk, "192.0.2.1"},
      {"TLVs behind the addresses", absl::StrCat("21 11 0012", kV4, "040003 000000"),
       ProxyParse::kOk, "192.0.2.1"},
      {"LOCAL", absl::StrCat("20 11 000c", kV4), ProxyParse::kOk, ""},
      {"LOCAL without anything", "20 00 0000", ProxyParse::kOk, ""},
      {"family not specified", "21 00 0000", ProxyParse::kOk, ""},
      {"a unix socket", absl::StrCat("21 31 00d8", std::string(432, '0')), ProxyParse::kOk, ""},
      {"version 1", absl::StrCat("11 11 000c", kV4), ProxyParse::kBad, ""},
      {"version 3", absl::StrCat("31 11 000c", kV4), ProxyParse::kBad, ""},
      {"a command nobody knows", absl::StrCat("22 11 000c", kV4), ProxyParse::kBad, ""},
      {"a family nobody knows", absl::StrCat("21 41 000c", kV4), ProxyParse::kBad, ""},
      {"a transport nobody knows", absl::StrCat("21 13 000c", kV4), ProxyParse::kBad, ""},
      {"IPv4 without room for it", "21 11 000b 0000000000000000000000", ProxyParse::kBad, ""},
      {"IPv6 without room for it", absl::StrCat("21 21 000c", kV4), ProxyParse::kBad, ""},
      {"more than any proxy sends", absl::StrCat("21 11 1000", kV4), ProxyParse::kBad, ""},
  };
  for (const auto& c : kCases) {
    const std::vector<uint8_t> bytes = Bytes(absl::StrCat(kSignature, c.rest));
    ProxyHeader header;
    ASSERT_EQ(ParseProxyHeader(bytes, &header), c.parsed) << c.what;
    if (c.parsed != ProxyParse::kOk) continue;
    EXPECT_EQ(header.size, bytes.size()) << c.what;
    EXPECT_EQ(header.client ? header.client->ToString() : "", c.client) << c.what;
    // What is behind it is not its own; short of it, it may still come.
    std::vector<uint8_t> longer = bytes;
    longer.push_back(0xff);
    EXPECT_EQ(ParseProxyHeader(longer, &header), ProxyParse::kOk) << c.what;
    EXPECT_EQ(header.size, bytes.size()) << c.what;
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(ParseProxyHeader(absl::MakeConstSpan(bytes).first(size), &header),
                ProxyParse::kMore)
          << c.what << " " << size;
    }
  }
}

TEST(ProxyHeader, AnythingElseIsKnownByItsFirstWrongOctet) {
  ProxyHeader header;
  const std::vector<uint8_t> sound = Bytes(absl::StrCat(kSignature, "20 00 0000"));
  for (size_t i = 0; i < 12; ++i) {
    std::vector<uint8_t> bytes = sound;
    bytes[i] ^= 0x20;
    bytes.resize(i + 1);
    EXPECT_EQ(ParseProxyHeader(bytes, &header), ProxyParse::kBad) << i;
  }
}

}  // namespace
}  // namespace spillway
