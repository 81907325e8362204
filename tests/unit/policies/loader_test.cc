#include "policies/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "policies/invariants.h"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two targets, so that a test writes down only what it is about.
constexpr char kTargets[] = R"(targets:
  fra1: {at: [50.11, 8.68], addresses: [192.0.2.10, "2001:db8::10"], cname: fra1.example.net,
         capacity: {egress: 400 Gbps}, tags: [own, eu]}
  nyc1: {at: [40.71, -74.01], addresses: [192.0.2.20], cname: nyc1.example.net, tags: [own, us]}
)";

PolicyResult Load(const std::string& text) { return LoadPolicyText({{"p.yaml", text}}); }
PolicyResult LoadWith(const std::string& rest) { return Load(absl::StrCat(kTargets, rest)); }
// A service around the lines given (indented by four).
PolicyResult LoadService(const std::string& lines) {
  return LoadWith(absl::StrCat(
      "services:\n  live:\n    names: [live.example.com]\n    candidates: {tags: [own]}\n", lines));
}
std::string Said(const PolicyResult& result) { return FormatDiagnostics(result.diagnostics); }

#define ASSERT_LOADS(result) ASSERT_TRUE((result).ok()) << Said(result)

// The example of the design, its own target given a cname and the third tag a target: DNS cannot
// mix the two kinds of answer, and a tag that nobody carries is a typing error.
constexpr char kDesign[] = R"(targets:
  fra1: {at: [50.11, 8.68], addresses: [192.0.2.10, "2001:db8::10"], cname: fra1.example.net.,
         capacity: {egress: 400 Gbps, sessions_start: 2000/s}, cost: 0.2, tags: [own, eu]}
  cdn-a-eu: {cname: live.cdn-a.example., host: live.cdn-a.example,
             capacity: {egress: 12 Tbps}, commit: 4 Tbps, cost: 1.0, tags: [cdn-a, eu]}
  cdn-b-eu: {cname: live.cdn-b.example., capacity: {egress: 12 Tbps}, cost: 1.0, tags: [cdn-b, eu]}
groups:   {dach: {country: [DE, AT, CH]}, big-isp: {asn: [3320]}, lab: {prefix: [198.51.100.0/24]}}
services:
  fight:
    names: [live.example.com]
    paths: ['/live/(?P<event>[a-z0-9-]+)/.*']
    class: premium-live          # order of sacrifice when the world is full
    bitrate: 5 Mbps              # nominal, what a session reserves
    ttl: {calm: 30s, shedding: 20s, draining: 10s}
    candidates: {tags: [own, cdn-a, cdn-b]}
    prefer: [{tags: [own]}, {tags: [cdn-a], penalty: 15ms}]
    watermark: {target: 85%, hard: 90%}
    fences: [{group: dach, only: {tags: [eu]}}]
guards:   {max_shift_per_minute: 20%, min_targets_per_group: 2, max_drained_capacity: 30%,
           freeze: [{from: 2026-12-25T17:00Z, to: 2026-12-26T04:00Z}]}
events:   {fight: {start: 2026-12-25T18:00Z, expected_peak: {world: 65M, US: 38M}, ramp: 40m}}
)";

TEST(PolicyLoader, LoadsTheExampleOfTheDesign) {
  PolicyResult result = Load(kDesign);
  ASSERT_LOADS(result);
  const Policy& p = *result.policy;
  EXPECT_EQ(CheckInvariants(p), "");
  ASSERT_EQ(p.targets.size(), 3u);
  EXPECT_EQ(p.targets[0].location, (GeoPoint{50.11, 8.68}));
  EXPECT_EQ(p.targets[0].capacity[Resource::kEgress], 400e3);
  EXPECT_EQ(p.targets[0].capacity[Resource::kSessionsStart], 2000);
  EXPECT_FALSE(p.targets[0].capacity.has(Resource::kRequests));
  EXPECT_EQ(p.targets[0].addresses_v6[0].ToString(), "2001:db8::10");
  EXPECT_EQ(p.targets[1].cname, "live.cdn-a.example");
  EXPECT_EQ(p.targets[1].commit_mbps, 4e6);
  const Service& s = p.services[0];
  EXPECT_EQ(s.answer, AnswerForm::kCname);
  EXPECT_EQ(s.service_class, ServiceClass::kPremiumLive);
  EXPECT_EQ(s.ttl.draining, absl::Seconds(10));
  EXPECT_DOUBLE_EQ(s.watermark.shed_from, 0.70);
  EXPECT_DOUBLE_EQ(s.watermark.hard, 0.90);
  EXPECT_THAT(s.hosts, ElementsAre("live.example.com"));
  ASSERT_EQ(s.candidates.size(), 3u);
  EXPECT_EQ(s.candidates[0].penalty_ms, 0);
  EXPECT_EQ(s.candidates[1].penalty_ms, 15);
  ASSERT_EQ(s.fences.size(), 1u);
  EXPECT_EQ(p.group(s.fences[0].group).name, "dach");
  EXPECT_DOUBLE_EQ(p.guards.max_shift_per_minute, 0.2);
  EXPECT_EQ(p.guards.min_targets_per_group, 2);
  ASSERT_EQ(p.guards.freezes.size(), 1u);
  EXPECT_EQ(p.guards.freezes[0].to - p.guards.freezes[0].from, absl::Hours(11));
  ASSERT_EQ(p.events.size(), 1u);
  EXPECT_EQ(p.events[0].ramp, absl::Minutes(40));
  EXPECT_EQ(p.events[0].peak_world, 65e6);
  EXPECT_THAT(p.events[0].shares, ElementsAre(Event::Share{.country = "US", .peak = 38e6}));
}

TEST(PolicyLoader, GivesAVersionThatChangesWithNamesAndContentsOnly) {
  const std::string services =
      "services: {live: {names: [live.example.com], candidates: {tags: [own]}}}\n";
  PolicyResult one = LoadPolicyText({{"a.yaml", kTargets}, {"b.yaml", services}});
  PolicyResult order = LoadPolicyText({{"b.yaml", services}, {"a.yaml", kTargets}});
  PolicyResult renamed = LoadPolicyText({{"a.yaml", kTargets}, {"c.yaml", services}});
  PolicyResult comment = LoadPolicyText({{"a.yaml", kTargets}, {"b.yaml", services + "# why"}});
  ASSERT_LOADS(one);
  EXPECT_EQ(one.policy->version.size(), 16u);
  EXPECT_EQ(one.policy->version, order.policy->version);
  EXPECT_NE(one.policy->version, renamed.policy->version);
  EXPECT_NE(one.policy->version, comment.policy->version);
}

TEST(PolicyLoader, MergesSectionsOfSeveralFiles) {
  PolicyResult result = LoadPolicyText(
      {{"2.yaml", "targets: {sin1: {addresses: [192.0.2.30], tags: [own]}}\n"},
       {"1.yaml",
        absl::StrCat(
            kTargets,
            "services: {live: {names: [live.example.com], candidates: {tags: [own]}}}\n")}});
  ASSERT_LOADS(result);
  ASSERT_EQ(result.policy->targets.size(), 3u);
  EXPECT_EQ(result.policy->targets[2].name, "sin1");
}

TEST(PolicyLoader, TakesWindowsLineEndsAndByteOrderMarks) {
  std::string text =
      absl::StrCat("\xef\xbb\xbf", kTargets,
                   "services: {live: {names: [live.example.com], candidates: {tags: [own]}}}\n");
  std::string crlf;
  for (char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  ASSERT_LOADS(Load(crlf));
}

TEST(PolicyLoader, RefusesTooManyFilesAndTooMuchText) {
  EXPECT_EQ(Said(LoadPolicyText({})),
            "error: no policy here; want at least one file that ends in .yaml\n");
  std::vector<PolicyFile> many;
  for (size_t i = 0; i <= kPolicyFilesMax; ++i) many.push_back({absl::StrCat(i, ".yaml"), ""});
  EXPECT_THAT(Said(LoadPolicyText(many)), HasSubstr("too many files; want at most 64, got 65"));
  EXPECT_THAT(Said(Load(std::string(kPolicyBytesMax + 1, '#'))),
              HasSubstr("too much text; want at most 8 MiB"));
}

TEST(PolicyLoader, SaysThatADirectoryIsMissing) {
  PolicyResult result =
      LoadPolicyDirectory(std::string(SPILLWAY_BINARY_DIR) + "/no-such-directory");
  EXPECT_FALSE(result.ok());
  EXPECT_THAT(Said(result), HasSubstr("no-such-directory"));
}

TEST(PolicyLoader, StopsListingFaultsAtSomePoint) {
  std::string text = "targets:\n";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&text, "  t", i, ": {colour: blue}\n");
  PolicyResult result = Load(text);
  EXPECT_EQ(result.diagnostics.size(), policies::kErrorsMax + 1);
  EXPECT_THAT(Said(result), HasSubstr("more errors not shown"));
}

TEST(PolicyLoader, NeverLetsWarningsPushOutAnError) {
  std::string list;
  for (int i = 0; i < 1000; ++i) list += "own, ";
  const std::string rest =
      absl::StrCat("  sin1: {addresses: [192.0.2.30], tags: [", list, "own]}\nservices: {live: {",
                   "names: [live.example.com], candidates: {tags: [own]}");
  PolicyResult warned = LoadWith(absl::StrCat(rest, "}}\n"));
  ASSERT_LOADS(warned);
  EXPECT_EQ(warned.diagnostics.size(), policies::kWarningsMax + 1);
  PolicyResult refused = LoadWith(absl::StrCat(rest, ", colour: blue}}\n"));
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(Said(refused), HasSubstr("no key \"colour\""));
}

TEST(PolicyLoader, MentionsFilesItDoesNotRead) {
  const std::string directory = testing::TempDir() + "/policy_yml";
  std::filesystem::create_directory(directory);
  ASSERT_TRUE(WriteFileAtomically(directory + "/old.yml", "").ok());
  ASSERT_TRUE(WriteFileAtomically(directory + "/a.yaml", kTargets).ok());
  EXPECT_THAT(FormatDiagnostics(LoadPolicyDirectory(directory).diagnostics, directory),
              HasSubstr(directory + "/old.yml: warning: not read; want a name that ends in .yaml"));
  std::filesystem::remove_all(directory);
}

TEST(PolicyGroups, BoundWhatUnionsCopy) {
  std::string text =
      "services: {live: {names: [live.example.com], candidates: {tags: [own]}}}\ngroups:\n  g0: "
      "{asn: [1]}\n";
  for (int i = 1; i < 3000; ++i) {
    absl::StrAppend(&text, "  g", i, ": {asn: [", i, "], groups: [g", i - 1, "]}\n");
  }
  EXPECT_THAT(Said(LoadWith(text)), HasSubstr("all groups with the groups in them are too large"));
}

TEST(PolicyTargets, RedirectToTheirHostElseTheirCnameElseTheirAddress) {
  PolicyResult result = Load(R"(targets:
  a: {addresses: [192.0.2.1], cname: a.example.net, host: "A.example.net:8443", tags: [t]}
  b: {addresses: [192.0.2.2], cname: b.example.net, tags: [t]}
  c: {addresses: ["2001:db8::3", 192.0.2.3], scheme: http, tags: [t]}
  d: {addresses: ["2001:db8::4"], tags: [t]}
services: {s: {names: [s.example.com], candidates: {tags: [t]}}}
)");
  ASSERT_LOADS(result);
  const std::vector<Target>& t = result.policy->targets;
  EXPECT_EQ(t[0].host, "a.example.net:8443");
  EXPECT_EQ(t[1].host, "b.example.net");
  EXPECT_EQ(t[2].host, "192.0.2.3");
  EXPECT_EQ(t[3].host, "[2001:db8::4]");
  EXPECT_EQ(t[1].scheme, "https");
  EXPECT_EQ(t[2].scheme, "http");
}

TEST(PolicyTargets, CarryTheirProbes) {
  PolicyResult result = Load(R"(targets:
  a:
    addresses: [192.0.2.1]
    probes:
      - {http: "http://127.0.0.1:8080/health?d=1", interval: 5s, timeout: 800ms, rise: 1, fall: 4}
      - {tcp: "[2001:db8::1]:443"}
services: {s: {names: [s.example.com], candidates: {targets: [a]}}}
)");
  ASSERT_LOADS(result);
  ProbeSpec http{.url = "http://127.0.0.1:8080/health?d=1",
                 .interval = absl::Seconds(5),
                 .timeout = absl::Milliseconds(800),
                 .rise = 1,
                 .fall = 4};
  ProbeSpec tcp{.kind = ProbeSpec::Kind::kTcp, .endpoint = *Endpoint::Parse("[2001:db8::1]:443")};
  EXPECT_THAT(result.policy->targets[0].probes, ElementsAre(http, tcp));
}

TEST(PolicyGroups, TakeNorwayUnquotedAndUniteOthers) {
  PolicyResult result = LoadWith(R"(groups:
  nordics: {country: [NO, SE]}
  lab: {prefix: [198.51.100.0/24, "2001:db8::/32"], asn: [3320]}
  all: {country: [DE, SE], groups: [nordics, lab], at: [60, 10]}
services:
  live: {names: [live.example.com], candidates: {tags: [own]},
         fences: [{group: all, only: {tags: [eu]}}]}
)");
  ASSERT_LOADS(result);
  const NamedGroup& all = result.policy->groups[2];
  EXPECT_THAT(all.countries, ElementsAre("DE", "NO", "SE"));
  EXPECT_THAT(all.asns, ElementsAre(3320u));
  EXPECT_EQ(all.prefixes.size(), 2u);
  EXPECT_EQ(all.location, (GeoPoint{60, 10}));
  EXPECT_EQ(result.policy->groups[0].location, std::nullopt);
  EXPECT_THAT(Said(result), IsEmpty());
}

TEST(PolicyServices, UseTheDefaultsOfTheModel) {
  PolicyResult result = LoadService("");
  ASSERT_LOADS(result);
  const Service& s = result.policy->services[0];
  const Service model;
  EXPECT_EQ(s.bitrate_mbps, model.bitrate_mbps);
  EXPECT_EQ(s.distance_factor, model.distance_factor);
  EXPECT_EQ(s.price_ms, model.price_ms);
  EXPECT_EQ(s.service_class, model.service_class);
  EXPECT_EQ(s.session, model.session);
  EXPECT_EQ(s.ladder, model.ladder);
  EXPECT_EQ(s.waiting_room, model.waiting_room);
  EXPECT_EQ(s.ttl.calm, model.ttl.calm);
  EXPECT_EQ(s.ttl.shedding, model.ttl.shedding);
  EXPECT_EQ(s.ttl.draining, model.ttl.draining);
  EXPECT_DOUBLE_EQ(s.watermark.shed_from, model.watermark.shed_from);
  EXPECT_DOUBLE_EQ(s.watermark.target, model.watermark.target);
  EXPECT_DOUBLE_EQ(s.watermark.hard, model.watermark.hard);
  const Guards guards;
  EXPECT_EQ(result.policy->guards.max_shift_per_minute, guards.max_shift_per_minute);
  EXPECT_EQ(result.policy->guards.min_targets_per_group, guards.min_targets_per_group);
  EXPECT_EQ(result.policy->guards.max_drained_capacity, guards.max_drained_capacity);
  EXPECT_EQ(result.policy->implicit_zone.contact, ImplicitZone().contact);
  EXPECT_EQ(result.policy->targets[0].probes.size(), 0u);
}

TEST(PolicyServices, AreOfTheClassTheySay) {
  for (const char* name : {"premium-live", "live", "catch-up", "vod", "prefetch"}) {
    PolicyResult result = LoadService(absl::StrCat("    class: ", name, "\n"));
    ASSERT_LOADS(result);
    EXPECT_EQ(ServiceClassName(result.policy->services[0].service_class), name);
  }
}

TEST(PolicyServices, SayWhatGivesWayWhenTheWorldIsFull) {
  PolicyResult result =
      LoadService("    session: 45m\n    ladder: [100%, 62.5%, 5%]\n    waiting_room: on\n");
  ASSERT_LOADS(result);
  const Service& s = result.policy->services[0];
  EXPECT_EQ(s.session, absl::Minutes(45));
  EXPECT_THAT(s.ladder, ElementsAre(1, 0.625, 0.05));
  EXPECT_TRUE(s.waiting_room);
  PolicyResult never = LoadService("    ladder: [100%]\n    waiting_room: off\n");
  ASSERT_LOADS(never);
  EXPECT_THAT(never.policy->services[0].ladder, ElementsAre(1));
  EXPECT_FALSE(never.policy->services[0].waiting_room);
}

TEST(PolicyLimits, HoldTheTargetsTheyName) {
  PolicyResult result = LoadWith(R"(services:
  live: {names: [live.example.com], candidates: {tags: [own]}}
limits:
  atlantic: {tags: [us], egress: 300 Gbps}
  all: {tags: [own, us], targets: [fra1], egress: 0.5 Tbps}
)");
  ASSERT_LOADS(result);
  EXPECT_THAT(Said(result), IsEmpty());
  EXPECT_EQ(CheckInvariants(*result.policy), "");
  const std::vector<SharedLimit>& limits = result.policy->limits;
  ASSERT_EQ(limits.size(), 2u);
  EXPECT_EQ(limits[0].name, "atlantic");
  EXPECT_THAT(limits[0].targets, ElementsAre(TargetId(1)));
  EXPECT_EQ(limits[0].egress_mbps, 300e3);
  EXPECT_EQ(limits[1].name, "all");
  EXPECT_THAT(limits[1].targets, ElementsAre(TargetId(0), TargetId(1)));
  EXPECT_EQ(limits[1].egress_mbps, 500e3);
}

TEST(PolicyLimits, OfSeveralFilesAreOneSectionAndTheirNamesUnique) {
  const std::string base = absl::StrCat(
      kTargets, "services: {live: {names: [live.example.com], candidates: {tags: [own]}}}\n",
      "limits: {link: {tags: [own], egress: 500 Gbps}}\n");
  PolicyResult both = LoadPolicyText(
      {{"a.yaml", base}, {"b.yaml", "limits: {other: {tags: [us], egress: 1 Gbps}}\n"}});
  ASSERT_LOADS(both);
  EXPECT_EQ(both.policy->limits.size(), 2u);
  PolicyResult twice = LoadPolicyText(
      {{"a.yaml", base}, {"b.yaml", "limits: {link: {tags: [us], egress: 1 Gbps}}\n"}});
  EXPECT_EQ(Said(twice),
            "b.yaml:1:10: error: \"link\" is given in two files; the first is at a.yaml:6:10\n");
}

TEST(PolicyServices, AnswerAddressesWhenEveryCandidateHasThem) {
  PolicyResult result = LoadService("");
  ASSERT_LOADS(result);
  EXPECT_EQ(result.policy->services[0].answer, AnswerForm::kAddresses);
}

TEST(PolicyServices, TakeOneTtlForAllRungsAndKeepALadderInOrder) {
  PolicyResult one = LoadService("    ttl: 5s\n");
  ASSERT_LOADS(one);
  EXPECT_EQ(one.policy->services[0].ttl.calm, absl::Seconds(5));
  EXPECT_EQ(one.policy->services[0].ttl.draining, absl::Seconds(5));
  PolicyResult top = LoadService("    ttl: {calm: 15s}\n");
  ASSERT_LOADS(top);
  EXPECT_EQ(top.policy->services[0].ttl.shedding, absl::Seconds(15));
  EXPECT_EQ(top.policy->services[0].ttl.draining, absl::Seconds(10));
}

TEST(PolicyServices, DeriveMarksThatAreNotWritten) {
  PolicyResult result = LoadService("    watermark: {target: 98%}\n");
  ASSERT_LOADS(result);
  EXPECT_DOUBLE_EQ(result.policy->services[0].watermark.shed_from, 0.83);
  EXPECT_DOUBLE_EQ(result.policy->services[0].watermark.hard, 1.0);
}

TEST(PolicyServices, TakeTheFirstPreferRuleThatNamesACandidate) {
  PolicyResult result =
      LoadService("    prefer: [{targets: [nyc1], penalty: 7ms}, {tags: [own], penalty: 1s}]\n");
  ASSERT_LOADS(result);
  EXPECT_EQ(result.policy->services[0].candidates[0].penalty_ms, 1000);
  EXPECT_EQ(result.policy->services[0].candidates[1].penalty_ms, 7);
}

TEST(PolicyServices, LetATargetsOwnWeightWinOverItsTags) {
  for (const char* weights : {"{nyc1: 30, \"tag:own\": 10}", "{\"tag:own\": 10, nyc1: 30}"}) {
    PolicyResult result = LoadService(absl::StrCat("    weights: ", weights, "\n"));
    ASSERT_LOADS(result);
    EXPECT_EQ(result.policy->services[0].candidates[0].weight, 10);
    EXPECT_EQ(result.policy->services[0].candidates[1].weight, 30);
  }
}

TEST(PolicyServices, SplitNamesIntoExactOnesAndPatterns) {
  PolicyResult result = LoadWith(R"(services:
  live:
    names: [Live.Example.com., "*.Vod.example.com", '/(a|b)\.example\.com/']
    hosts: [www.example.com]
    candidates: {tags: [own]}
)");
  ASSERT_LOADS(result);
  const Service& s = result.policy->services[0];
  EXPECT_THAT(s.dns_names, ElementsAre("live.example.com"));
  EXPECT_THAT(s.name_patterns,
              ElementsAre("(?:[^.]+\\.)+vod\\.example\\.com", "(a|b)\\.example\\.com"));
  EXPECT_THAT(s.hosts, ElementsAre("www.example.com"));
  EXPECT_THAT(s.host_patterns, IsEmpty());
}

TEST(PolicyServices, KeepWhatFencesLeave) {
  PolicyResult result =
      LoadWith(R"(groups: {dach: {country: [DE]}, lab: {prefix: [198.51.100.0/24]}}
services:
  live:
    names: [live.example.com]
    candidates: {tags: [own]}
    fences: [{group: dach, only: {tags: [eu]}}, {group: lab, never: {targets: [nyc1]}}]
)");
  ASSERT_LOADS(result);
  ASSERT_EQ(result.policy->services[0].fences.size(), 2u);
  for (const Fence& fence : result.policy->services[0].fences)
    EXPECT_THAT(fence.allowed, ElementsAre(TargetId(0)));
}

TEST(PolicyServices, WarnWhenFencesOfACountryAndANetworkCouldMeet) {
  PolicyResult result = LoadWith(R"(groups: {dach: {country: [DE]}, isp: {asn: [3320]}}
services:
  live:
    names: [live.example.com]
    candidates: {tags: [own]}
    fences: [{group: dach, only: {tags: [eu]}}, {group: isp, only: {tags: [us]}}]
)");
  ASSERT_LOADS(result);
  EXPECT_THAT(
      Said(result),
      HasSubstr("leaves clients in both dach and isp no target at all, should there be any"));
}

TEST(PolicyServices, ShareAHostByPaths) {
  PolicyResult result = LoadWith(R"(services:
  live: {hosts: [www.example.com], paths: ['/live/.*'], candidates: {tags: [own]}}
  rest: {hosts: [www.example.com], candidates: {tags: [own]}}
)");
  ASSERT_LOADS(result);
  EXPECT_THAT(Said(result), IsEmpty());
}

TEST(PolicyEvents, TakeGroupsBesideCountries) {
  PolicyResult result = LoadWith(R"(groups: {dach: {country: [DE, AT, CH]}}
services: {live: {names: [live.example.com], candidates: {tags: [own]}}}
events: {live: {start: "2026-12-25T19:00:00+01:00", expected_peak: {dach: 5M}}}
)");
  ASSERT_LOADS(result);
  const Event& event = result.policy->events[0];
  EXPECT_EQ(absl::FormatTime(event.start, absl::UTCTimeZone()), "2026-12-25T18:00:00+00:00");
  EXPECT_EQ(event.ramp, Event().ramp);
  EXPECT_THAT(event.shares, ElementsAre(Event::Share{.group = LabelId(0), .peak = 5e6}));
}

TEST(PolicyDns, TurnsAMailAddressIntoAName) {
  PolicyResult result =
      LoadWith(R"(services: {live: {names: [live.example.com], candidates: {tags: [own]}}}
dns: {nameservers: [ns1.example.com., ns2.example.com], contact: dns@example.com}
)");
  ASSERT_LOADS(result);
  EXPECT_THAT(result.policy->implicit_zone.nameservers,
              ElementsAre("ns1.example.com", "ns2.example.com"));
  EXPECT_EQ(result.policy->implicit_zone.contact, "dns.example.com");
}

}  // namespace
}  // namespace spillway
