#include "apps/cli/syntax.h"

#include <string>

#include "absl/strings/str_replace.h"

namespace spillway::cli {
namespace {

constexpr absl::string_view kCheckExamples[] = {
    "spillway check policies/library/live-event",
    "spillway check /etc/spillway --zones /etc/spillway/zones --json",
};
constexpr absl::string_view kExplainExamples[] = {
    "spillway explain --client 198.51.100.7 --name live.example.com",
    "spillway explain --client 2001:db8::/48 --url http://live.example.com/a.m3u8",
};
constexpr absl::string_view kStatusExamples[] = {
    "spillway status",
    "spillway status --json | jq '.targets[] | select(.price_ms > 1) | .name'",
};
constexpr absl::string_view kDrainExamples[] = {
    "spillway drain fra1 --why 'fibre cut, ticket 4711' --for 30m",
    "spillway drain cdn-a-eu --why 'CDN status page: degraded' --who anna",
};
constexpr absl::string_view kUndrainExamples[] = {"spillway undrain fra1 --why 'fibre repaired'"};
constexpr absl::string_view kReloadExamples[] = {"spillway reload"};
constexpr absl::string_view kRehearseExamples[] = {
    "spillway rehearse data/scenarios/tyson-paul.yaml --html report.html",
    "spillway rehearse evening.yaml --policy /etc/spillway --against new-policy",
    "spillway rehearse evening.yaml --steering ours,nearest --html compare.html",
    "spillway rehearse evening.yaml --seed 7 --json | jq '.evenings[0].verdict'",
    "spillway rehearse --recording evening/ --policy next/ --json",
};
constexpr absl::string_view kDiffExamples[] = {
    "spillway diff /etc/spillway new-policy",
    "spillway diff /etc/spillway new-policy --scenario evening.yaml --at 2h",
};
constexpr absl::string_view kVersionExamples[] = {"spillway version --json"};
constexpr absl::string_view kHelpExamples[] = {"spillway help drain", "spillway help exit-codes"};

constexpr CommandSpec kCommands[] = {
    {Verb::kStatus, "status", "", 0, false, "what is up, how full, who is drained, what needs eyes",
     "Prints what needs attention first, then a table of all targets, worst first, then the "
     "services. LOAD is the utilisation of the tightest resource, with a | where the plan takes "
     "the egress; ROOM is what is left below the watermark beside what stays there whatever is "
     "answered; PRICE is the detour that a place there is worth, none while it has room; FEED is "
     "the age of the last report. EXPECTED is the sessions that begin each second from now to the "
     "horizon, with what is undercut and exceeded one time in ten.",
     kStatusExamples},
    {Verb::kExplain, "explain", "", 0, false, "why a client gets the answer it gets",
     "Asks the running server for the decision it would make now, with every candidate, its cost, "
     "its verdict and the age of what is known about it. Nothing is changed by asking.\n\n"
     "The words in the column VERDICT are explained below the table and in "
     "`spillway help verdicts`.",
     kExplainExamples},
    {Verb::kDrain, "drain", "TARGET", 1, true, "send no new clients to a target",
     "New clients go elsewhere from the next plan on; cached answers run out with their TTL and "
     "playing sessions are left alone. The drain ends by itself after --for, or with "
     "`spillway undrain`.\n\n"
     "The server refuses when more than guards.max_drained_capacity of the policy would be out; "
     "--force overrides that guard.",
     kDrainExamples},
    {Verb::kUndrain, "undrain", "TARGET", 1, true, "take a drained target back",
     "The target takes clients again from the next plan on, if its health and load allow: not all "
     "at once, but 2 % of them at first and twice as many each TTL.",
     kUndrainExamples},
    {Verb::kReload, "reload", "", 0, false, "have the server load its policy again",
     "All or nothing: with an error anywhere the running version keeps serving, every error is "
     "printed and the exit code is 1. SIGHUP to spillwayd does the same.",
     kReloadExamples},
    {Verb::kCheck, "check", "DIR", 1, true, "check policy and zone files; needs no server",
     "Loads every *.yaml of DIR as one policy and every *.zone as zones, as spillwayd would, and "
     "prints every error and warning as file:line:column. Warnings leave the exit code at 0. "
     "Names no zone holds are pointed out.",
     kCheckExamples},
    {Verb::kRehearse, "rehearse", "SCENARIO", 1, false,
     "play a policy against an event, or a recorded evening again; needs no server",
     "Plays the evening of a scenario file second by second: its audience, resolvers, players, "
     "targets and faults in a simulated world, the server's own planner in charge. Tells first "
     "whether the policy held, then what was full, who suffered and what mattered. The same seed "
     "gives the same evening.\n\n"
     "With several steerings, or a second policy, prints a table that compares them; the exit code "
     "is then the first one's. Exit code 6 means that targets were asked for more than they have "
     "at a time no fault excuses, or that viewers were refused though the scenario says they "
     "fit. How to read it: docs/REHEARSAL.md.\n\n"
     "With --recording instead of a scenario gives the planner again what `spillwayd --record` "
     "wrote down and compares every plan with the one that answered: from the start of a server "
     "all must be identical, bit for bit, and the exit code is 7 when one is not. With --policy "
     "the same audience is then told what that policy would have told it, and the utilisation of "
     "every target under both is shown. Viewers are taken to come and to stay as they did: nobody "
     "gives up, or comes back because it got better.",
     kRehearseExamples},
    {Verb::kDiff, "diff", "A B", 2, true, "what changing from policy A to policy B would move",
     "Names what differs between two policy directories. With --scenario also says which share of "
     "which clients would go from which target to which, and what that does to every target: both "
     "policies steer the scenario's audience at one moment, with the server's own planner, until "
     "nothing moves any more. Faults are left out.",
     kDiffExamples},
    {Verb::kVersion, "version", "", 0, false, "the version of this program", "", kVersionExamples},
    {Verb::kHelp, "help", "TOPIC", 1, false, "this text, or all about one command",
     "Topics beside the commands: exit-codes, environment, verdicts.", kHelpExamples},
};

constexpr VerbSet kDrains = Set(Verb::kDrain) | Set(Verb::kUndrain);

constexpr VerbSet kExplains = Set(Verb::kExplain);
constexpr VerbSet kChecks = Set(Verb::kCheck);
constexpr VerbSet kRehearses = Set(Verb::kRehearse);
constexpr VerbSet kDiffs = Set(Verb::kDiff);

constexpr FlagSpec kFlags[] = {
    {.flag = Flag::kZones,
     .name = "zones",
     .value = "DIR",
     .verbs = kChecks,
     .doc = "directory of the *.zone files; DIR of the policy when absent"},
    {.flag = Flag::kGeo,
     .name = "geo",
     .value = "FILE",
     .verbs = kChecks,
     .doc = "mmdb file to try the policy's groups on"},
    {.flag = Flag::kClient,
     .name = "client",
     .value = "ADDR[/BITS]",
     .verbs = kExplains,
     .required = kExplains,
     .doc = "the client's address, or the prefix a resolver sends (EDNS Client Subnet)"},
    {.flag = Flag::kName,
     .name = "name",
     .value = "NAME",
     .verbs = kExplains,
     .one_of = kExplains,
     .doc = "a DNS question for NAME"},
    {.flag = Flag::kUrl,
     .name = "url",
     .value = "URL",
     .verbs = kExplains,
     .one_of = kExplains,
     .doc = "an HTTP request for URL"},
    {.flag = Flag::kWhy,
     .name = "why",
     .value = "TEXT",
     .verbs = kDrains,
     .required = Set(Verb::kDrain),
     .doc = "the reason, shown by status and explain to whoever looks next"},
    {.flag = Flag::kWho,
     .name = "who",
     .value = "NAME",
     .verbs = kDrains,
     .required = kDrains,
     .env = "USER",
     .doc = "who does it"},
    {.flag = Flag::kFor,
     .name = "for",
     .value = "DURATION",
     .verbs = Set(Verb::kDrain),
     .doc = "such as 30m or 2h; until undone when absent"},
    {.flag = Flag::kForce,
     .name = "force",
     .verbs = Set(Verb::kDrain),
     .doc = "even when too much capacity is out already"},
    {.flag = Flag::kRecording,
     .name = "recording",
     .value = "DIR",
     .verbs = kRehearses,
     .doc = "instead of a scenario: directory of *.rec files, or one of them"},
    {.flag = Flag::kPolicy,
     .name = "policy",
     .value = "DIR",
     .verbs = kRehearses,
     .doc = "policy directory; the scenario's or recording's own when absent"},
    {.flag = Flag::kAgainst,
     .name = "against",
     .value = "DIR",
     .verbs = kRehearses,
     .doc = "a second policy, to compare with"},
    {.flag = Flag::kSteering,
     .name = "steering",
     .value = "NAME,...",
     .verbs = kRehearses,
     .def = "ours",
     .doc = "who steers; several, or `all`, to compare"},
    {.flag = Flag::kSeed,
     .name = "seed",
     .value = "N",
     .verbs = kRehearses,
     .doc = "of all chance; the scenario's when absent"},
    {.flag = Flag::kHtml,
     .name = "html",
     .value = "FILE",
     .verbs = kRehearses,
     .doc = "also write the report as one page for a browser"},
    {.flag = Flag::kScenario,
     .name = "scenario",
     .value = "FILE",
     .verbs = kDiffs,
     .doc = "whose audience is steered by both"},
    {.flag = Flag::kAt,
     .name = "at",
     .value = "DURATION",
     .verbs = kDiffs,
     .doc = "moment of the evening, such as 2h; its peak when absent"},
    {.flag = Flag::kAdmin,
     .name = "admin",
     .value = "URL",
     .verbs = kEveryVerb,
     .env = "SPILLWAY_ADMIN",
     .def = "http://127.0.0.1:5380",
     .doc = "the server's admin listener"},
    {.flag = Flag::kTokenFile,
     .name = "token_file",
     .value = "FILE",
     .verbs = kEveryVerb,
     .env = "SPILLWAY_TOKEN_FILE",
     .doc = "file whose first line is the admin token, or name:token"},
    {.flag = Flag::kJson,
     .name = "json",
     .verbs = kEveryVerb,
     .doc = "JSON on standard output, for programs; the server's own, unchanged"},
};
static_assert(std::size(kFlags) == kFlagCount);

constexpr ExitCodeSpec kExitCodes[] = {
    {ExitCode::kDone, "done; warnings do not count"},
    {ExitCode::kPolicyErrors,
     "the policy or scenario has errors (check, rehearse, diff, and reload at the server)"},
    {ExitCode::kUsage, "wrong usage: command, flags, or a file of theirs that cannot be read"},
    {ExitCode::kNotReached, "no usable answer from the server within 5 s"},
    {ExitCode::kRefused, "the server refused; its reason is on standard error"},
    {ExitCode::kOutput, "standard output, or the file of --html, could not be written"},
    {ExitCode::kNotHeld, "the rehearsed policy did not hold: see `spillway help rehearse`"},
    {ExitCode::kDiffers, "a replayed plan is not the one that was recorded"},
};

}  // namespace

absl::Span<const CommandSpec> Commands() { return kCommands; }
absl::Span<const FlagSpec> Flags() { return kFlags; }
absl::Span<const ExitCodeSpec> ExitCodes() { return kExitCodes; }

const CommandSpec& SpecOf(Verb verb) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.verb == verb) return spec;
  }
  return kCommands[0];  // every verb has its row: the test of the tables sees to it
}

const FlagSpec& SpecOf(Flag flag) { return kFlags[static_cast<size_t>(flag)]; }

const CommandSpec* FindCommand(absl::string_view name) {
  for (const CommandSpec& spec : kCommands) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

const FlagSpec* FindFlag(absl::string_view name) {
  std::string folded = absl::StrReplaceAll(name, {{"-", "_"}});
  for (const FlagSpec& spec : kFlags) {
    if (spec.name == folded) return &spec;
  }
  return nullptr;
}

}  // namespace spillway::cli
