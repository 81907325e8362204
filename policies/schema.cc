#include "policies/schema.h"

namespace spillway::policies {
namespace {

constexpr double kDay = 86400;  // seconds

constexpr FieldSpec kCapacityFields[] = {
    {.key = "egress",
     .type = Type::kBitrate,
     .min = 0.001,
     .max = 1e9,
     .bounds = "1 kbps .. 1000 Tbps",
     .doc = "Traffic to clients."},
    {.key = "sessions",
     .type = Type::kCount,
     .min = 1,
     .max = 1e10,
     .bounds = "1 .. 10G",
     .doc = "Sessions playing at once."},
    {.key = "sessions_start",
     .type = Type::kRate,
     .min = 0.001,
     .max = 1e9,
     .bounds = "0.001/s .. 1000M/s",
     .doc = "New sessions per second: what breaks first while an audience arrives."},
    {.key = "requests",
     .type = Type::kRate,
     .min = 0.001,
     .max = 1e10,
     .bounds = "0.001/s .. 10000M/s",
     .doc = "HTTP requests per second."},
};
constexpr ObjectSpec kCapacity = {
    "capacity",
    "What the target can carry at most. The resource nearest to its limit decides; one left out "
    "does not "
    "limit, unless a feed reports it.",
    kCapacityFields, "capacity: {egress: 400 Gbps, sessions: 80k, sessions_start: 2000/s}"};

constexpr FieldSpec kProbeFields[] = {
    {.key = "http",
     .type = Type::kUrl,
     .doc = "Fetch this; a 2xx or 3xx answer is success. One of `http` and `tcp`."},
    {.key = "tcp", .type = Type::kEndpoint, .doc = "Connect here; a connection is success."},
    {.key = "interval",
     .type = Type::kDuration,
     .def = "2s",
     .min = 0.1,
     .max = 3600,
     .bounds = "100ms .. 1h",
     .doc = "Time from one probe to the next."},
    {.key = "timeout",
     .type = Type::kDuration,
     .def = "1s",
     .min = 0.01,
     .max = 60,
     .bounds = "10ms .. 1m",
     .doc = "A probe without an answer by then has failed. At most `interval`."},
    {.key = "rise",
     .type = Type::kInteger,
     .def = "2",
     .min = 1,
     .max = 100,
     .bounds = "1 .. 100",
     .doc = "Successes in a row that bring the target back."},
    {.key = "fall",
     .type = Type::kInteger,
     .def = "3",
     .min = 1,
     .max = 100,
     .bounds = "1 .. 100",
     .doc = "Failures in a row that take the target out."},
};
constexpr ObjectSpec kProbe = {
    "probe", "A check that Spillway itself makes, besides what feeds report.", kProbeFields,
    "probes: [{http: \"http://192.0.2.10:8080/health\", interval: 2s, timeout: 1s}]"};

constexpr FieldSpec kTargetFields[] = {
    {.key = "at",
     .type = Type::kPoint,
     .doc = "Where it stands: latitude and longitude in degrees. Without it, distance does not "
            "count for this target."},
    {.key = "addresses",
     .type = Type::kAddress,
     .shape = Shape::kList,
     .doc = "What A and AAAA answers give. A target has addresses, a cname, or both."},
    {.key = "cname", .type = Type::kDnsName, .doc = "What CNAME answers give."},
    {.key = "host",
     .type = Type::kAuthority,
     .def_words = "`cname`, else the first address",
     .doc = "Host, with port if need be, that HTTP redirects point to."},
    {.key = "scheme", .type = Type::kScheme, .def = "https", .doc = "Scheme of those redirects."},
    {.key = "capacity", .type = Type::kObject, .object = &kCapacity, .doc = "What it can carry."},
    {.key = "commit",
     .type = Type::kBitrate,
     .def = "0 bps",
     .min = 0,
     .max = 1e9,
     .bounds = "up to 1000 Tbps",
     .doc = "Traffic that the contract makes us pay for whether used or not."},
    {.key = "cost",
     .type = Type::kNumber,
     .def = "0",
     .min = 0,
     .max = 1e6,
     .bounds = "0 .. 1000000",
     .doc = "Price of one unit of traffic, in any currency as long as all targets use the same. "
            "A service's `price` says what it is worth in milliseconds."},
    {.key = "tags",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Words by which services choose targets."},
    {.key = "probes",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kProbe,
     .doc = "Checks of our own."},
};
constexpr ObjectSpec kTarget = {
    "target",
    "An edge cluster or a CDN region that can serve. Its name is also its pathway id in content "
    "steering.",
    kTargetFields,
    "targets:\n  fra1: {at: [50.11, 8.68], addresses: [192.0.2.10, \"2001:db8::10\"], capacity: "
    "{egress: 400 Gbps}, cost: 0.2, tags: [own, eu]}"};

constexpr FieldSpec kGroupFields[] = {
    {.key = "country",
     .type = Type::kCountry,
     .shape = Shape::kList,
     .doc = "Clients in any of these countries. Norway is NO, unquoted or not."},
    {.key = "asn",
     .type = Type::kAsn,
     .shape = Shape::kList,
     .min = 1,
     .max = 4294967295.0,
     .bounds = "1 .. 4294967295",
     .doc = "Clients in any of these networks (AS numbers)."},
    {.key = "prefix",
     .type = Type::kPrefix,
     .shape = Shape::kList,
     .doc = "Clients with an address in any of these."},
    {.key = "at",
     .type = Type::kPoint,
     .doc = "Where these clients are, when the geo database is wrong about them."},
    {.key = "groups",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Everybody in any of these other groups."},
};
constexpr ObjectSpec kGroup = {
    "group",
    "Clients that are steered alike. A client is in the group when any one of the lists names it.",
    kGroupFields,
    "groups:\n  dach: {country: [DE, AT, CH]}\n  lab: {prefix: [198.51.100.0/24]}\n  near: "
    "{groups: [dach, lab]}"};

constexpr FieldSpec kSelectorFields[] = {
    {.key = "tags",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Targets that carry any of these tags."},
    {.key = "targets", .type = Type::kName, .shape = Shape::kList, .doc = "Targets by name."},
};
constexpr ObjectSpec kSelector = {
    "selector", "A choice of targets: those with any of the tags, and those named.",
    kSelectorFields, "candidates: {tags: [own, eu], targets: [ams2]}"};

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
constexpr ObjectSpec kPrefer = {"prefer rule",
                                "The first rule that names a candidate gives its penalty; a "
                                "candidate that no rule names has none. The order of "
                                "rules decides only which one is first, it adds nothing by itself.",
                                kPreferFields,
                                "prefer: [{tags: [own]}, {tags: [cdn-a], penalty: 15ms}]"};

constexpr FieldSpec kTtlFields[] = {
    {.key = "calm",
     .type = Type::kDuration,
     .def = "30s",
     .min = 1,
     .max = kDay,
     .bounds = "1s .. 1d",
     .doc = "While nothing moves."},
    {.key = "shedding",
     .type = Type::kDuration,
     .def = "20s",
     .min = 1,
     .max = kDay,
     .bounds = "1s .. 1d",
     .doc = "While a target that is answered loses clients."},
    {.key = "draining",
     .type = Type::kDuration,
     .def = "10s",
     .min = 1,
     .max = kDay,
     .bounds = "1s .. 1d",
     .doc = "While a target that is answered is being taken to zero."},
};
constexpr ObjectSpec kTtl = {"ttl",
                             "How long answers may be cached, or one duration for all three.",
                             kTtlFields, "ttl: {calm: 30s, shedding: 20s, draining: 10s}"};

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
     .doc = "It must never pass this."},
};
constexpr ObjectSpec kWatermark = {
    "watermark",
    "The use of a target's capacity that we promise to stay under: shed_from < target <= hard.",
    kWatermarkFields, "watermark: {shed_from: 70%, target: 85%, hard: 90%}"};

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
constexpr ObjectSpec kFence = {
    "fence",
    "A limit that holds whatever happens, even at the price of overload. All fences that concern a "
    "client hold together.",
    kFenceFields,
    "fences: [{group: dach, only: {tags: [eu]}}, {group: lab, never: {targets: [fra1]}}]"};

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
    {.key = "class", .type = Type::kName, .doc = "Order of sacrifice when the world is full."},
    {.key = "bitrate",
     .type = Type::kBitrate,
     .def = "5 Mbps",
     .min = 0.001,
     .max = 1e6,
     .bounds = "1 kbps .. 1 Tbps",
     .doc = "Nominal: what one session reserves."},
    {.key = "ttl",
     .type = Type::kDuration,
     .shape = Shape::kOneOrMap,
     .object = &kTtl,
     .min = 1,
     .max = kDay,
     .bounds = "1s .. 1d",
     .doc = "How long answers may be cached."},
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
constexpr ObjectSpec kService = {
    "service",
    "What clients ask for, and how they are steered. The cheapest candidate wins: round trip x "
    "`distance` + penalty + cost x `price`.",
    kServiceFields,
    "services:\n  fight:\n    names: [live.example.com]\n    paths: "
    "['/live/(?P<event>[a-z0-9-]+)/.*']\n    candidates: {tags: [own, cdn-a]}"};

constexpr FieldSpec kFreezeFields[] = {
    {.key = "from", .type = Type::kTime, .required = true, .doc = "First moment."},
    {.key = "to", .type = Type::kTime, .required = true, .doc = "Last moment; after `from`."},
};
constexpr ObjectSpec kFreeze = {"freeze", "A time in which shares change for health only.",
                                kFreezeFields,
                                "freeze: [{from: 2026-12-25T17:00Z, to: 2026-12-26T04:00Z}]"};

constexpr FieldSpec kGuardFields[] = {
    {.key = "max_shift_per_minute",
     .type = Type::kFraction,
     .def = "100%",
     .min = 0.001,
     .max = 1,
     .bounds = "0.1% .. 100%",
     .doc = "Of a service's demand, the most that moves in a minute."},
    {.key = "min_targets_per_group",
     .type = Type::kInteger,
     .def = "1",
     .min = 1,
     .max = 100,
     .bounds = "1 .. 100",
     .doc = "Targets that every group keeps, where its fences leave as many."},
    {.key = "max_drained_capacity",
     .type = Type::kFraction,
     .def = "30%",
     .min = 0,
     .max = 1,
     .bounds = "0% .. 100%",
     .doc = "Of all capacity, the most that operators may drain without --force."},
    {.key = "freeze",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kFreeze,
     .doc = "Times in which shares change for health only."},
};
constexpr ObjectSpec kGuards = {
    "guards", "Limits on what Spillway may do by itself.", kGuardFields,
    "guards: {max_shift_per_minute: 20%, min_targets_per_group: 2, max_drained_capacity: 30%}"};

constexpr FieldSpec kEventFields[] = {
    {.key = "start", .type = Type::kTime, .required = true, .doc = "When it begins."},
    {.key = "expected_peak",
     .type = Type::kCount,
     .shape = Shape::kMap,
     .key_type = Type::kText,
     .required = true,
     .min = 1,
     .max = 1e10,
     .bounds = "1 .. 10G",
     .doc = "Sessions at the peak: `world`, countries, groups. The countries' sum is at most "
            "`world`."},
    {.key = "ramp",
     .type = Type::kDuration,
     .def = "30m",
     .min = 1,
     .max = 7 * kDay,
     .bounds = "1s .. 7d",
     .doc = "From the first viewers to the peak."},
};
constexpr ObjectSpec kEvent = {
    "event", "An audience known beforehand, under the name of the service it will watch.",
    kEventFields,
    "events:\n  fight: {start: 2026-12-25T18:00Z, expected_peak: {world: 65M, US: 38M}, ramp: "
    "40m}"};

constexpr FieldSpec kDnsFields[] = {
    {.key = "nameservers",
     .type = Type::kDnsName,
     .shape = Shape::kList,
     .doc = "NS records of steered names that are in no zone file: each becomes a zone of its own. "
            "Without this, every name must be in a zone file."},
    {.key = "contact",
     .type = Type::kMailbox,
     .def = "hostmaster.invalid",
     .doc = "Mailbox in their SOA record."},
};
constexpr ObjectSpec kDns = {
    "dns", "What the DNS server says about steered names themselves.", kDnsFields,
    "dns: {nameservers: [ns1.example.com, ns2.example.com], contact: hostmaster@example.com}"};

constexpr FieldSpec kRootFields[] = {
    {.key = "targets",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kTarget,
     .required = true,
     .doc = "Who can serve."},
    {.key = "groups",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kGroup,
     .doc = "Which clients are steered alike."},
    {.key = "services",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kService,
     .required = true,
     .doc = "What clients ask for."},
    {.key = "guards",
     .type = Type::kObject,
     .object = &kGuards,
     .doc = "Limits on what Spillway does by itself."},
    {.key = "events",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kEvent,
     .doc = "Audiences known beforehand."},
    {.key = "dns", .type = Type::kObject, .object = &kDns, .doc = "Nameservers and contact."},
};
constexpr ObjectSpec kRoot = {"policy", "All files of a directory together.", kRootFields, ""};

constexpr const ObjectSpec* kAll[] = {&kTarget,   &kCapacity, &kProbe, &kGroup,     &kService,
                                      &kSelector, &kPrefer,   &kTtl,   &kWatermark, &kFence,
                                      &kGuards,   &kFreeze,   &kEvent, &kDns};

}  // namespace

const FieldSpec* ObjectSpec::Find(absl::string_view key) const {
  for (const FieldSpec& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

const ObjectSpec& PolicySchema() { return kRoot; }
absl::Span<const ObjectSpec* const> AllObjects() { return kAll; }

}  // namespace spillway::policies
