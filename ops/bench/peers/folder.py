#!/usr/bin/env python3
"""Writes the folder spillwayd serves in the side-by-side bench: the harness's steering job as our policy and zone.

usage: folder.py BENCH_DATA COUNTRIES_INC OUT

Every country's clients are a group that stands where its datacenter stands, so the nearest target is the one the
harness wants, the next nearest takes over when it is down, and clients of no known country go to the first one.
"""
import csv
import re
import sys
from pathlib import Path

# Where each datacenter stands; only that they are far apart matters.
PLACES = {"use1": (39.0, -77.5), "sae1": (-23.5, -46.6), "euw1": (53.3, -6.3), "euc1": (50.1, 8.7),
          "mes1": (25.2, 55.3), "apne1": (35.7, 139.7), "apse1": (1.3, 103.8), "afs1": (-26.2, 28.0)}

ZONE = """$ORIGIN example.com.
$TTL 60
@ SOA ns1 hostmaster 1 7200 900 1209600 60
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.1
"""

SERVICES = """services:
  geo:
    names: [geo.example.com]
    candidates: {{tags: [dc]}}
    # For clients nobody knows the place of: all are equally far, so 2 ms decide.
    prefer: [{{targets: [{first}]}}, {{tags: [dc], penalty: 2ms}}]
    ttl: 30s
  w:
    names: [w.example.com]
    candidates: {{tags: [weighted]}}
    distance: 0
    weights: {{w1: 50, w2: 30, w3: 20}}
    ttl: 30s
"""


def rows(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def main():
    data, countries_inc, out = map(Path, sys.argv[1:4])
    iso = set(re.findall(r'^\{"([A-Z]{2})"', countries_inc.read_text(), re.M))
    continents = {k: codes.split() for k, codes in csv.reader(rows(data / "country_continent.csv"))}
    datacenters = list(csv.reader(rows(data / "datacenters.csv")))
    named = {c for _, _, _, countries in datacenters for c in countries.split()}
    targets, groups = [], []
    for name, address, its_continents, countries in datacenters:
        at = "[%s, %s]" % PLACES[name]
        members = countries.split() + [c for k in its_continents.split() for c in continents[k] if c not in named]
        # The registries' pseudo codes (EU, AP) are no countries.
        members = sorted(c for c in members if c in iso)
        targets.append(f"  {name}: {{at: {at}, addresses: [{address}], tags: [dc]}}")
        groups.append(f"  {name}-clients: {{at: {at}, country: [{', '.join(members)}]}}")
    for i in (1, 2, 3):
        targets.append(f"  w{i}: {{addresses: [192.0.2.{10 + i}], tags: [weighted]}}")
    (out / "policy").mkdir(parents=True, exist_ok=True)
    policy = "\n".join(["targets:", *targets, "groups:", *groups, SERVICES.format(first=datacenters[0][0])])
    (out / "policy" / "policy.yaml").write_text(policy)
    (out / "policy" / "example.com.zone").write_text(ZONE)
    (out / "admin").write_text("admin-token-of-the-bench\n")
    (out / "feeds").write_text("bench feed-token-of-the-bench\n")


if __name__ == "__main__":
    main()
