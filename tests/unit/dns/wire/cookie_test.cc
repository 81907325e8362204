// tests/unit/dns/wire/cookie_test.cc -- cookies of RFC 9018, against its own vectors.
#include "dns/wire/cookie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;

std::vector<uint8_t> Hex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

SipKey Key(absl::string_view hex) {
  SipKey key;
  const std::vector<uint8_t> bytes = Hex(hex);
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

std::string ToHex(const Cookie& cookie) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(cookie.data()), cookie.size()});
}

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

const SipKey kSecret = Key("e5e973e5a6b2a43f48e7dc849e37bfcf");  // RFC 9018 A.1
constexpr uint32_t kNow = 0x5cf79f11;
const char kClientHex[] = "2464c4abcf10c957";

TEST(Cookie, IsTheOneOfTheRfc) {  // RFC 9018 A.1
  EXPECT_EQ(ToHex(MakeCookie(kSecret, Hex(kClientHex), Ip("198.51.100.100"), kNow)),
            "2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

TEST(Cookie, IsTheOneOfTheRfcForIpv6AndARolledOverSecret) {  // RFC 9018 A.4
  const IpAddress peer = Ip("2001:db8:220:1:59de:d0f4:8769:82b8");
  const CookieSecrets secrets = {.current = Key("445536bcd2513298075a5d379663c962"),
                                 .other = Key("dd3bdf9344b678b185a6f5cb60fca715")};
  const CookieCheck check = CheckCookie(
      secrets, Hex("22681ab97d52c298010000005cf7c57926556bd0934c72f8"), peer, 0x5cf7c609);
  EXPECT_EQ(check.state, CookieState::kValid);
  EXPECT_EQ(ToHex(check.reply), "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
}

class CookieCheckTest : public ::testing::Test {
 protected:
  CookieCheck Check(absl::Span<const uint8_t> option, uint32_t now = kNow) {
    return CheckCookie(secrets_, option, peer_, now);
  }
  Cookie Made(uint32_t at = kNow) { return MakeCookie(kSecret, Hex(kClientHex), peer_, at); }

  CookieSecrets secrets_{.current = kSecret, .other = {}};
  IpAddress peer_ = Ip("198.51.100.100");
};

TEST_F(CookieCheckTest, GivesAFirstContactAWholeCookie) {
  const CookieCheck check = Check(Hex(kClientHex));
  EXPECT_EQ(check.state, CookieState::kClient);
  EXPECT_EQ(check.reply, Made());
}

TEST_F(CookieCheckTest, TakesItsOwnForAnHourAndRenewsItAfterHalfOfIt) {
  const struct {
    int age;
    CookieState state;
    bool kept;
  } kCases[] = {{0, CookieState::kValid, true},     {60, CookieState::kValid, true},
                {1800, CookieState::kValid, true},  {1801, CookieState::kValid, false},
                {3600, CookieState::kValid, false}, {3601, CookieState::kBad, false},
                {-300, CookieState::kValid, true},  {-301, CookieState::kBad, false}};
  for (const auto& c : kCases) {
    const Cookie made = Made(kNow - static_cast<uint32_t>(c.age));
    const CookieCheck check = Check(made);
    EXPECT_EQ(check.state, c.state) << c.age;
    EXPECT_EQ(check.reply, c.kept ? made : Made()) << c.age;
  }
}

TEST_F(CookieCheckTest, ComparesTimesAcrossTheEndOfThe32Bits) {
  const Cookie made = Made(0xffffffff);
  EXPECT_EQ(Check(made, 10).state, CookieState::kValid);
  EXPECT_EQ(Check(Made(10), 0xffffffff).state, CookieState::kValid);
}

TEST_F(CookieCheckTest, RefusesWhatItDidNotMake) {
  const Cookie made = Made();
  for (size_t i = 0; i < made.size(); ++i) {
    Cookie changed = made;
    changed[i] ^= 0x01;
    if (i >= 12 && i < 16) changed[i] = made[i];  // the time has a test of its own
    if (changed == made) continue;
    EXPECT_EQ(Check(changed).state, CookieState::kBad) << i;
  }
  for (size_t size = 16; size <= 40; ++size) {
    if (size != kFullCookieSize) {
      EXPECT_EQ(Check(std::vector<uint8_t>(size, 1)).state, CookieState::kBad);
    }
  }
  peer_ = Ip("198.51.100.101");
  EXPECT_EQ(Check(made).state, CookieState::kBad);
  EXPECT_EQ(Check(made).reply, Made());
}

TEST_F(CookieCheckTest, TakesTheOtherSecretsCookiesAndRenewsThem) {  // RFC 9018 5
  const Cookie old = Made();
  secrets_ = {.current = Key("00112233445566778899aabbccddeeff"), .other = kSecret};
  const CookieCheck check = Check(old);
  EXPECT_EQ(check.state, CookieState::kValid);
  EXPECT_EQ(check.reply, MakeCookie(secrets_.current, Hex(kClientHex), peer_, kNow));
  secrets_.other.reset();
  EXPECT_EQ(Check(old).state, CookieState::kBad);
}

TEST(CookieSecretsFile, HoldsOneOrTwoSecrets) {
  const std::string one(32, 'a'), two(32, 'B');
  auto secrets = ParseCookieSecrets(absl::StrCat("# new\n", one, "\n\n  ", two, "\r\n"), "f");
  ASSERT_TRUE(secrets.ok()) << secrets.status();
  EXPECT_EQ(secrets->current, Key(one));
  EXPECT_EQ(secrets->other, Key(two));
  secrets = ParseCookieSecrets(one, "f");
  ASSERT_TRUE(secrets.ok());
  EXPECT_EQ(secrets->other, std::nullopt);
}

TEST(CookieSecretsFile, SaysWhatIsWrongWithoutTheSecret) {
  const std::string good(32, 'a');
  const struct {
    std::string text, error;
  } kCases[] = {{"", "f:1: want one or two secrets, got 0"},
                {absl::StrCat(good, "\n", good, "\n", good), "f:1: want one or two secrets, got 3"},
                {absl::StrCat("#\n", good, "a"), "f:2: want 32 hex digits, got 33 characters"},
                {std::string(32, 'g'), "f:1: want 32 hex digits, got 32 characters"}};
  for (const auto& c : kCases) {
    EXPECT_THAT(std::string(ParseCookieSecrets(c.text, "f").status().message()),
                HasSubstr(c.error));
  }
}

}  // namespace
}  // namespace spillway::dns
