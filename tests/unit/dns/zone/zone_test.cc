// tests/unit/dns/zone/zone_test.cc -- how names are met: RFC 1034 4.3.2, RFC 4592, RFC 6672.
#include "dns/zone/zone.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "dns/zone/zone_builder.h"
#include "dns/zone/zone_file.h"

namespace spillway::dns {
namespace {

Name N(absl::string_view text) { return *Name::FromText(text); }

// "exact www.example." and the like.
std::string Meet(const Zone& zone, absl::string_view name) {
  static constexpr const char* kKinds[] = {"exact", "wildcard", "referral", "redirect", "none"};
  ZoneMatch match = zone.Find(N(name).wire());
  return absl::StrCat(kKinds[static_cast<int>(match.kind)], " ",
                      NameToText(zone.owner(*match.node)));
}

std::unique_ptr<const Zone> Load(absl::string_view text) {
  auto zone = ParseZone(text, "f", N("example"));
  EXPECT_TRUE(zone.ok()) << zone.status();
  return std::move(*zone);
}

// RFC 4592 2.2.1, its zone; and the eight questions that follow it.
TEST(Zone, AnswersTheWildcardQuestionsOfRfc4592) {
  auto zone = Load(R"(
$ORIGIN example.
example.                 3600 IN  SOA   ns hostmaster 1 2 3 4 5
example.                 3600     NS    ns.example.com.
example.                 3600     NS    ns.example.net.
*.example.               3600     TXT   "this is a wildcard"
*.example.               3600     MX    10 host1.example.
sub.*.example.           3600     TXT   "this is not a wildcard"
host1.example.           3600     A     192.0.2.1
_ssh._tcp.host1.example. 3600     SRV   0 0 22 host1
_ssh._tcp.host2.example. 3600     SRV   0 0 22 host2
subdel.example.          3600     NS    ns.example.com.
subdel.example.          3600     NS    ns.example.net.
)");
  EXPECT_EQ(Meet(*zone, "host3.example"), "wildcard *.example.");
  EXPECT_EQ(Meet(*zone, "foo.bar.example"), "wildcard *.example.");
  EXPECT_EQ(Meet(*zone, "host1.example"), "exact host1.example.");
  EXPECT_EQ(Meet(*zone, "sub.*.example"), "exact sub.*.example.");
  EXPECT_EQ(Meet(*zone, "_telnet._tcp.host1.example"), "none _tcp.host1.example.");
  EXPECT_EQ(Meet(*zone, "host.subdel.example"), "referral subdel.example.");
  EXPECT_EQ(Meet(*zone, "ghost.*.example"), "none *.example.");
  EXPECT_EQ(Meet(*zone, "_tcp.host2.example"), "exact _tcp.host2.example.");
  EXPECT_EQ(Meet(*zone, "*.example"), "exact *.example.");
  EXPECT_EQ(Meet(*zone, "x.host2.example"), "none host2.example.");
}

TEST(Zone, PutsCutsAndRedirectsAboveWhatIsBelowThem) {
  auto zone = Load(R"(
@ SOA ns h 1 2 3 4 5
@ NS ns
sub NS ns.sub
ns.sub A 192.0.2.1
deep.sub NS ns
d DNAME elsewhere.
x.d A 192.0.2.2
c.d NS ns
under.sub DNAME elsewhere.
)");
  EXPECT_EQ(Meet(*zone, "sub.example"), "referral sub.example.");
  EXPECT_EQ(Meet(*zone, "ns.sub.example"), "referral sub.example.");
  EXPECT_EQ(Meet(*zone, "a.deep.sub.example"), "referral sub.example.");
  EXPECT_EQ(Meet(*zone, "a.under.sub.example"), "referral sub.example.");
  EXPECT_EQ(Meet(*zone, "d.example"), "exact d.example.");
  EXPECT_EQ(Meet(*zone, "x.d.example"), "redirect d.example.");
  EXPECT_EQ(Meet(*zone, "a.c.d.example"), "redirect d.example.");
  EXPECT_EQ(Meet(*zone, "nothing.example"), "none example.");
}

TEST(Zone, HasANegativeTtlOfTheLowerOfSoaTtlAndMinimum) {
  EXPECT_EQ(Load("@ 3600 SOA ns h 1 2 3 4 300\n@ NS ns")->negative_ttl_s(), 300u);
  EXPECT_EQ(Load("@ 60 SOA ns h 1 2 3 4 300\n@ NS ns")->negative_ttl_s(), 60u);
}

TEST(WithSteeredNames, AddsTheNameAndItsParents) {
  auto zone = Load(
      "@ SOA ns h 1 2 3 4 5\n@ NS ns\n* A 192.0.2.1\nwww TXT x\nwww A 192.0.2.2\nwww A 192.0.2.3");
  std::vector<ZoneFault> faults;
  const Name names[] = {N("Live.Event.example"), N("www.example"), N("example")};
  auto steered = WithSteeredNames(*zone, names, &faults);
  ASSERT_NE(steered, nullptr);
  EXPECT_EQ(Meet(*steered, "live.event.example"), "exact live.event.example.");
  EXPECT_EQ(Meet(*steered, "event.example"), "exact event.example.");
  EXPECT_EQ(Meet(*steered, "other.example"), "wildcard *.example.");
  EXPECT_TRUE(steered->FindNode(N("live.event.example").wire())->steered);
  EXPECT_FALSE(steered->FindNode(N("event.example").wire())->steered);
  const ZoneNode* www = steered->FindNode(N("www.example").wire());
  EXPECT_TRUE(www->steered);
  EXPECT_NE(steered->FindSet(*www, RrType::kTxt), nullptr);
  EXPECT_EQ(steered->FindSet(*www, RrType::kA)->count, 2);
  EXPECT_EQ(steered->rr_set_count(), zone->rr_set_count());
}

TEST(WithSteeredNames, RefusesNamesTheZoneGivesAway) {
  auto zone = Load("@ SOA ns h 1 2 3 4 5\n@ NS ns\nsub NS ns\nd DNAME x.\nc CNAME x.");
  std::vector<ZoneFault> faults;
  const Name names[] = {N("a.sub.example"), N("a.d.example"), N("c.example")};
  EXPECT_EQ(WithSteeredNames(*zone, names, &faults), nullptr);
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_EQ(faults[0].what,
            "steered name 'a.sub.example.' is given away by the zone: NS at 'sub.example.'");
  EXPECT_EQ(faults[1].what,
            "steered name 'a.d.example.' is given away by the zone: DNAME at 'd.example.'");
  EXPECT_EQ(faults[2].what, "steered name 'c.example.' has a CNAME in the zone");
}

}  // namespace
}  // namespace spillway::dns
