// tests/unit/dns/server/engine_test.cc -- answers from static zones, by RFC clause; ldns reads
// them.
#include "dns/server/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "dns/zone/zone_file.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kExample[] = R"($ORIGIN example.
@ 3600 SOA ns1 hostmaster 1 2 3 4 300
@ 3600 NS ns1
@ 3600 NS ns.other.
@ 3600 MX 10 mail
$TTL 60
ns1 A 192.0.2.53
mail A 192.0.2.25
mail AAAA 2001:db8::25
www A 192.0.2.1
www A 192.0.2.2
zero 0 A 192.0.2.3
max 2147483647 A 192.0.2.4
deep.ent A 192.0.2.5
alias CNAME www
alias2 CNAME alias
out CNAME www.elsewhere.
gone CNAME nothing
across CNAME www.test.
tobelow CNAME x.sub
loop1 CNAME loop2
loop2 CNAME loop1
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 A 192.0.2.8
*.wild TXT "any"
*.walias CNAME www
sub NS ns.sub
sub NS ns1
sub NS ns.sib
sub NS ns.other.
sub DS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132
ns.sub A 192.0.2.60
ns.sub AAAA 2001:db8::60
sib NS ns.sib
ns.sib A 192.0.2.61
d DNAME www.test.
e DNAME longer-than-the-owner.test.
srv SRV 1 2 3 www
svc HTTPS 1 . alpn=h2
svc A 192.0.2.9
txt TXT "" "a b"
unknown TYPE65280 \# 3 abcdef
)";
constexpr char kTest[] = R"($ORIGIN test.
@ 60 SOA ns1.example. hostmaster 1 2 3 4 300
@ 60 NS ns1.example.
www 60 A 192.0.2.99
x.www 60 A 192.0.2.98
)";
constexpr char kChild[] = R"($ORIGIN child.example.
@ 60 SOA ns1.example. hostmaster 1 2 3 4 300
@ 60 NS ns1.example.
www 60 A 192.0.2.97
)";

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    std::vector<std::shared_ptr<const Zone>> zones;
    for (const char* text : {kExample, kTest, kChild}) {
      auto zone = ParseZone(text, "f", Name());
      EXPECT_TRUE(zone.ok()) << zone.status();
      zones.push_back(std::move(*zone));
    }
    zones_ = *ZoneSet::Create(std::move(zones));
    view_.zones = &zones_;
  }

  Reply Send(absl::Span<const uint8_t> query, Transport transport = Transport::kUdp) {
    Octets out(kTcpSizeMax);
    out.resize(engine_.Answer(view_, query, *IpAddress::Parse("198.51.100.1"), transport,
                              absl::MakeSpan(out)));
    return ReadReply(out);
  }
  Reply Ask(absl::string_view name, RrType type = RrType::kA) {
    return Send(Question{.name = std::string(name), .type = type}.Encode());
  }

  ZoneSet zones_;
  EngineView view_;
  DnsCounters counters_;
  Engine engine_{EngineOptions{}, &counters_};
};

TEST_F(EngineTest, AnswersAWholeRrSetAuthoritatively) {
  Reply reply = Ask("www.example");
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.qr && reply.aa && reply.rd);
  EXPECT_FALSE(reply.tc || reply.ra || reply.ad || reply.cd || reply.has_opt);
  EXPECT_EQ(reply.id, 0x1234);
  EXPECT_THAT(reply.answer,
              ElementsAre("www.example. 60 A 192.0.2.1", "www.example. 60 A 192.0.2.2"));
  EXPECT_THAT(reply.authority, IsEmpty());
  EXPECT_THAT(reply.additional, IsEmpty());
}

TEST_F(EngineTest, KeepsTtlsOfZeroAndOfTheMaximum) {  // RFC 2181 8
  EXPECT_THAT(Ask("zero.example").answer, ElementsAre("zero.example. 0 A 192.0.2.3"));
  EXPECT_THAT(Ask("max.example").answer, ElementsAre("max.example. 2147483647 A 192.0.2.4"));
}

TEST_F(EngineTest, EchoesTheCaseOfTheQuestion) {
  Reply reply = Ask("wWw.ExAmPlE");
  EXPECT_EQ(reply.question, "wWw.ExAmPlE. IN A");
  EXPECT_EQ(reply.answer[0], "wWw.ExAmPlE. 60 A 192.0.2.1");
}

TEST_F(EngineTest, RefusesNamesOutsideEveryZone) {
  for (const char* name : {".", "elsewhere", "www.elsewhere", "notexample"}) {
    Reply reply = Ask(name);
    EXPECT_EQ(reply.rcode, 5) << name;
    EXPECT_FALSE(reply.aa);
    EXPECT_THAT(reply.answer, IsEmpty());
    EXPECT_THAT(reply.authority, IsEmpty());
  }
  EXPECT_EQ(counters_.outcome(Outcome::kRefused).Get(), 4u);
}

TEST_F(EngineTest, SaysNoWithTheSoaForItsMinimum) {  // RFC 2308 3, 5
  Reply absent = Ask("absent.example");
  EXPECT_EQ(absent.rcode, 3);
  EXPECT_TRUE(absent.aa);
  EXPECT_THAT(absent.authority,
              ElementsAre("example. 300 SOA ns1.example. hostmaster.example. 1 2 3 4 300"));
  Reply nodata = Ask("www.example", RrType::kAaaa);
  EXPECT_EQ(nodata.rcode, 0);
  EXPECT_TRUE(nodata.aa);
  EXPECT_THAT(nodata.answer, IsEmpty());
  EXPECT_EQ(nodata.authority, absent.authority);
  EXPECT_THAT(Ask("absent.test").authority,
              ElementsAre("test. 60 SOA ns1.example. hostmaster.test. 1 2 3 4 300"));
}

TEST_F(EngineTest, KnowsEmptyNonTerminals) {  // RFC 8020, 4592 2.2.2
  EXPECT_EQ(Ask("ent.example").rcode, 0);
  EXPECT_THAT(Ask("ent.example").answer, IsEmpty());
  EXPECT_EQ(Ask("beside.ent.example").rcode, 3);
  EXPECT_EQ(Ask("below.www.example").rcode, 3);
  EXPECT_EQ(Ask("below.alias.example").rcode, 3);
}

TEST_F(EngineTest, FollowsAliasesInsideAndAcrossZones) {
  EXPECT_THAT(
      Ask("alias2.example").answer,
      ElementsAre("alias2.example. 60 CNAME alias.example.", "alias.example. 60 CNAME www.example.",
                  "www.example. 60 A 192.0.2.1", "www.example. 60 A 192.0.2.2"));
  EXPECT_THAT(Ask("across.example").answer,
              ElementsAre("across.example. 60 CNAME www.test.", "www.test. 60 A 192.0.2.99"));
  EXPECT_THAT(Ask("alias2.example", RrType::kCname).answer,
              ElementsAre("alias2.example. 60 CNAME alias.example."));
}

TEST_F(EngineTest, FollowsEightAliasesAndEndsLoops) {
  Reply chain = Ask("c0.example");
  ASSERT_EQ(chain.answer.size(), 9u);
  EXPECT_EQ(chain.answer.back(), "c8.example. 60 A 192.0.2.8");
  Reply loop = Ask("loop1.example");
  EXPECT_EQ(loop.rcode, 0);
  EXPECT_LE(loop.answer.size(), 20u);
}

TEST_F(EngineTest, EndsAliasesThatLeaveOurZonesWithWhatItHas) {
  Reply reply = Ask("out.example");
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.aa);
  EXPECT_THAT(reply.answer, ElementsAre("out.example. 60 CNAME www.elsewhere."));
  EXPECT_THAT(reply.authority, IsEmpty());
}

TEST_F(EngineTest, AnswersAliasesToAbsentNamesWithNxDomain) {  // RFC 6604
  Reply reply = Ask("gone.example");
  EXPECT_EQ(reply.rcode, 3);
  EXPECT_THAT(reply.answer, ElementsAre("gone.example. 60 CNAME nothing.example."));
  EXPECT_EQ(reply.authority.size(), 1u);
}

TEST_F(EngineTest, AnswersAliasesBelowACutWithAReferral) {
  Reply reply = Ask("tobelow.example");
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.aa);
  EXPECT_THAT(reply.answer, ElementsAre("tobelow.example. 60 CNAME x.sub.example."));
  EXPECT_EQ(reply.authority.size(), 4u);
}

TEST_F(EngineTest, RefersBelowCutsWithGlue) {  // RFC 1034 4.3.2, 9471
  for (const char* name : {"sub.example", "x.sub.example", "ns.sub.example"}) {
    for (RrType type : {RrType::kA, RrType::kNs, RrType::kSoa, RrType::kAny, RrType{65281}}) {
      Reply reply = Ask(name, type);
      EXPECT_EQ(reply.rcode, 0);
      EXPECT_FALSE(reply.aa);
      EXPECT_FALSE(reply.tc);
      EXPECT_THAT(reply.answer, IsEmpty());
      EXPECT_THAT(reply.authority, UnorderedElementsAre("sub.example. 60 NS ns.sub.example.",
                                                        "sub.example. 60 NS ns1.example.",
                                                        "sub.example. 60 NS ns.sib.example.",
                                                        "sub.example. 60 NS ns.other."));
      EXPECT_THAT(
          reply.additional,
          ElementsAre("ns.sub.example. 60 A 192.0.2.60", "ns.sub.example. 60 AAAA 2001:db8::60",
                      "ns1.example. 60 A 192.0.2.53", "ns.sib.example. 60 A 192.0.2.61"));
    }
  }
  EXPECT_EQ(counters_.outcome(Outcome::kReferral).Get(), 15u);
}

TEST_F(EngineTest, AnswersDsFromTheParentsSide) {  // RFC 4035 3.1.4.1
  Reply cut = Ask("sub.example", RrType::kDs);
  EXPECT_TRUE(cut.aa);
  EXPECT_EQ(cut.answer.size(), 1u);
  Reply child = Ask("child.example", RrType::kDs);
  EXPECT_TRUE(child.aa);
  EXPECT_EQ(child.rcode, 0);  // NXDOMAIN would deny the names we serve below it (RFC 8020 2)
  EXPECT_THAT(child.authority, ElementsAre(::testing::StartsWith("example. ")));
}

TEST_F(EngineTest, LetsTheLongestZoneAnswer) {
  EXPECT_THAT(Ask("www.child.example").answer, ElementsAre("www.child.example. 60 A 192.0.2.97"));
}

TEST_F(EngineTest, SynthesisesWildcardsAtTheNameAsked) {  // RFC 4592 3.3
  EXPECT_THAT(Ask("a.b.wild.example", RrType::kTxt).answer,
              ElementsAre("a.b.wild.example. 60 TXT \"any\""));
  Reply nodata = Ask("a.wild.example");
  EXPECT_EQ(nodata.rcode, 0);
  EXPECT_EQ(nodata.authority.size(), 1u);
  EXPECT_THAT(Ask("x.walias.example").answer,
              ElementsAre("x.walias.example. 60 CNAME www.example.", "www.example. 60 A 192.0.2.1",
                          "www.example. 60 A 192.0.2.2"));
}

TEST_F(EngineTest, RedirectsBelowDnames) {  // RFC 6672
  EXPECT_THAT(Ask("x.d.example").answer,
              ElementsAre("d.example. 60 DNAME www.test.", "x.d.example. 60 CNAME x.www.test.",
                          "x.www.test. 60 A 192.0.2.98"));
  EXPECT_EQ(Ask("d.example").rcode, 0);
  EXPECT_THAT(Ask("d.example").answer, IsEmpty());
  std::string label(63, 'x');
  std::string longest = absl::StrCat(label, ".", label, ".", label, ".", std::string(50, 'y'), ".");
  Question fits{.name = longest + "d.example"};  // www.test is shorter than d.example
  EXPECT_EQ(Send(fits.Encode(), Transport::kTcp).rcode, 3);
  Question grows{.name = longest + "e.example"};
  Reply too_long = Send(grows.Encode(), Transport::kTcp);
  EXPECT_EQ(too_long.rcode, 6);
  EXPECT_THAT(too_long.answer, ElementsAre("e.example. 60 DNAME longer-than-the-owner.test."));
}

TEST_F(EngineTest, AddsAddressesOfMailAndServiceHosts) {
  EXPECT_THAT(Ask("example", RrType::kMx).additional,
              ElementsAre("mail.example. 60 A 192.0.2.25", "mail.example. 60 AAAA 2001:db8::25"));
  EXPECT_EQ(Ask("srv.example", RrType::kSrv).additional.size(), 2u);
  EXPECT_THAT(Ask("svc.example", RrType::kHttps).additional,
              ElementsAre("svc.example. 60 A 192.0.2.9"));
}

TEST_F(EngineTest, AnswersAnyWithHinfo) {  // RFC 8482 4.2
  EXPECT_THAT(Ask("www.example", RrType::kAny).answer,
              ElementsAre("www.example. 3600 HINFO \"RFC8482\" \"\""));
  EXPECT_THAT(Ask("ent.example", RrType::kAny).answer, IsEmpty());
  EXPECT_EQ(Ask("ent.example", RrType::kAny).rcode, 0);
  EXPECT_EQ(Ask("absent.example", RrType::kAny).rcode, 3);
}

TEST_F(EngineTest, ServesUnknownTypesVerbatim) {  // RFC 3597
  EXPECT_THAT(Ask("unknown.example", RrType{65280}).answer,
              ElementsAre("unknown.example. 60 TYPE65280 \\# 3 abcdef"));
  EXPECT_THAT(Ask("txt.example", RrType::kTxt).answer,
              ElementsAre("txt.example. 60 TXT \"\" \"a b\""));
}

TEST_F(EngineTest, RepliesToQuestionTypesWithoutMetaRecords) {
  for (uint16_t type : {0, 41, 128, 249, 250, 253, 254, 65535}) {
    Reply reply = Ask("www.example", RrType{type});
    EXPECT_TRUE(reply.ok) << type;
    EXPECT_THAT(reply.answer, IsEmpty()) << type;
  }
  EXPECT_EQ(Ask("example", RrType::kAxfr).rcode, 5);
  EXPECT_EQ(Ask("example", RrType::kIxfr).rcode, 5);
}

TEST_F(EngineTest, RefusesOtherClassesAndOpcodes) {
  for (uint16_t rr_class : {0, 3, 4, 254, 255, 65280}) {
    EXPECT_EQ(
        Send(Question{.name = "version.bind", .type = RrType::kTxt, .rr_class = rr_class}.Encode())
            .rcode,
        5);
  }
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    Reply reply =
        Send(Question{.name = "example", .flags = static_cast<uint16_t>(opcode << 11)}.Encode());
    EXPECT_EQ(reply.rcode, 4) << opcode;
    Octets bare = {0xab, 0xcd, static_cast<uint8_t>(opcode << 3), 0, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(Send(bare).rcode, 4) << opcode;
  }
}

TEST_F(EngineTest, AnswersEveryReadableHeaderButResponses) {  // RFC 8906
  Octets question = Question{.name = "www.example"}.Encode();
  for (size_t size = 0; size < question.size(); ++size) {
    Reply reply = Send(absl::MakeConstSpan(question).first(size));
    EXPECT_EQ(reply.ok, size >= 12) << size;
    if (!reply.ok) continue;
    EXPECT_EQ(reply.rcode, 1);
    EXPECT_EQ(reply.id, 0x1234);
    EXPECT_TRUE(reply.rd);
    EXPECT_EQ(reply.question, "");
  }
  question[2] |= 0x80;
  EXPECT_FALSE(Send(question).ok);
  EXPECT_EQ(counters_.outcome(Outcome::kDropped).Get(), 13u);
  EXPECT_EQ(counters_.outcome(Outcome::kFormErr).Get(), question.size() - 12);
}

TEST_F(EngineTest, ServesNothingWithoutZones) {
  view_.zones = nullptr;
  EXPECT_EQ(Ask("www.example").rcode, 5);
}

}  // namespace
}  // namespace spillway::dns
