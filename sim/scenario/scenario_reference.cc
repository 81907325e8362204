#include "absl/strings/string_view.h"
#include "policies/reference.h"
#include "sim/scenario/scenario_schema.h"

namespace spillway::sim {
namespace {

constexpr absl::string_view kHead = R"(# Scenarios

A scenario is one evening: who comes, from where, what they meet and what goes wrong. `spillway
rehearse` plays it against a policy with the production planner, under a clock of its own.

The second half of this page, from "Keys of a scenario" on, is made from
`sim/scenario/scenario_schema.cc` by `SPILLWAY_UPDATE_GOLDEN=1 scenario_reference_test`, as is this
half: edit the schema, not the page.

## How to write one

A scenario names three things, by paths relative to itself: a **policy directory** (the inventory:
targets, links, services, as in [POLICY.md](POLICY.md)), a **table of places** (where the audience
lives), and the evening. Begin with the smallest that asks your question:

```yaml
# What is known, with its source; what is derived; what is assumed.
title: Two clusters drained at the peak
policy: ../inventory/regional
places: ../places/germany.csv
start: 2025-06-02T18:00Z
length: 60m
streams:
  news:                       # a service of the policy
    curve: [{at: 0m, viewers: 1M}, {at: 30m, viewers: 3M}]
faults:
  - {kind: drain, at: 40m, for: 10m, targets: {targets: [fra1, dus1]}}
```

Then, in this order:

1. **The audience.** `curve` is who plays, joined by straight lines; what a bell or a goal brings
   stands in `bursts`, on top of the curve, and stays. Sessions end by themselves after `session` on
   average, so that a flat curve still means arrivals. A falling curve means people who leave early.
2. **Where it lives.** `share` gives countries their part; inside a country, and for the rest of the
   world, weights of the table decide.
3. **The policy's events** are what was expected. They are absolute: `start` of the scenario must
   fit `start` of the event, or there is no forecast to be right or wrong.
4. **What goes wrong**, one line each. A fault says what happens, never what is known of it: reports
   stay healthy unless the fault is about reports or `told` is on.
5. **Does it fit?** With `fits: on` (the default) demand must fit what is left after every fault,
   under the watermark, or the promises that are tested do not hold. Play it once to see.

Seconds before `scored_from` do not count, since the opening was placed by nobody.

What a scenario cannot say yet: viewers by language or device, targets that are limited by anything
but egress, links that only some clients cross, latency of the network changing by itself.

## Places

A table of comma-separated lines, one for the clients of one network in one place; `#` begins a
comment line, quotes are not read. Empty fields mean what stands in brackets.

| column | meaning |
|---|---|
| `place` | Name of the city, for people. |
| `country` | ISO 3166-1 code. |
| `region` | Part of the country: up to 8 letters and digits. A policy tells regions apart (none). |
| `lat`, `lon` | Degrees. |
| `asn` | AS number, as a policy's groups name it (0: none of its own). |
| `network` | Name of the network, for people. |
| `weight` | Viewers, relative to all lines (1). |
| `bitrate` | Of the service's nominal bitrate, what its screens and lines take on average (1). |
| `viewers_per_cache` | Viewers behind one resolver cache, or `one`: all (the scenario's). |
| `detour` | Milliseconds that clients are further from all targets than who asks for them (0). |
| `prefix` | Their addresses, IPv4 (a /20 of 240.0.0.0/4, which is nobody's). |

Lines that no policy tells apart are one group: sizes add up, caches add up, bitrate and detour are
averaged by audience.

## Keys of a scenario

A file is YAML as strict as a policy's: units are written out, unknown keys are errors, and all
errors come at once as `file:line:column`.
)";

}  // namespace

std::string ScenarioReferenceMarkdown() {
  return policies::ReferenceMarkdown(
      {.head = kHead, .root = &ScenarioSchema(), .objects = ScenarioObjects()});
}

}  // namespace spillway::sim
