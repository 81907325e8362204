#!/usr/bin/env python3
"""Writes the policy directories beside it: who can serve, sized for an evening with known places.

Capacities follow demand: an audience is spread over a places table, each city's demand goes to its
nearest cluster, networks with caches of ours inside get a part of theirs, and contracts with CDNs
fill up what is missing to `factor` times the whole. Names, networks, prices and contracts are
invented. Same text in every run.

    data/inventory/make_inventory.py          writes
    data/inventory/make_inventory.py --check  exits 1 when a file differs from what it would write
"""
import csv
import pathlib
import sys

from inventories import INVENTORIES

HERE = pathlib.Path(__file__).resolve().parent
PLACES = HERE.parent / "places"
sys.path.insert(0, str(PLACES))
from make_places import distance, write_or_check  # noqa: E402

CONTRACT_PART = 0.92  # of what a CDN's regions have together: the contract's total
FABRIC_PART = 0.96    # of what clusters on one exchange have together
CACHE_PART = 0.6      # of a network's demand in a city: what its caches of ours can carry
COST = {"isp": 0.05, "ix": 0.2}
PROBE_PORT = 8080


class Target:
    def __init__(self, name, at, gbps, tags, cost, commit=0):
        self.name, self.at, self.gbps, self.tags = name, at, gbps, tags
        self.cost, self.commit = cost, commit


def read_places(name):
    """Lines with their demand as a part of the whole."""
    with open(PLACES / name, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for line in lines:
        line["weight"] = float(line["weight"])
    total = sum(line["weight"] for line in lines)
    for line in lines:
        line["part"] = line["weight"] / total
    return lines


class Inventory:
    """One policy directory in the making."""

    def __init__(self, name, spec):
        self.name, self.spec = name, spec
        self.lines = read_places(spec["places"])
        self.metros = {}
        for line in self.lines:
            # By the nominal bitrate, as the controller reserves: what screens take is less.
            line["gbps"] = line["part"] * spec["audience"] * spec["mbps"] / 1000
            line["continent"] = self.continent(line["country"])
            self.metros.setdefault(line["region"], line)
        self.demand = {}  # Gbps, by continent
        for line in self.lines:
            self.demand[line["continent"]] = self.demand.get(line["continent"], 0) + line["gbps"]
        self.targets, self.caches, self.fabrics = [], [], {}
        self.add_caches()
        self.add_clusters()
        self.contracts = self.add_cdns()

    def continent(self, country):
        for name, countries in self.spec["continents"].items():
            if country in countries.split():
                return name
        raise ValueError(f"{self.name}: {country} is on no continent")

    def metro_gbps(self, code):
        return sum(line["gbps"] for line in self.lines if line["region"] == code)

    def add_caches(self):
        """Inside networks: (network, city) pairs, each a target for that network alone."""
        for network, code in (pair.split("/") for pair in self.spec["caches"]):
            mine = [line for line in self.lines
                    if line["region"] == code and line["network"] in (network, network + "-ecs")]
            gbps = CACHE_PART * sum(line["gbps"] for line in mine)
            name = f"{network}-{code.lower()}"
            self.caches.append((name, mine[0]["asn"], code, gbps))
            self.targets.append(Target(name, mine[0], gbps, ["own", "isp", mine[0]["continent"]],
                                       COST["isp"]))

    def add_clusters(self):
        """At exchanges: what is left of the demand of the cities nearest to each."""
        spec = self.spec
        left = {code: self.metro_gbps(code) for code in self.metros}
        for _, _, code, gbps in self.caches:
            left[code] -= gbps
        load = {code: 0 for code in spec["clusters"]}
        for code, metro in self.metros.items():
            near = [c for c in load if self.metros[c]["continent"] == metro["continent"]]
            if near:
                load[min(near, key=lambda c: distance(self.metros[c], metro))] += left[code]
        for code, count in spec["clusters"].items():
            gbps = load[code] * spec["cluster_part"]
            if code in spec["short"]:  # the whole city, caches included, has this part of its peak
                inside = sum(g for _, _, c, g in self.caches if c == code)
                gbps = spec["short"][code] * self.metro_gbps(code) - inside
            metro = self.metros[code]
            names = [f"{code.lower()}{i + 1}" for i in range(count)]
            for name in names:
                self.targets.append(Target(name, metro, gbps / count,
                                           ["own", "ix", metro["continent"]], COST["ix"]))
            if count > 1:
                self.fabrics[f"fabric-{code.lower()}"] = (names, FABRIC_PART * gbps)

    def add_cdns(self):
        """Contracts bring every continent to `factor` times its demand; returns them by CDN."""
        own = {}
        for target in self.targets:
            own[target.tags[-1]] = own.get(target.tags[-1], 0) + target.gbps
        for names, gbps in self.fabrics.values():
            continent = next(t.tags[-1] for t in self.targets if t.name == names[0])
            own[continent] -= gbps * (1 / FABRIC_PART - 1)
        parts = {}
        for _, _, regions in self.spec["cdns"]:
            for code, part in regions.items():
                continent = self.metros[code]["continent"]
                parts[continent] = parts.get(continent, 0) + part
        contracts = {}
        for cdn, cost, regions in self.spec["cdns"]:
            for code, part in regions.items():
                metro = self.metros[code]
                continent = metro["continent"]
                missing = self.spec["factor"] * self.demand[continent] - own.get(continent, 0)
                gbps = missing * part / parts[continent]
                contracts[cdn] = contracts.get(cdn, 0) + gbps
                self.targets.append(Target(f"{cdn}-{code.lower()}", metro, gbps / CONTRACT_PART,
                                           [cdn, "cdn", continent], cost, 0.25 * gbps))
        return contracts

    # --- as text ---

    def text_targets(self):
        out = [self.head("who can serve"), "targets:"]
        for i, target in enumerate(self.targets):
            out += [f"  {target.name}:",
                    f"    at: [{target.at['lat']}, {target.at['lon']}]",
                    f"    cname: {target.name}.live.example.net",
                    f"    capacity: {{egress: {rounded(target.gbps)} Gbps}}",
                    f"    cost: {target.cost}",
                    f"    tags: [{', '.join(target.tags)}]",
                    f"    probes: [{{tcp: \"198.51.100.{i + 1}:{PROBE_PORT}\", "
                    "interval: 2s, timeout: 1s}]"]
            if target.commit:
                out.append(f"    commit: {rounded(target.commit)} Gbps")
        limits = [(name, f"targets: [{', '.join(names)}]", gbps)
                  for name, (names, gbps) in self.fabrics.items()]
        limits += [(f"{cdn}-total", f"tags: [{cdn}]", gbps) for cdn, gbps in self.contracts.items()]
        if limits:
            out += ["", "# What targets share: an exchange's fabric, a contract for all regions.",
                    "limits:"]
            out += [f"  {name}: {{{which}, egress: {rounded(gbps)} Gbps}}"
                    for name, which, gbps in limits]
        return "\n".join(out) + "\n"

    def groups(self):
        """Name, members, and which targets alone they may use."""
        rest = {}
        with_cache = {asn: name for name, asn, _, _ in self.caches}
        for line in self.lines:
            if line["asn"] not in with_cache:
                network = line["network"].removesuffix("-ecs")
                rest.setdefault(network, []).append(line["asn"])
        tags = [tag for tag in ("ix", "cdn") if any(tag in t.tags for t in self.targets)]
        outside = f"{{tags: [{', '.join(tags)}]}}"
        groups = []
        if len(self.spec["continents"]) > 1:
            groups += [(name, f"country: [{', '.join(countries.split())}]", f"{{tags: [{name}]}}")
                       for name, countries in self.spec["continents"].items()]
        groups += [(f"in-{name}", f"asn: [{asn}]", f"{{tags: [{', '.join(tags)}], targets: [{name}]}}")
                   for name, asn, _, _ in self.caches]
        groups += [(f"at-{network}", f"asn: [{', '.join(dict.fromkeys(asns))}]",
                    outside if self.caches else None) for network, asns in rest.items()]
        return groups

    def text_groups(self):
        out = [self.head("which clients are steered alike"), "groups:"]
        out += [f"  {name}: {{{members}}}" for name, members, _ in self.groups()]
        return "\n".join(out) + "\n"

    def text_services(self):
        out = [self.head("how each service is steered, and what is expected"), "services:"]
        tags = [tag for tag in ("own", "cdn") if any(tag in t.tags for t in self.targets)]
        for name, keys in self.spec["services"].items():
            out.append(f"  {name}:")
            out.append(f"    names: [{name}.example.com]")
            out += [f"    {key}: {value}" for key, value in keys.items()]
            out += [f"    candidates: {{tags: [{', '.join(tags)}]}}",
                    "    ttl: {calm: 30s, shedding: 20s, draining: 10s}"]
            fences = [(group, only) for group, _, only in self.groups() if only]
            if fences:
                out.append("    fences:")
                out += [f"      - {{group: {group}, only: {only}}}" for group, only in fences]
        if self.spec["events"]:
            out += ["", "events:"]
            out += [f"  {name}: {text}" for name, text in self.spec["events"].items()]
        out += ["", "guards: {max_shift_per_minute: 20%, max_drained_capacity: 30%}",
                "dns: {nameservers: [ns1.example.com, ns2.example.com], contact: hostmaster@example.com}"]
        return "\n".join(out) + "\n"

    def head(self, what):
        return (f"# {self.spec['title']}: {what}.\n"
                "# Made by data/inventory/make_inventory.py from data/places; edit those.\n")

    def files(self):
        return {"targets.yaml": self.text_targets(), "groups.yaml": self.text_groups(),
                "services.yaml": self.text_services()}


def rounded(gbps):
    """To tens, from 1000 on to fifties, as contracts are; never nothing."""
    step = 10 if gbps < 1000 else 50
    return max(step, round(gbps / step) * step)


def main():
    files = {f"{name}/{file}": text for name, spec in INVENTORIES.items()
             for file, text in Inventory(name, spec).files().items()}
    return write_or_check(HERE, files, "data/inventory/make_inventory.py")


if __name__ == "__main__":
    sys.exit(main())
