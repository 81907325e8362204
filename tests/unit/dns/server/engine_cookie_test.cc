// tests/unit/dns/server/engine_cookie_test.cc -- cookies in replies, what a rate does to them, and
// extended errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kClient[] = "2464c4abcf10c957";
constexpr uint32_t kNow = 0x5cf79f11;

class EngineCookieTest : public ::testing::Test {
 protected:
  explicit EngineCookieTest(RateLimits rate = {})
      : engine_(EngineOptions{.rate = rate}, &counters_) {
    auto zone =
        ParseZone("@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nwww 60 A 192.0.2.1\n", "f", N("example"));
    EXPECT_TRUE(zone.ok()) << zone.status();
    std::vector<std::shared_ptr<const Zone>> zones;
    zones.push_back(std::move(*zone));
    zones_ = *ZoneSet::Create(std::move(zones));
    secrets_.current.fill(7);
    view_ = {.zones = &zones_, .cookies = &secrets_, .unix_s = kNow};
  }
  ~EngineCookieTest() override {
    // Exactly one outcome per message.
    const auto& o = counters_.outcomes;
    const uint64_t sum = std::accumulate(o.begin(), o.end(), uint64_t{0},
                                         [](uint64_t s, const Counter& c) { return s + c.Get(); });
    EXPECT_EQ(sum, counters_.udp_messages.Get() + counters_.tcp_messages.Get());
  }

  // Empty `ok` false when nothing was sent.
  Reply Send(const Octets& query, Transport transport = Transport::kUdp) {
    Octets out(kTcpSizeMax);
    out.resize(engine_.Answer(view_, query, peer_, transport, absl::MakeSpan(out)));
    return ReadReply(out);
  }
  Reply Ask(const std::string& cookie, Transport transport = Transport::kUdp,
            const char* name = "www.example") {
    Question question{.name = name, .edns = true};
    if (!cookie.empty())
      question.options_hex = absl::StrCat("000a00", Hex8(cookie.size() / 2), cookie);
    return Send(question.Encode(), transport);
  }
  static std::string Hex8(size_t value) {
    const char octet = static_cast<char>(value);
    return absl::BytesToHexString({&octet, 1});
  }
  // What `reply` gives back, without the option's header.
  static std::string CookieOf(const Reply& reply) {
    return reply.opt_hex.substr(0, 8) == "000a0018" ? reply.opt_hex.substr(8, 48) : "";
  }

  ZoneSet zones_;
  CookieSecrets secrets_;
  EngineView view_;
  IpAddress peer_ = *IpAddress::Parse("198.51.100.1");
  DnsCounters counters_;
  Engine engine_;
};

TEST_F(EngineCookieTest, AnswersAndGivesACookie) {
  for (Transport transport : {Transport::kUdp, Transport::kTcp}) {
    const Reply reply = Ask(kClient, transport);
    EXPECT_EQ(reply.rcode, 0);
    EXPECT_THAT(reply.answer, SizeIs(1));
    EXPECT_THAT(CookieOf(reply), StartsWith(absl::StrCat(kClient, "01000000", "5cf79f11")));
  }
  EXPECT_EQ(Ask("").opt_hex, "");
}

TEST_F(EngineCookieTest, TakesItBackAndAnswersWrongOnesWithAFreshOne) {
  const std::string cookie = CookieOf(Ask(kClient));
  EXPECT_EQ(CookieOf(Ask(cookie)), cookie);
  const std::string wrong = absl::StrCat(kClient, std::string(32, '0'));
  EXPECT_THAT(Ask(wrong).answer, SizeIs(1));
  EXPECT_EQ(CookieOf(Ask(wrong)), cookie);
}

TEST_F(EngineCookieTest, RefusesOtherSizesWithAnOptWithoutACookie) {  // RFC 7873 5.2.2
  for (size_t size : {0, 1, 7, 9, 15, 41, 60}) {
    const Reply reply =
        Send(Question{.name = "www.example",
                      .options_hex = absl::StrCat("000a00", Hex8(size), std::string(2 * size, '1'))}
                 .Encode());
    EXPECT_EQ(reply.rcode, 1) << size;
    EXPECT_TRUE(reply.has_opt);
    EXPECT_EQ(reply.opt_hex, "");
  }
}

TEST_F(EngineCookieTest, GivesACookieAlone) {  // RFC 7873 5.4
  const Octets query = FromHex(
      absl::StrCat("1234 0000 0000 0000 0000 0001 00 0029 04d0 00000000 000c 000a0008", kClient));
  const Reply reply = Send(query);
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_EQ(reply.question, "");
  EXPECT_THAT(CookieOf(reply), StartsWith(kClient));
  EXPECT_EQ(counters_.outcome(Outcome::kCookieOnly).Get(), 1u);
}

TEST_F(EngineCookieTest, SaysNothingOfCookiesWithoutSecrets) {
  view_.cookies = nullptr;
  EXPECT_EQ(Ask(kClient).opt_hex, "");
}

TEST_F(EngineCookieTest, SaysWhyItRefuses) {  // RFC 8914 4
  Question outside{.name = "elsewhere.test", .edns = true};
  EXPECT_EQ(Send(outside.Encode()).opt_hex, "000f00020014");  // 20: not authoritative
  EXPECT_EQ(Send(Question{.name = "elsewhere.test"}.Encode()).opt_hex, "");
  Question transfer{.name = "example", .type = RrType::kAxfr, .edns = true};
  EXPECT_EQ(Send(transfer.Encode()).opt_hex, "000f00020012");  // 18: prohibited
  Question notify{.name = "example", .flags = 4 << 11, .edns = true};
  EXPECT_EQ(Send(notify.Encode()).opt_hex, "000f00020015");  // 21: not supported
  view_.zones = nullptr;
  EXPECT_EQ(Send(outside.Encode()).opt_hex, "000f0002000e");  // 14: not ready
  EXPECT_EQ(Ask("").rcode, 5);
}

class EngineRateTest : public EngineCookieTest {
 protected:
  EngineRateTest() : EngineCookieTest({.per_second = 5, .slip = 2}) {}
  void UseUp() {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask("").rcode, 0);
  }
};

TEST_F(EngineRateTest, DropsOneAndSlipsOne) {
  UseUp();
  EXPECT_FALSE(Ask("").ok);
  const Reply slipped = Ask("");
  EXPECT_TRUE(slipped.tc);
  EXPECT_TRUE(slipped.has_opt);
  EXPECT_THAT(slipped.answer, IsEmpty());
  EXPECT_EQ(counters_.outcome(Outcome::kLimited).Get(), 1u);
  EXPECT_EQ(counters_.outcome(Outcome::kSlipped).Get(), 1u);
  view_.unix_s += 1;
  EXPECT_THAT(Ask("").answer, SizeIs(1));
}

TEST_F(EngineRateTest, LeavesTcpAndOtherClassesAlone) {
  UseUp();
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Ask("", Transport::kTcp).answer, SizeIs(1));
  EXPECT_EQ(Ask("", Transport::kUdp, "nobody.example").rcode, 3);
}

TEST_F(EngineRateTest, IsLiftedByACookieAndSaysSoToWhoHasNoneYet) {
  UseUp();
  EXPECT_FALSE(Ask(kClient).ok);
  const Reply slipped = Ask(kClient);
  EXPECT_EQ(slipped.rcode, 23);  // BADCOOKIE
  EXPECT_FALSE(slipped.tc);
  EXPECT_THAT(slipped.answer, IsEmpty());
  const std::string cookie = CookieOf(slipped);
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Ask(cookie).answer, SizeIs(1));
}

TEST_F(EngineRateTest, NeverSendsMoreThanItWasAsked) {
  UseUp();
  for (int i = 0; i < 10; ++i) {
    const Reply reply = Send(Question{.name = "www.example"}.Encode());
    EXPECT_LE(reply.size, Question{.name = "www.example"}.Encode().size());
  }
}

}  // namespace
}  // namespace spillway::dns
