#include "sim/scenario/scenario_schema.h"

#include "policies/schema_objects.h"
#include "sim/scenario/scenario_objects.h"

namespace spillway::sim {
namespace {

using policies::FieldSpec;
using policies::ObjectSpec;
using policies::Shape;
using policies::Type;

using policies::kDaySeconds;

constexpr FieldSpec kPointFields[] = {
    {.key = "at",
     .type = Type::kDuration,
     .required = true,
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "Since the beginning."},
    {.key = "viewers",
     .type = Type::kCount,
     .required = true,
     .min = 0,
     .max = 1e9,
     .bounds = "0 .. 1G",
     .doc = "Who play then."},
};
constinit const ObjectSpec kPoint = {"point",
                                     "One point of an audience's curve; straight lines join them.",
                                     kPointFields, "{at: 30m, viewers: 10M}"};

constexpr FieldSpec kBurstFields[] = {
    {.key = "at",
     .type = Type::kDuration,
     .required = true,
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "Its middle."},
    {.key = "viewers",
     .type = Type::kCount,
     .required = true,
     .min = 0,
     .max = 1e9,
     .bounds = "0 .. 1G",
     .doc = "Who come, and stay."},
    {.key = "over",
     .type = Type::kDuration,
     .def = "2m",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "Three quarters of them come within this time (a logistic curve)."},
};
constinit const ObjectSpec kBurst = {"burst",
                                     "Viewers who come nearly at once: a bell, a halftime.",
                                     kBurstFields, "{at: 4h5m, viewers: 4M, over: 90s}"};

constexpr FieldSpec kStreamFields[] = {
    {.key = "curve",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kPoint,
     .required = true,
     .doc = "How many play, by time."},
    {.key = "bursts",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kBurst,
     .doc = "On top of the curve."},
    {.key = "share",
     .type = Type::kFraction,
     .shape = Shape::kMap,
     .key_type = Type::kCountry,
     .min = 0,
     .max = 1,
     .bounds = "0% .. 100%",
     .doc = "Parts of the audience by country. The rest is spread over the places of all other "
            "countries by their weight."},
};
constinit const ObjectSpec kStream = {
    "stream", "The audience of one service of the policy.", kStreamFields,
    "streams: {fight: {curve: [{at: 0m, viewers: 6M}, {at: 4h, viewers: 56M}], share: {US: 58%}}}"};

constexpr FieldSpec kSceneFields[] = {
    {.key = "at",
     .type = Type::kDuration,
     .required = true,
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "Since the beginning."},
    {.key = "factor",
     .type = Type::kNumber,
     .required = true,
     .min = 0.01,
     .max = 10,
     .bounds = "0.01 .. 10",
     .doc = "What the encoder makes of the nominal bitrate."},
};
constinit const ObjectSpec kScene = {"scene", "Bitrate by scene; straight lines join the points.",
                                     kSceneFields, "{at: 1h, factor: 0.4}"};

constexpr FieldSpec kFaultFields[] = {
    {.key = "kind",
     .type = Type::kName,
     .required = true,
     .doc =
         "`loss`, `dead`, `link-loss`, `freeze` (reports stop), `low` (reports too little), "
         "`stuck` (reports the same whatever it carries), `flap` (reports itself down and up), "
         "`probe-fail`, `drain`, `surge` (of arrivals), `outage` (of all front ends), `bus-cut`, "
         "`restart` (of nodes, one after the other)."},
    {.key = "at",
     .type = Type::kDuration,
     .required = true,
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "Since the beginning."},
    {.key = "for",
     .type = Type::kDuration,
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "Until the end when absent."},
    {.key = "targets",
     .type = Type::kObject,
     .object = &policies::kSelector,
     .doc = "Whom it befalls; everybody when absent."},
    {.key = "links",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "For `link-loss`: names of the policy's `limits`."},
    {.key = "amount",
     .type = Type::kFraction,
     .def = "50%",
     .min = 0,
     .max = 1,
     .bounds = "0% .. 100%",
     .doc = "Lost (`loss`, `link-loss`), not told (`low`), or told (`stuck`)."},
    {.key = "factor",
     .type = Type::kNumber,
     .def = "2",
     .min = 0,
     .max = 100,
     .bounds = "0 .. 100",
     .doc = "For `surge`."},
    {.key = "period",
     .type = Type::kDuration,
     .def = "20s",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "For `flap` and `restart`."},
    {.key = "told",
     .type = Type::kSwitch,
     .def = "off",
     .doc = "For `loss`: whether reports tell the smaller capacity."},
};
constinit const ObjectSpec kFault = {
    "fault", "Something that goes wrong.", kFaultFields,
    "faults: [{kind: loss, at: 1h, for: 20m, targets: {tags: [cdn-a]}, amount: 60%}]"};

constexpr FieldSpec kRootFields[] = {
    {.key = "title", .type = Type::kText, .required = true, .doc = "One line, for reports."},
    {.key = "policy",
     .type = Type::kText,
     .required = true,
     .doc = "Policy directory, relative to this file; `--policy` overrides it."},
    {.key = "places",
     .type = Type::kText,
     .required = true,
     .doc = "Table of places, relative to this file."},
    {.key = "start",
     .type = Type::kTime,
     .def = "2024-11-16T01:00Z",
     .doc = "What the clock shows at the beginning: `events` of the policy go by it."},
    {.key = "length",
     .type = Type::kDuration,
     .required = true,
     .min = 60,
     .max = kDaySeconds,
     .bounds = "1m .. 1d",
     .doc = "How long it is played."},
    {.key = "seed",
     .type = Type::kInteger,
     .def = "1",
     .min = 0,
     .max = 1e15,
     .bounds = "0 .. 10^15",
     .doc = "Of all chance; `--seed` overrides it."},
    {.key = "scored_from",
     .type = Type::kDuration,
     .def = "5m",
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "What comes before does not count: nobody's doing but the scenario's."},
    {.key = "trouble_at",
     .type = Type::kDuration,
     .def_words = "when the first fault begins",
     .min = 0,
     .max = kDaySeconds,
     .bounds = "0s .. 1d",
     .doc = "From when the time to recover is counted."},
    {.key = "fits",
     .type = Type::kSwitch,
     .def = "on",
     .doc = "Whether demand fits the capacity: what is promised depends on it."},
    {.key = "streams",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kStream,
     .required = true,
     .doc = "Audiences, by service of the policy."},
    {.key = "noise", .type = Type::kObject, .object = &kNoise, .doc = "Of arrivals."},
    {.key = "scenes",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kScene,
     .doc = "What the encoder does with the bitrate."},
    {.key = "players", .type = Type::kObject, .object = &kPlayers, .doc = "What players do."},
    {.key = "resolvers", .type = Type::kObject, .object = &kResolvers, .doc = "What caches do."},
    {.key = "caches", .type = Type::kObject, .object = &kCaches, .doc = "Of targets."},
    {.key = "feeds", .type = Type::kObject, .object = &kFeeds, .doc = "What targets tell."},
    {.key = "nodes", .type = Type::kObject, .object = &kNodes, .doc = "Our front ends."},
    {.key = "faults",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kFault,
     .doc = "What goes wrong."},
};
constinit const ObjectSpec kRoot = {
    "scenario", "One evening: who comes, from where, what they meet and what goes wrong.",
    kRootFields, ""};

constexpr const ObjectSpec* kObjects[] = {&kStream, &kPoint,   &kBurst,     &kNoise,
                                          &kScene,  &kPlayers, &kResolvers, &kCaches,
                                          &kFeeds,  &kNodes,   &kFault,     &policies::kSelector};

}  // namespace

const ObjectSpec& ScenarioSchema() { return kRoot; }
absl::Span<const ObjectSpec* const> ScenarioObjects() { return kObjects; }

}  // namespace spillway::sim
