// tests/unit/dns/transfer/tsig_keys_test.cc -- key files: every fault at once, and no secret told.
#include "dns/transfer/tsig_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// RFC 4231 4.3: key "Jefe", here made long enough by its own zeros (HMAC pads keys with zeros).
const std::string& Jefe() {
  static const auto& key = *new std::string(std::string("Jefe") + std::string(12, '\0'));
  return key;
}

std::string Hex(const TsigMac& mac) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(mac.octets.data()), mac.size});
}

TEST(TsigKeys, MakeThePublishedMacs) {  // RFC 4231 4.3, RFC 2202 3
  const std::string secret = absl::Base64Escape(Jefe());
  auto keys = TsigKeys::Parse(
      absl::StrCat("one hmac-sha1 ", secret, "\n# a comment\n\ntwo. HMAC-SHA256. ", secret,
                   "\nThree.Example hmac-sha384 ", secret, "\nfour hmac-sha512 ", secret, "\n"),
      "keys");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 4u);
  const struct {
    const char* name;
    const char* mac;
  } kCases[] = {
      {"one", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
      {"two", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"three.example",
       "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
       "8e2240ca5e69e2c78b3239ecfab21649"},
      {"four",
       "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
       "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
  };
  for (const auto& c : kCases) {
    auto key = keys->Find(*Name::FromText(c.name));
    ASSERT_NE(key, nullptr) << c.name;
    EXPECT_EQ(Hex(key->Mac("what do ya want for nothing?")), c.mac) << c.name;
  }
  EXPECT_EQ(keys->Find(*Name::FromText("five")), nullptr);
}

TEST(TsigKeys, AllFaultsAreReportedWithTheirLinesAndWithoutSecrets) {
  const std::string secret = absl::Base64Escape(Jefe());
  auto keys = TsigKeys::Parse(
      absl::StrCat("a hmac-sha256\n", "b hmac-md5 ", secret, "\n", "c..d hmac-sha256 ", secret,
                   "\n", "e hmac-sha256 c2hvcnQ=\n", "f hmac-sha256 not*base64\n", "g hmac-sha1 ",
                   secret, "\nG. hmac-sha1 ", secret, "\n"),
      "keys");
  ASSERT_FALSE(keys.ok());
  const std::string message(keys.status().message());
  EXPECT_THAT(message, HasSubstr("keys:1: want NAME ALGORITHM SECRET, got 2 words"));
  EXPECT_THAT(message, HasSubstr("keys:2: unknown algorithm 'hmac-md5'; want one of hmac-sha1, "));
  EXPECT_THAT(message, HasSubstr("keys:3: 'c..d' is not a domain name"));
  EXPECT_THAT(message, HasSubstr("keys:4: want a secret of at least 16 octets, got 5"));
  EXPECT_THAT(message, HasSubstr("keys:5: the secret is not base64"));
  EXPECT_THAT(message, HasSubstr("keys:7: key 'g.' is there twice"));
  EXPECT_THAT(message, Not(HasSubstr(secret)));
  EXPECT_THAT(message, Not(HasSubstr("c2hvcnQ")));
}

}  // namespace
}  // namespace spillway::dns
