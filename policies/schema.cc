#include "policies/schema.h"

#include "policies/schema_objects.h"

namespace spillway::policies {
namespace {

constexpr FieldSpec kLimitFields[] = {
    {.key = "tags",
     .type = Type::kName,
     .shape = Shape::kList,
     .doc = "Targets that carry any of these tags."},
    {.key = "targets", .type = Type::kName, .shape = Shape::kList, .doc = "Targets by name."},
    {.key = "egress",
     .type = Type::kBitrate,
     .required = true,
     .min = 0.001,
     .max = 1e9,
     .bounds = "1 kbps .. 1000 Tbps",
     .doc = "Traffic to clients of all of them together."},
};
constexpr ObjectSpec kLimit = {
    "limit",
    "A capacity that several targets share: a link, a contract, a CDN's total. It holds besides "
    "their own.",
    kLimitFields,
    "limits:\n  cdn-a-total: {tags: [cdn-a], egress: 20 Tbps}",
};

constexpr FieldSpec kFreezeFields[] = {
    {.key = "from", .type = Type::kTime, .required = true, .doc = "First moment."},
    {.key = "to", .type = Type::kTime, .required = true, .doc = "Last moment; after `from`."},
};
constexpr ObjectSpec kFreeze = {
    "freeze",
    "A time in which only what protects moves: health and watermarks; savings and restores wait.",
    kFreezeFields,
    "freeze: [{from: 2026-12-25T17:00Z, to: 2026-12-26T04:00Z}]",
};

constexpr FieldSpec kGuardFields[] = {
    {.key = "max_shift_per_minute",
     .type = Type::kFraction,
     .def = "100%",
     .min = 0.001,
     .max = 1,
     .bounds = "0.1% .. 100%",
     .doc = "Of a service's demand, the most that Spillway moves by choice in a minute: to save "
            "cost, to restore, to follow a changed policy. What protects (health, watermarks, "
            "drains) is never limited, but counts."},
    {.key = "min_targets_per_group",
     .type = Type::kInteger,
     .def = "1",
     .min = 1,
     .max = 100,
     .bounds = "1 .. 100",
     .doc = "Targets that every group keeps in use, where its fences, health and room leave as "
            "many."},
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
     .doc = "Times in which only what protects moves: health and watermarks; savings and restores "
            "wait."},
};
constexpr ObjectSpec kGuards = {
    "guards",
    "Limits on what Spillway may do by itself.",
    kGuardFields,
    "guards: {max_shift_per_minute: 20%, min_targets_per_group: 2, max_drained_capacity: 30%}",
};

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
     .max = 7 * kDaySeconds,
     .bounds = "1s .. 7d",
     .doc = "From the first viewers to the peak."},
};
constexpr ObjectSpec kEvent = {
    "event",
    "An audience known beforehand, under the name of the service it will watch.",
    kEventFields,
    "events:\n  fight: {start: 2026-12-25T18:00Z, expected_peak: {world: 65M, US: 38M}, ramp: "
    "40m}",
};

constexpr FieldSpec kTransfersFields[] = {
    {.key = "allow",
     .type = Type::kPrefix,
     .shape = Shape::kList,
     .doc = "Where they may come from; without it, from anywhere with the key."},
    {.key = "key",
     .type = Type::kText,
     .doc = "TSIG key, by its name in the file of --tsig_key_file, that must have signed the "
            "request."},
};
constexpr ObjectSpec kTransfers = {
    "transfers",
    "Who may copy the zones by AXFR and IXFR. Given both, a request needs both.",
    kTransfersFields,
    "transfers: {allow: [192.0.2.53, \"2001:db8::/64\"], key: xfr.example.com}",
};

constexpr FieldSpec kNotifyFields[] = {
    {.key = "to", .type = Type::kEndpoint, .required = true, .doc = "Address and port."},
    {.key = "key", .type = Type::kText, .doc = "TSIG key that signs the NOTIFY."},
};
constexpr ObjectSpec kNotify = {
    "notify",
    "A secondary that is told when a zone has a new serial.",
    kNotifyFields,
    "notify: [{to: \"192.0.2.53:53\", key: xfr.example.com}]",
};

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
    {.key = "transfers",
     .type = Type::kObject,
     .object = &kTransfers,
     .doc = "Who may copy the zones; without it nobody."},
    {.key = "notify",
     .type = Type::kObject,
     .shape = Shape::kList,
     .object = &kNotify,
     .doc = "Secondaries that are told of changes; they also need `transfers`."},
};
constexpr ObjectSpec kDns = {
    "dns",
    "What the DNS server says about steered names themselves, and who may copy its zones.",
    kDnsFields,
    "dns: {nameservers: [ns1.example.com, ns2.example.com], contact: hostmaster@example.com}",
};

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
    {.key = "limits",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kLimit,
     .doc = "Capacities that several targets share."},
    {.key = "guards",
     .type = Type::kObject,
     .object = &kGuards,
     .doc = "Limits on what Spillway does by itself."},
    {.key = "events",
     .type = Type::kObject,
     .shape = Shape::kMap,
     .object = &kEvent,
     .doc = "Audiences known beforehand."},
    {.key = "dns",
     .type = Type::kObject,
     .object = &kDns,
     .doc = "Nameservers and contact, zone transfers."},
};
constexpr ObjectSpec kRoot = {
    "policy",
    "All files of a directory together.",
    kRootFields,
    "",
};

constexpr const ObjectSpec* kAll[] = {&kTarget,    &kCapacity, &kProbe,  &kGroup,     &kService,
                                      &kSelector,  &kPrefer,   &kTtl,    &kWatermark, &kFence,
                                      &kLimit,     &kGuards,   &kFreeze, &kEvent,     &kDns,
                                      &kTransfers, &kNotify};

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
