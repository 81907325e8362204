#include "policies/schema_objects.h"

namespace spillway::policies {

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
constinit const ObjectSpec kCapacity = {
    "capacity",
    "What the target can carry at most. The resource nearest to its limit decides; one left out "
    "does not "
    "limit, unless a feed reports it.",
    kCapacityFields,
    "capacity: {egress: 400 Gbps, sessions: 80k, sessions_start: 2000/s}",
};

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
constinit const ObjectSpec kProbe = {
    "probe",
    "A check that Spillway itself makes, besides what feeds report.",
    kProbeFields,
    "probes: [{http: \"http://192.0.2.10:8080/health\", interval: 2s, timeout: 1s}]",
};

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
constinit const ObjectSpec kTarget = {
    "target",
    "An edge cluster or a CDN region that can serve. Its name is also its pathway id in content "
    "steering.",
    kTargetFields,
    "targets:\n  fra1: {at: [50.11, 8.68], addresses: [192.0.2.10, \"2001:db8::10\"], capacity: "
    "{egress: 400 Gbps}, cost: 0.2, tags: [own, eu]}",
};

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
constinit const ObjectSpec kGroup = {
    "group",
    "Clients that are steered alike. A client is in the group when any one of the lists names it.",
    kGroupFields,
    "groups:\n  dach: {country: [DE, AT, CH]}\n  lab: {prefix: [198.51.100.0/24]}\n  near: "
    "{groups: [dach, lab]}",
};

}  // namespace spillway::policies
