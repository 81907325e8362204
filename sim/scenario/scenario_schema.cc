#include "sim/scenario/scenario_schema.h"

#include "policies/schema_objects.h"

namespace spillway::sim {
namespace {

using policies::FieldSpec;
using policies::ObjectSpec;
using policies::Shape;
using policies::Type;

constexpr double kDay = 86400;

constexpr FieldSpec kPointFields[] = {
    {.key = "at", .type = Type::kDuration, .required = true, .doc = "Since the beginning."},
    {.key = "viewers", .type = Type::kCount, .required = true, .doc = "Who play then."},
};
constinit const ObjectSpec kPoint = {"point",
                                     "One point of an audience's curve; straight lines join them.",
                                     kPointFields, "{at: 30m, viewers: 10M}"};

constexpr FieldSpec kBurstFields[] = {
    {.key = "at", .type = Type::kDuration, .required = true, .doc = "Its middle."},
    {.key = "viewers", .type = Type::kCount, .required = true, .doc = "Who come, and stay."},
    {.key = "over",
     .type = Type::kDuration,
     .def = "2m",
     .min = 1,
     .max = kDay,
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
     .doc = "Parts of the audience by country. The rest is spread over the places of all other "
            "countries by their weight."},
};
constinit const ObjectSpec kStream = {
    "stream", "The audience of one service of the policy.", kStreamFields,
    "streams: {fight: {curve: [{at: 0m, viewers: 6M}, {at: 4h, viewers: 56M}], share: {US: 58%}}}"};

constexpr FieldSpec kSceneFields[] = {
    {.key = "at", .type = Type::kDuration, .required = true, .doc = "Since the beginning."},
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

constexpr FieldSpec kNoiseFields[] = {
    {.key = "sigma",
     .type = Type::kFraction,
     .def = "10%",
     .doc = "Of each region's arrivals about the curve, one standard deviation of the logarithm."},
    {.key = "lasts",
     .type = Type::kDuration,
     .def = "60s",
     .min = 1,
     .max = kDay,
     .bounds = "1s .. 1d",
     .doc = "How long a deviation persists."},
};
constinit const ObjectSpec kNoise = {"noise", "How arrivals deviate from the curves.", kNoiseFields,
                                     "noise: {sigma: 10%, lasts: 60s}"};

constexpr FieldSpec kPlayersFields[] = {
    {.key = "session",
     .type = Type::kDuration,
     .def = "45m",
     .min = 10,
     .max = kDay,
     .bounds = "10s .. 1d",
     .doc = "Mean length; they end memorylessly."},
    {.key = "redirect", .type = Type::kFraction, .def = "40%", .doc = "Begin by a 302."},
    {.key = "dns_only",
     .type = Type::kFraction,
     .def = "25%",
     .doc = "Begin by DNS and can never be asked to move. At most what `redirect` leaves."},
    {.key = "steered",
     .type = Type::kFraction,
     .def = "50%",
     .doc = "Ask for content steering once a TTL and follow it."},
    {.key = "hls",
     .type = Type::kFraction,
     .def = "70%",
     .doc = "Of the steered: shun a pathway that failed for 5 minutes; DASH players for a TTL."},
    {.key = "adapt",
     .type = Type::kSwitch,
     .def = "on",
     .doc = "Go down the bitrate ladder when a target is too slow, and up again."},
    {.key = "abandon",
     .type = Type::kNumber,
     .def = "0.02",
     .min = 0,
     .max = 1,
     .bounds = "0 .. 1",
     .doc = "Of those who stall, part that gives up each second."},
    {.key = "retry",
     .type = Type::kFraction,
     .def = "80%",
     .doc = "Of those who gave up or were cut off: come back."},
    {.key = "retry_after",
     .type = Type::kDuration,
     .def = "5s",
     .min = 1,
     .max = 3600,
     .bounds = "1s .. 1h",
     .doc = "On average, after this."},
    {.key = "retry_asks",
     .type = Type::kNumber,
     .def = "1",
     .min = 1,
     .max = 100,
     .bounds = "1 .. 100",
     .doc = "Requests that one who comes back sends until it plays."},
};
constinit const ObjectSpec kPlayers = {"players", "What players do.", kPlayersFields,
                                       "players: {session: 90m, steered: 60%}"};

constexpr FieldSpec kResolversFields[] = {
    {.key = "viewers_each",
     .type = Type::kCount,
     .def = "10k",
     .min = 1,
     .doc = "Viewers behind one cache, where `places` does not say."},
    {.key = "stretch",
     .type = Type::kFraction,
     .def = "10%",
     .doc = "Of the caches: hold answers longer than told."},
    {.key = "stretch_to", .type = Type::kDuration, .def = "400s", .doc = "So long."},
    {.key = "straggle",
     .type = Type::kFraction,
     .def = "3%",
     .doc = "Of the caches: hardly ever ask again."},
    {.key = "straggle_to", .type = Type::kDuration, .def = "15m", .doc = "So long."},
};
constinit const ObjectSpec kResolvers = {"resolvers", "What caches between us and viewers do.",
                                         kResolversFields, "resolvers: {stretch: 20%}"};

constexpr FieldSpec kCachesFields[] = {
    {.key = "cold_loss",
     .type = Type::kFraction,
     .def = "0%",
     .doc = "Of a target's capacity, while all it serves has to be fetched from the origin."},
    {.key = "warm_in",
     .type = Type::kDuration,
     .def = "60s",
     .doc = "Cold to warm, while it serves."},
    {.key = "cool_in",
     .type = Type::kDuration,
     .def = "15m",
     .doc = "And back, while it does not."},
};
constinit const ObjectSpec kCaches = {"caches", "Targets that serve what they have not before.",
                                      kCachesFields, "caches: {cold_loss: 30%}"};

constexpr FieldSpec kFeedsFields[] = {
    {.key = "period",
     .type = Type::kDuration,
     .def = "5s",
     .min = 1,
     .max = 3600,
     .bounds = "1s .. 1h",
     .doc = "Between two reports of a target."},
    {.key = "delay", .type = Type::kDuration, .def = "3s", .doc = "From measured to received."},
    {.key = "noise", .type = Type::kFraction, .def = "2%", .doc = "Of a reported load."},
    {.key = "ttl", .type = Type::kDuration, .def = "15s", .doc = "What reports say of themselves."},
    {.key = "loss", .type = Type::kFraction, .def = "0%", .doc = "Reports that never arrive."},
    {.key = "sessions", .type = Type::kSwitch, .def = "off", .doc = "Reports tell sessions, too."},
};
constinit const ObjectSpec kFeeds = {"feeds", "What targets tell us of themselves.", kFeedsFields,
                                     "feeds: {period: 10s, delay: 5s}"};

constexpr FieldSpec kNodesFields[] = {
    {.key = "count",
     .type = Type::kInteger,
     .def = "1",
     .min = 1,
     .max = 16,
     .bounds = "1 .. 16",
     .doc = "Front-end nodes. Each plans by itself and answers an equal part of the clients."},
    {.key = "sharing",
     .type = Type::kDuration,
     .def = "2s",
     .doc = "How late a node hears what others answered."},
};
constinit const ObjectSpec kNodes = {"nodes", "Our own front ends.", kNodesFields,
                                     "nodes: {count: 3, sharing: 2s}"};

constexpr FieldSpec kFaultFields[] = {
    {.key = "kind",
     .type = Type::kName,
     .required = true,
     .doc =
         "`loss`, `dead`, `link-loss`, `freeze` (reports stop), `low` (reports too little), "
         "`stuck` (reports the same whatever it carries), `flap` (reports itself down and up), "
         "`probe-fail`, `drain`, `surge` (of arrivals), `outage` (of all front ends), `bus-cut`, "
         "`restart` (of nodes, one after the other)."},
    {.key = "at", .type = Type::kDuration, .required = true, .doc = "Since the beginning."},
    {.key = "for", .type = Type::kDuration, .doc = "Until the end when absent."},
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
     .max = kDay,
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
     .max = kDay,
     .bounds = "1m .. 1d",
     .doc = "How long it is played."},
    {.key = "seed",
     .type = Type::kInteger,
     .def = "1",
     .doc = "Of all chance; `--seed` overrides it."},
    {.key = "scored_from",
     .type = Type::kDuration,
     .def = "5m",
     .doc = "What comes before does not count: nobody's doing but the scenario's."},
    {.key = "trouble_at",
     .type = Type::kDuration,
     .def_words = "when the first fault begins",
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
                                          &kFeeds,  &kNodes,   &kFault};

}  // namespace

const ObjectSpec& ScenarioSchema() { return kRoot; }
absl::Span<const ObjectSpec* const> ScenarioObjects() { return kObjects; }

}  // namespace spillway::sim
