// tests/unit/dns/server/engine_signed_test.cc -- pre-signed zones: what a validator makes of every
// answer. RFC 4035 3.1 and B, 5155 7.2 and 9, 6840.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dns/server/engine.h"
#include "dns/zone/zone_builder.h"
#include "dns/zone/zone_file.h"
#include "tests/support/dnssec_validator.h"
#include "tests/support/zone_signer.h"
#include "tests/unit/dns/dns_testing.h"

namespace spillway::dns {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kText[] = R"(
example. 3600 IN SOA ns1.example. hostmaster.example. 1 3600 600 86400 300
example. 3600 IN NS ns1.example.
example. 3600 IN NS ns.elsewhere.test.
example. 3600 IN MX 10 mail.example.
ns1.example. 3600 IN A 192.0.2.53
mail.example. 60 IN A 192.0.2.25
mail.example. 90 IN TXT "another TTL"
a.deep.ent.example. 60 IN A 192.0.2.1
alias.example. 60 IN CNAME mail.example.
gone.example. 60 IN CNAME nothing.example.
outside.example. 60 IN CNAME www.elsewhere.test.
tobelow.example. 60 IN CNAME x.secure.example.
toother.example. 60 IN CNAME www.other.
*.wild.example. 60 IN A 192.0.2.2
*.wild.example. 60 IN MX 5 mail.example.
x.y.wild.example. 60 IN A 192.0.2.3
*.walias.example. 60 IN CNAME any.wild.example.
*.wgone.example. 60 IN CNAME nothing.example.
deep.*.went.example. 60 IN A 192.0.2.4
d.example. 60 IN DNAME dtarget.example.
www.dtarget.example. 60 IN A 192.0.2.5
secure.example. 60 IN NS ns.secure.example.
secure.example. 60 IN DS 12345 13 2 0102030405060708091011121314151617181920212223242526272829303132
ns.secure.example. 60 IN A 192.0.2.6
insecure.example. 60 IN NS ns.insecure.example.
ns.insecure.example. 60 IN A 192.0.2.7
deleg.under.example. 60 IN NS ns.elsewhere.test.
svc.example. 60 IN HTTPS 1 . alpn=h2
svc.example. 60 IN A 192.0.2.8
)";

constexpr char kOther[] = R"(
other. 3600 IN SOA ns1.other. hostmaster.other. 1 3600 600 86400 60
other. 3600 IN NS ns1.other.
ns1.other. 60 IN A 192.0.2.54
www.other. 60 IN CNAME far.wild.example.
)";

struct Form {
  const char* name;
  SignOptions options;
};

std::vector<Form> Forms() {
  return {{"Nsec", {}},
          {"Nsec3", {.nsec3 = true}},
          {"Nsec3OptOut", {.nsec3 = true, .opt_out = true}},
          {"Nsec3SaltAndIterations", {.nsec3 = true, .iterations = 7, .salt = "\xab\xcd"}}};
}

class SignedZones : public ::testing::TestWithParam<Form> {
 protected:
  SignedZones()
      : example_(SignZone(kText, "example.", GetParam().options)),
        other_(SignZone(kOther, "other.", {})),
        validator_(absl::StrCat(example_.dnskeys, other_.dnskeys)) {
    std::vector<std::shared_ptr<const Zone>> zones;
    for (const auto& [signed_zone, apex] :
         {std::pair(&example_, "example"), std::pair(&other_, "other")}) {
      auto zone = ParseZone(signed_zone->text, apex, N(apex));
      EXPECT_TRUE(zone.ok()) << zone.status();
      zones.push_back(std::move(*zone));
    }
    zones_ = *ZoneSet::Create(std::move(zones));
  }

  Octets Send(absl::string_view name, RrType type, bool dnssec_ok,
              Transport transport = Transport::kTcp) {
    const Octets query =
        Question{.name = std::string(name), .type = type, .edns = true, .dnssec_ok = dnssec_ok}
            .Encode();
    Octets out(kTcpSizeMax);
    out.resize(engine_.Answer({.zones = &zones_}, query, *IpAddress::Parse("192.0.2.200"),
                              transport, absl::MakeSpan(out)));
    return out;
  }
  Reply Ask(absl::string_view name, RrType type = RrType::kA, bool dnssec_ok = true) {
    return ReadReply(Send(name, type, dnssec_ok));
  }

  const SignedZone example_, other_;
  const DnssecValidator validator_;
  ZoneSet zones_;
  DnsCounters counters_;
  Engine engine_{EngineOptions{}, &counters_};
};

// Every name of the zone, one beside, below and between, and one above.
std::set<std::string> Names() {
  std::set<std::string> names = {"example",
                                 "nothing.example",
                                 "a.b.c.nothing.example",
                                 "\\000.example",
                                 "zzz.example",
                                 "\\255.example",
                                 "any.wild.example",
                                 "a.b.wild.example",
                                 "z.y.wild.example",
                                 "*.wild.example",
                                 "any.walias.example",
                                 "any.wgone.example",
                                 "some.went.example",
                                 "below.some.went.example",
                                 "x.d.example",
                                 "www.d.example",
                                 "a.www.d.example",
                                 "x.insecure.example",
                                 "x.secure.example",
                                 "under.example",
                                 "x.under.example",
                                 "x.deleg.under.example",
                                 "other",
                                 "www.other",
                                 "nothing.other"};
  for (const absl::string_view line : absl::StrSplit(kText, '\n', absl::SkipEmpty())) {
    const std::string owner(line.substr(0, line.find(' ')));
    names.insert(owner);
    if (owner.size() < 200) {
      names.insert("below." + owner);
      names.insert("0" + owner);
    }
    if (owner != "example.") names.insert(owner.substr(owner.find('.') + 1));
  }
  return names;
}

TEST_P(SignedZones, SatisfyAValidatorWhateverIsAsked) {
  size_t asked = 0;
  for (const std::string& name : Names()) {
    if (!absl::EndsWith(name, "example") && !absl::EndsWith(name, "example.") &&
        !absl::EndsWith(name, "other"))
      continue;
    for (const RrType type : {RrType::kA, RrType::kAaaa, RrType::kNs, RrType::kSoa, RrType::kMx,
                              RrType::kTxt, RrType::kCname, RrType::kDs, RrType::kDnskey,
                              RrType::kAny, RrType::kDname, RrType::kHttps, RrType{65280}}) {
      if (name == "0example.") continue;
      const Octets reply = Send(name, type, true);
      ++asked;
      const std::string fault = validator_.FaultOf(reply);
      const Reply read = ReadReply(reply);
      EXPECT_EQ(fault, "") << name << " type " << static_cast<int>(type) << " rcode " << read.rcode
                           << "\nanswer " << absl::StrJoin(read.answer, "\n  ") << "\nauthority "
                           << absl::StrJoin(read.authority, "\n  ");
      EXPECT_FALSE(read.ad);
      if (!fault.empty()) return;
    }
  }
  EXPECT_GT(asked, 1000u);
}

TEST_P(SignedZones, TellNothingOfDnssecToThoseWhoDoNotAsk) {  // RFC 3225 3
  for (const std::string& name : Names()) {
    for (const RrType type : {RrType::kA, RrType::kMx, RrType::kAny, RrType::kDs}) {
      const Reply reply = Ask(name, type, false);
      for (const auto* section : {&reply.answer, &reply.authority, &reply.additional}) {
        for (const std::string& record : *section) {
          EXPECT_FALSE(absl::StrContains(record, " RRSIG ") || absl::StrContains(record, " NSEC") ||
                       (type != RrType::kDs && absl::StrContains(record, " DS ")))
              << name << ": " << record;
        }
      }
    }
  }
}

TEST_P(SignedZones, GiveWhatIsAskedForByName) {
  const Reply keys = Ask("example", RrType::kDnskey, false);
  EXPECT_EQ(keys.answer.size(), 2u);
  // Of mail.example: A and TXT, and NSEC in a zone that has it.
  const Reply signatures = Ask("mail.example", RrType::kRrsig, false);
  EXPECT_EQ(signatures.answer.size(), GetParam().options.nsec3 ? 2u : 3u);
  EXPECT_THAT(absl::StrJoin(signatures.answer, "\n"), HasSubstr(" 90 RRSIG TXT "));
  EXPECT_THAT(absl::StrJoin(signatures.answer, "\n"), HasSubstr(" 60 RRSIG A "));
  EXPECT_EQ(Ask("secure.example", RrType::kDs, false).answer.size(), 1u);
}

TEST_P(SignedZones, GiveOneSetForAnyBecauseAMadeUpOneHasNoSignature) {  // RFC 8482 4.1
  for (const char* name : {"mail.example", "any.wild.example", "alias.example"}) {
    const Reply reply = Ask(name, RrType::kAny);
    EXPECT_EQ(reply.answer.size(), 2u) << name;
    EXPECT_THAT(reply.answer[1], HasSubstr(" RRSIG "));
  }
}

TEST_P(SignedZones, ReferWithDsOrTheProofThatThereIsNone) {  // RFC 4035 3.1.4
  const Reply secure = Ask("x.secure.example");
  EXPECT_FALSE(secure.aa);
  EXPECT_THAT(absl::StrJoin(secure.authority, "\n"), HasSubstr(" DS 12345 "));
  EXPECT_EQ(secure.additional.size(), 1u);
  const Reply insecure = Ask("x.insecure.example");
  EXPECT_THAT(absl::StrJoin(insecure.authority, "\n"),
              HasSubstr(GetParam().options.nsec3 ? " NSEC3 " : "insecure.example. 300 NSEC "));
}

TEST_P(SignedZones, SetTcWhenAProofDoesNotFit) {
  const Octets query =
      Question{.name = "any.wgone.example", .edns = true, .udp_size = 512, .dnssec_ok = true}
          .Encode();
  Octets out(kTcpSizeMax);
  out.resize(engine_.Answer({.zones = &zones_}, query, *IpAddress::Parse("192.0.2.200"),
                            Transport::kUdp, absl::MakeSpan(out)));
  const Reply reply = ReadReply(out);
  EXPECT_LE(out.size(), 512u);
  EXPECT_TRUE(reply.tc);
  EXPECT_TRUE(reply.has_opt);
}

TEST_P(SignedZones, RefuseSteeredNamesButNotBesideThem) {
  std::vector<ZoneFault> faults;
  EXPECT_EQ(WithSteeredNames(*zones_.Find(N("example").wire()), {N("live.example")}, &faults),
            nullptr);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0].what,
              HasSubstr("steered name 'live.example.' is in the signed zone 'example.'"));
}

INSTANTIATE_TEST_SUITE_P(Chains, SignedZones, ::testing::ValuesIn(Forms()),
                         [](const auto& form) { return form.param.name; });

TEST(SignedZone, OwnersOfNsec3RecordsAreNoNames) {  // RFC 5155 7.2.8
  const SignedZone text = SignZone(kText, "example.", {.nsec3 = true});
  std::vector<std::shared_ptr<const Zone>> zones;
  zones.push_back(*ParseZone(text.text, "f", N("example")));
  const ZoneSet set = *ZoneSet::Create(std::move(zones));
  const size_t at = text.text.find("\tNSEC3\t");
  ASSERT_NE(at, std::string::npos);
  const size_t line = text.text.rfind('\n', at) + 1;
  const std::string owner = text.text.substr(line, text.text.find('\t', line) - line);
  DnsCounters counters;
  Engine engine{EngineOptions{}, &counters};
  Octets out(kTcpSizeMax);
  for (const RrType type : {RrType::kNsec3, RrType::kA}) {
    const Octets query = Question{.name = owner, .type = type, .dnssec_ok = true}.Encode();
    const size_t size = engine.Answer({.zones = &set}, query, *IpAddress::Parse("192.0.2.200"),
                                      Transport::kTcp, absl::MakeSpan(out));
    const Reply reply = ReadReply(absl::MakeConstSpan(out).first(size));
    EXPECT_EQ(reply.rcode, 3) << owner;
    EXPECT_THAT(reply.answer, IsEmpty());
  }
}

TEST(SignedZone, WithoutAChainOrWithACostlyOneIsRefused) {
  std::string text = SignZone(kText, "example.", {}).text;
  auto error = [](const std::string& zone) {
    return std::string(ParseZone(zone, "f", N("example")).status().message());
  };
  std::string unchained;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StrContains(line, "NSEC")) absl::StrAppend(&unchained, line, "\n");
  }
  EXPECT_EQ(
      error(unchained),
      "f:1: zone 'example.' is signed but has no NSEC record for its own name and no NSEC3PARAM; "
      "without a chain nothing can be denied");
  EXPECT_THAT(error(SignZone(kText, "example.", {.nsec3 = true, .iterations = 151}).text),
              HasSubstr("NSEC3PARAM: 151 iterations; want 0 (RFC 9276), at most 150"));
}

}  // namespace
}  // namespace spillway::dns
