// tests/unit/dns/server/engine_edns_test.cc -- EDNS, client subnet, sizes and truncation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// "big" has replies of any size: `records` TXT records, the last one padded.
std::string ZoneText() {
  std::string text = R"($ORIGIN example.
@ 3600 SOA ns1 hostmaster 1 2 3 4 300
@ 3600 NS ns1
ns1 A 192.0.2.53
www A 192.0.2.1
alias CNAME big
)";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&text, "big TXT ", std::string(80, static_cast<char>('a' + i % 26)), i, "\n");
    absl::StrAppend(&text, "fat.sub NS h", i, ".sub\n", "h", i, ".sub A 192.0.2.", i, "\n");
    absl::StrAppend(&text, "cut NS h", i, ".cut\nh", i, ".cut AAAA 2001:db8::", i, "\n");
    absl::StrAppend(&text, "mx MX ", i, " m", i, "\nm", i, " AAAA 2001:db8::", i, "\n");
  }
  for (int size = 0; size <= 255; ++size) {
    absl::StrAppend(&text, "t", size, " TXT \"", std::string(static_cast<size_t>(size), 'x'),
                    "\" \"", std::string(230, 'y'), "\"\n");
  }
  return text;
}

class EngineEdnsTest : public ::testing::Test {
 protected:
  EngineEdnsTest() {
    auto zone = ParseZone(ZoneText(), "f", Name());
    EXPECT_TRUE(zone.ok()) << zone.status();
    std::vector<std::shared_ptr<const Zone>> zones;
    zones.push_back(std::move(*zone));
    zones_ = *ZoneSet::Create(std::move(zones));
    view_.zones = &zones_;
  }

  Reply Send(const Octets& query, Transport transport = Transport::kUdp) {
    Octets out(kTcpSizeMax);
    out.resize(engine_.Answer(view_, query, *IpAddress::Parse("198.51.100.1"), transport,
                              absl::MakeSpan(out)));
    return ReadReply(out);
  }
  Reply Send(const Question& question, Transport transport = Transport::kUdp) {
    return Send(question.Encode(), transport);
  }

  ZoneSet zones_;
  EngineView view_;
  DnsCounters counters_;
  Engine engine_{EngineOptions{.nsid = "node-7", .tcp_keepalive_ds = 100}, &counters_};
};

TEST_F(EngineEdnsTest, NeverVolunteersAnOpt) {
  EXPECT_FALSE(Send(Question{.name = "www.example"}).has_opt);
}

TEST_F(EngineEdnsTest, AnswersWithVersion0AndItsOwnSize) {
  for (uint16_t size : {0, 511, 512, 1232, 65535}) {
    Reply reply = Send(Question{.name = "www.example", .edns = true, .udp_size = size});
    EXPECT_EQ(reply.rcode, 0);
    EXPECT_TRUE(reply.has_opt);
    EXPECT_EQ(reply.opt_version, 0);
    EXPECT_EQ(reply.opt_udp_size, 1232);
    EXPECT_EQ(reply.opt_hex, "");
  }
}

TEST_F(EngineEdnsTest, RefusesOtherVersionsWithBadVers) {  // RFC 6891 6.1.3
  for (uint8_t version : {1, 100, 255}) {
    for (const char* options : {"", "fde9 0001 aa"}) {
      Reply reply =
          Send(Question{.name = "www.example", .version = version, .options_hex = options});
      EXPECT_EQ(reply.rcode, 16);
      EXPECT_EQ(reply.opt_version, 0);
      EXPECT_THAT(reply.answer, IsEmpty());
    }
  }
  EXPECT_EQ(counters_.outcome(Outcome::kBadVers).Get(), 6u);
}

TEST_F(EngineEdnsTest, IgnoresUnknownOptionsWithoutEchoingThem) {
  std::string many;
  for (int i = 0; i < 60; ++i) many += "fde9 0000";
  for (const std::string& options :
       {std::string("fde9 0003 010203"), many, absl::StrCat("fde9 0384", std::string(1800, '0'))}) {
    Reply reply = Send(Question{.name = "www.example", .options_hex = options});
    EXPECT_EQ(reply.rcode, 0);
    EXPECT_EQ(reply.opt_hex, "");
  }
}

TEST_F(EngineEdnsTest, TellsNsidAndKeepaliveOnRequestOnly) {
  EXPECT_EQ(Send(Question{.name = "www.example", .options_hex = "0003 0000"}).opt_hex,
            "000300066e6f64652d37");
  Question keepalive{.name = "www.example", .options_hex = "000b 0000"};
  EXPECT_EQ(Send(keepalive).opt_hex, "");  // RFC 7828 3.2.1: ignored over UDP
  EXPECT_EQ(Send(keepalive, Transport::kTcp).opt_hex, "000b00020064");
  EXPECT_TRUE(Send(Question{.name = "www.example", .options_hex = "0003 0000 0003 0000"}).ok);
}

TEST_F(EngineEdnsTest, KeepsTheOptInFormErr) {  // RFC 6891 6.1.1
  const std::string head = "1234 0000 0001 0000 0000 0001 03777777 07 6578616d706c65 00 0001 0001";
  for (
      const char* opt : {
          "00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000",  // ARCOUNT says one: trailing, ignored
          "01 61 00 0029 04d0 00000000 0000",                       // not at the root
          "00 0029 04d0 00000000 0005 0003 0002 00",                // option overruns
          "00 0029 04d0 00000000 0009",                             // RDLENGTH past the end
          "00 0029 04d0 00000000 0008 0008 0004 00030000",          // ECS of family 3
      }) {
    Octets query = FromHex(absl::StrCat(head, opt));
    Reply reply = Send(query);
    EXPECT_TRUE(reply.has_opt) << opt;
    EXPECT_EQ(reply.opt_hex, "") << opt;
    EXPECT_EQ(reply.question, "www.example. IN A");
  }
  EXPECT_EQ(counters_.outcome(Outcome::kFormErr).Get(), 4u);
  Octets two = FromHex(absl::StrCat(head, "00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000"));
  two[11] = 2;
  EXPECT_EQ(Send(two).rcode, 1);
  EXPECT_TRUE(Send(two).has_opt);
}

TEST_F(EngineEdnsTest, MirrorsClientSubnetWithScopeZeroWhereNothingIsTailored) {  // RFC 7871 7.2.1
  for (const char* name : {"www.example", "absent.example", "x.cut.example", "elsewhere"}) {
    Reply reply = Send(Question{.name = name, .subnet = "198.51.100.0/24"});
    EXPECT_THAT(reply.opt_hex, StartsWith("0008000700011800c63364")) << name;
  }
  EXPECT_EQ(
      Send(Question{.name = "www.example", .subnet = "2001:db8::/56"}, Transport::kTcp).opt_hex,
      "0008000b0002380020010db8000000");
  EXPECT_EQ(Send(Question{.name = "www.example", .subnet = "0.0.0.0/0"}).opt_hex,
            "0008000400010000");
  EXPECT_EQ(Send(Question{.name = "www.example", .edns = true}).ecs_scope(), -1);
}

TEST_F(EngineEdnsTest, CutsAtExactlyTheSizeTheClientTakes) {
  // t<n>: header 12 + question + record; grows by one octet with n.
  for (uint16_t limit : {uint16_t{512}, uint16_t{700}}) {
    int whole = 0, cut = 0;
    for (int size = 0; size <= 255; ++size) {
      Question question{.name = absl::StrCat("t", size, ".example"),
                        .type = RrType::kTxt,
                        .edns = true,
                        .udp_size = limit};
      if (limit == 512) question.edns = false;
      Reply reply = Send(question);
      const size_t full = Send(question, Transport::kTcp).size;
      EXPECT_LE(reply.size, limit);
      EXPECT_EQ(reply.tc, full > limit) << full;
      EXPECT_EQ(reply.answer.size(), reply.tc ? 0u : 1u);
      EXPECT_EQ(reply.has_opt, question.edns);
      ++(reply.tc ? cut : whole);
    }
    EXPECT_EQ(cut > 0, limit == 512);
    EXPECT_GT(whole, 0);
  }
}

TEST_F(EngineEdnsTest, LimitsUdpTo1232AndTcpToNothingLess) {
  Question question{.name = "alias.example", .type = RrType::kTxt, .edns = true, .udp_size = 65535};
  Reply udp = Send(question);
  EXPECT_TRUE(udp.tc);
  EXPECT_LE(udp.size, 1232u);
  EXPECT_THAT(
      udp.answer,
      ElementsAre("alias.example. 3600 CNAME big.example."));  // whole RRsets before the cut
  Reply tcp = Send(question, Transport::kTcp);
  EXPECT_FALSE(tcp.tc);
  EXPECT_EQ(tcp.answer.size(), 41u);
  EXPECT_EQ(counters_.truncated.Get(), 1u);
}

TEST_F(EngineEdnsTest, SetsTcWhenGlueInsideTheCutDoesNotFit) {  // RFC 9471 3.1
  Reply udp = Send(Question{.name = "x.cut.example", .edns = true});
  EXPECT_TRUE(udp.tc);
  EXPECT_EQ(udp.authority.size(), 40u);
  Reply tcp = Send(Question{.name = "x.cut.example"}, Transport::kTcp);
  EXPECT_FALSE(tcp.tc);
  EXPECT_EQ(tcp.additional.size(), 40u);
}

TEST_F(EngineEdnsTest, LeavesOutAdditionalAddressesQuietly) {  // RFC 2181 9
  Reply udp =
      Send(Question{.name = "mx.example", .type = RrType::kMx, .edns = true, .udp_size = 1232});
  EXPECT_FALSE(udp.tc);
  EXPECT_EQ(udp.answer.size(), 40u);
}

}  // namespace
}  // namespace spillway::dns
