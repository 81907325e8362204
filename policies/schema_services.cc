#include "policies/schema_objects.h"

namespace spillway::policies {

constexpr FieldSpec kSelectorFields[] = {
    {.key = "tags",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Targets that carry any of these tags."},
    {.key = "targets", .type = Type::kName, .shape = Shape::kList, .doc = "Targets by name."},
};
constinit const ObjectSpec kSelector = {
    "selector",
    "A choice of targets: those with any of the tags, and those named.",
    kSelectorFields,
    "candidates: {tags: [own, eu], targets: [ams2]}",
};

constexpr FieldSpec kPreferFields[] = {
    {.key = "tags",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Targets that carry any of these tags."},
    {.key = "targets", .type = Type::kName, .shape = Shape::kList, .doc = "Targets by name."},
    {.key = "penalty",
     .type = Type::kDuration,
     .def = "0ms",
     .min = 0,
     .max = 10,
     .bounds = "0ms .. 10s",
     .doc = "Added to the cost of these targets, in milliseconds of round trip."},
};
constinit const ObjectSpec kPrefer = {
    "prefer rule",
    "The first rule that names a candidate gives its penalty; a "
    "candidate that no rule names has none. The order of "
    "rules decides only which one is first, it adds nothing by itself.",
    kPreferFields,
    "prefer: [{tags: [own]}, {tags: [cdn-a], penalty: 15ms}]",
};

constexpr FieldSpec kTtlFields[] = {
    {.key = "calm",
     .type = Type::kDuration,
     .def = "30s",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "While nothing moves."},
    {.key = "shedding",
     .type = Type::kDuration,
     .def = "20s",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "While a target that is answered loses clients."},
    {.key = "draining",
     .type = Type::kDuration,
     .def = "10s",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "While a target that is answered is being taken to zero."},
};
constinit const ObjectSpec kTtl = {
    "ttl",
    "How long answers may be cached, or one duration for all three.",
    kTtlFields,
    "ttl: {calm: 30s, shedding: 20s, draining: 10s}",
};

constexpr FieldSpec kWatermarkFields[] = {
    {.key = "shed_from",
     .type = Type::kFraction,
     .def_words = "15 points below `target`",
     .min = 0.01,
     .max = 1,
     .bounds = "1% .. 100%",
     .doc = "Above this a target begins to lose clients."},
    {.key = "target",
     .type = Type::kFraction,
     .def = "85%",
     .min = 0.01,
     .max = 1,
     .bounds = "1% .. 100%",
     .doc = "Above this it gets no new ones."},
    {.key = "hard",
     .type = Type::kFraction,
     .def_words = "5 points above `target`, at most 100%",
     .min = 0.01,
     .max = 1,
     .bounds = "1% .. 100%",
     .doc = "Demand that fits nowhere is placed below this first; beyond it only when no candidate "
            "has room left."},
};
constinit const ObjectSpec kWatermark = {
    "watermark",
    "The use of a target's capacity that we promise to stay under: shed_from < target <= hard.",
    kWatermarkFields,
    "watermark: {shed_from: 70%, target: 85%, hard: 90%}",
};

constexpr FieldSpec kFenceFields[] = {
    {.key = "group", .type = Type::kName, .required = true, .doc = "Whom it concerns."},
    {.key = "only",
     .type = Type::kObject,
     .object = &kSelector,
     .doc = "These clients may go to these targets and nowhere else."},
    {.key = "never",
     .type = Type::kObject,
     .object = &kSelector,
     .doc = "These clients may not go to these targets. One of `only` and `never`."},
};
constinit const ObjectSpec kFence = {
    "fence",
    "A limit that holds whatever happens, even at the price of overload. All fences that concern a "
    "client hold together.",
    kFenceFields,
    "fences: [{group: dach, only: {tags: [eu]}}, {group: lab, never: {targets: [fra1]}}]",
};

constexpr FieldSpec kServiceFields[] = {
    {.key = "names",
     .type = Type::kNamePattern,
     .shape = Shape::kList,
     .doc = "DNS names: exact, `\"*.example.com\"` (one or more labels in front), or `'/regex/'` "
            "for the whole lower-case name."},
    {.key = "hosts",
     .type = Type::kNamePattern,
     .shape = Shape::kList,
     .def_words = "`names`",
     .doc = "HTTP hosts, written like names. A service has names, hosts, or both."},
    {.key = "paths",
     .type = Type::kPathPattern,
     .shape = Shape::kList,
     .def_words = "every path",
     .doc = "Regular expressions (RE2) for the whole path. Services that share a host are tried in "
            "the order of the files."},
    {.key = "class",
     .type = Type::kClass,
     .def = "live",
     .doc = "Order of sacrifice when the world is full: prefetch gives way first, then vod, "
            "catch-up and live; premium-live is the last."},
    {.key = "bitrate",
     .type = Type::kBitrate,
     .def = "5 Mbps",
     .min = 0.001,
     .max = 1e6,
     .bounds = "1 kbps .. 1 Tbps",
     .doc = "Nominal: what one session reserves."},
    {.key = "session",
     .type = Type::kDuration,
     .def = "30m",
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc = "How long a session lasts on average, until Spillway has learned it."},
    {.key = "ladder",
     .type = Type::kFraction,
     .shape = Shape::kList,
     .def_words = "`[100%, 75%, 55%, 40%]`",
     .min = kLadderStepMin,
     .max = 1,
     .bounds = "5% .. 100%, falling",
     .doc = "When demand exceeds what all targets together can take, players are told to stay "
            "under the first of these parts of the bitrate that fits. `[100%]` never tells them."},
    {.key = "waiting_room",
     .type = Type::kSwitch,
     .def = "off",
     .doc = "When not even the last step of the ladder fits, HTTP asks part of those who join to "
            "come back a little later. Who plays already is never sent away."},
    {.key = "ttl",
     .type = Type::kDuration,
     .shape = Shape::kOneOrMap,
     .object = &kTtl,
     .min = 1,
     .max = kDaySeconds,
     .bounds = "1s .. 1d",
     .doc =
         "How long answers may be cached. Each answer's TTL is up to a fifth shorter or longer, so "
         "that caches do not expire together."},
    {.key = "candidates",
     .type = Type::kObject,
     .object = &kSelector,
     .required = true,
     .doc = "Targets that may serve. All with addresses, or all with a cname: DNS must not mix the "
            "two under one name."},
    {.key = "prefer",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kPrefer,
     .doc = "Penalties; the first rule that names a candidate counts."},
    {.key = "weights",
     .type = Type::kNumber,
     .shape = Shape::kMap,
     .key_type = Type::kText,
     .def_words = "1 for every candidate",
     .min = 0.001,
     .max = 1e6,
     .bounds = "0.001 .. 1000000",
     .doc = "Shares among candidates of equal cost, by target name or `\"tag:own\"`; a target's "
            "own line wins over its tags'."},
    {.key = "distance",
     .type = Type::kNumber,
     .def = "1",
     .min = 0,
     .max = 100,
     .bounds = "0 .. 100",
     .doc = "What a millisecond of estimated round trip counts. 0 ignores where the client is."},
    {.key = "price",
     .type = Type::kDuration,
     .def = "0ms",
     .min = 0,
     .max = 10,
     .bounds = "0ms .. 10s",
     .doc = "What one unit of a target's `cost` counts, in milliseconds of round trip. 0 ignores "
            "cost."},
    {.key = "watermark",
     .type = Type::kObject,
     .object = &kWatermark,
     .doc = "When a target counts as filling up."},
    {.key = "fences",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kFence,
     .doc = "Where groups must or must not go."},
};
constinit const ObjectSpec kService = {
    "service",
    "What clients ask for, and how they are steered. The cheapest candidate wins: round trip x "
    "`distance` + penalty + cost x `price`.",
    kServiceFields,
    "services:\n  fight:\n    names: [live.example.com]\n    paths: "
    "['/live/(?P<event>[a-z0-9-]+)/.*']\n    candidates: {tags: [own, cdn-a]}",
};

}  // namespace spillway::policies
