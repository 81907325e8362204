#!/usr/bin/env python3
"""Writes world.csv, us.csv, india.csv, germany.csv and resolver.csv: who lives where, behind what.

Cities and their sizes are real (metros_us.csv, metros_world.csv), networks are invented: their names
are nobody's, their AS numbers are of the private-use block (RFC 6996). Same text in every run.

    data/places/make_places.py          writes the files beside itself
    data/places/make_places.py --check  exits 1 when one of them differs from what it would write
"""
import csv
import io
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEADER = ["place", "country", "region", "lat", "lon", "asn", "network", "weight", "bitrate",
          "viewers_per_cache", "detour", "prefix"]
FIRST_ASN = 64512  # 64512 to 65534 are for private use: 1,023 of them

# Of a worldwide evening's audience. The United States had 38 of 65 million; the rest is assumed.
REGION_SHARE = {"US": 58.5, "latam": 10.5, "north": 2.0, "europe": 16.0, "apac": 7.0, "india": 3.0,
                "mea": 3.0}
# Of the American audience, by time zone (Eastern, Central, Mountain, Pacific).
ZONE_SHARE = {"E": 0.48, "C": 0.28, "M": 0.07, "P": 0.17}
REGION_OF = {}
for _name, _countries in {
        "latam": "MX BR AR CO CL PE EC DO GT CR PA UY PR JM", "north": "CA",
        "europe": "GB DE FR ES IT NL BE CH AT PL SE NO DK FI IE PT RO CZ HU GR BG RS UA",
        "mea": "TR IL SA AE EG MA NG KE ZA GH", "india": "IN PK BD LK",
        "apac": "JP KR TW HK SG MY TH VN ID PH AU NZ"}.items():
    for _country in _countries.split():
        REGION_OF[_country] = _name
# How many of a country's people watch, against others of its region.
TASTE = {"MX": 2.2, "PR": 2.5, "BR": 0.8, "GB": 2.2, "IE": 1.8, "DE": 1.0, "UA": 0.5, "RO": 0.7,
         "NG": 0.4, "EG": 0.4, "TR": 0.5, "KE": 0.5, "GH": 0.6, "ZA": 1.5, "AE": 2.0, "IL": 1.5,
         "PK": 0.3, "BD": 0.2, "LK": 0.5, "AU": 4.0, "NZ": 4.0, "SG": 2.0, "ID": 0.4, "VN": 0.5,
         "PH": 1.2, "TH": 0.7, "JP": 0.8}
# Of the nominal bitrate: what lines and screens take on average.
BITRATE = {"US": 1.0, "north": 1.0, "europe": 1.0, "latam": 0.7, "apac": 0.9, "india": 0.25,
           "mea": 0.65}
# Names of access networks by rank, and their part of a city before chance moves it.
US_ISPS = [("harbor", 0.43), ("crestline", 0.25), ("orbit-mobile", 0.17), ("prairie", 0.10),
           ("lantern", 0.05)]
WORLD_ISPS = [("north-line", 0.52), ("river-net", 0.30), ("cell-one", 0.18)]
ECS_SHARE = 0.12      # of a city: a public resolver that sends the client's network along
HIDDEN_SHARE = 0.07   # of a city: one that does not
ECS_VIEWERS = 60      # behind one of its cache entries: a /24 of homes
HIDDEN_VIEWERS = 80000
MOBILE_VIEWERS = 40000
# Where the resolver that hides clients answers from: metros of its sites.
HIDDEN_US = ["NYC", "DCA", "ATL", "MIA", "CHI", "DFW", "DEN", "LAX", "SFO", "SEA"]
HIDDEN_WORLD = ["YYZ", "MEX", "GRU", "EZE", "BOG", "SCL", "LON", "FRA", "PAR", "MAD", "MIL", "AMS",
                "WAW", "STO", "IST", "DXB", "JNB", "BOM", "DEL", "MAA", "TYO", "SEL", "HKG", "SIN",
                "CGK", "SYD"]


class Table:
    """Lines of a places table; each network gets the next AS number."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.asn = FIRST_ASN - 1

    def add(self, metro, network, weight, bitrate, viewers="", detour="", own=True):
        """One line. Not `own`: clients of the network added last, seen through another resolver."""
        self.asn += own
        assert self.asn <= 65534
        self.lines.append([metro["name"], metro["country"], metro["code"], metro["lat"],
                           metro["lon"], self.asn, network, f"{weight:.4g}", bitrate, viewers,
                           detour, ""])

    def city(self, metro, isps, weight, bitrate):
        """The access networks of a metro; the first one's clients also come by ECS."""
        parts = [part * self.random.lognormvariate(0, 0.35) for _, part in isps]
        access = weight * (1 - HIDDEN_SHARE)
        ecs = access * ECS_SHARE
        for rank, (name, _) in enumerate(isps):
            part = (access - ecs) * parts[rank] / sum(parts)
            viewers = MOBILE_VIEWERS if name in ("orbit-mobile", "cell-one") else ""
            self.add(metro, name, part, bitrate, viewers)
            if rank == 0:
                self.add(metro, name + "-ecs", ecs, bitrate, ECS_VIEWERS, own=False)

    def hidden(self, metros, sites, name):
        """Clients of the resolver that hides them: where it answers, and how far they really are."""
        metro_of = {m["code"]: m for m in metros}
        sites = [metro_of[s] for s in sites if s in metro_of]
        weight, way = {s["code"]: 0.0 for s in sites}, {s["code"]: 0.0 for s in sites}
        for metro in metros:
            site = min(sites, key=lambda s: distance(s, metro))
            part = metro["weight"] * HIDDEN_SHARE
            weight[site["code"]] += part
            # A round trip of 1.5 ms for each 100 km.
            way[site["code"]] += part * distance(site, metro) * 1.5
        for site in sites:
            code = site["code"]
            if weight[code] > 0:
                self.add(site, name, weight[code], site["bitrate"], HIDDEN_VIEWERS,
                         round(way[code] / weight[code]))


def distance(a, b):
    """In hundreds of kilometres, near enough for a choice between cities."""
    east = (float(a["lon"]) - float(b["lon"]) + 180) % 360 - 180
    return ((float(a["lat"]) - float(b["lat"])) ** 2 + (0.75 * east) ** 2) ** 0.5 * 1.11


def read(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def american(metros):
    """Weights by people of the metro, scaled so that time zones have their part."""
    people = {}
    for metro in metros:
        people[metro["zone"]] = people.get(metro["zone"], 0) + float(metro["people"])
    for metro in metros:
        part = ZONE_SHARE[metro["zone"]] / people[metro["zone"]]
        metro.update(country="US", bitrate=BITRATE["US"],
                     weight=REGION_SHARE["US"] * 1000 * part * float(metro["people"]))


def foreign(metros):
    """Weights by people x taste, scaled so that regions have their part."""
    total = {}
    for metro in metros:
        metro["weight"] = float(metro["people"]) * TASTE.get(metro["country"], 1)
        region = REGION_OF[metro["country"]]
        total[region] = total.get(region, 0) + metro["weight"]
    for metro in metros:
        region = REGION_OF[metro["country"]]
        metro["weight"] *= REGION_SHARE[region] * 1000 / total[region]
        metro["bitrate"] = BITRATE[region]


def world(us, others):
    table = Table(20241115)
    for metro in us:
        # Small cities have fewer networks.
        count = 5 if float(metro["people"]) > 6 else 4 if float(metro["people"]) > 2.5 else 3
        table.city(metro, US_ISPS[:count], metro["weight"], metro["bitrate"])
    table.hidden(us, HIDDEN_US, "veil-dns")
    for metro in others:
        count = 3 if metro["weight"] > 500 else 2 if metro["weight"] > 120 else 1
        if metro["country"] in ("DE", "IN"):  # stand alone as tables of their own
            count = 3
        table.city(metro, WORLD_ISPS[:count], metro["weight"], metro["bitrate"])
    table.hidden(others, HIDDEN_WORLD, "veil-dns")
    return table.lines


def one_country(lines, country):
    """Its lines; a service for one country has the bitrate that is usual there as its nominal."""
    return [line[:8] + [1.0] + line[9:] for line in lines if line[1] == country]


def with_resolver(lines):
    """And 1 % of the audience behind one cache, which asks from Chicago for the whole country."""
    total = sum(float(line[7]) for line in lines)
    big = ["Chicago", "US", "CHI", 41.88, -87.63, 65534, "single-cache", f"{total / 99:.4g}", 1.0,
           "one", 18, ""]
    return lines + [big]


def text_of(what, lines):
    out = io.StringIO()
    out.write(f"# {what}. Made by make_places.py; edit that.\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(lines)
    return out.getvalue()


def write_or_check(root, files, command):
    """Writes `files` {path under root: text}; with --check says which differ. The exit code."""
    stale = 0
    for name, text in files.items():
        path = root / name
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{name} is stale: run {command}")
            stale = 1
    return stale


def main():
    us, others = read("metros_us.csv"), read("metros_world.csv")
    american(us)
    foreign(others)
    lines = world(us, others)
    american_lines = one_country(lines, "US")
    files = {
        "world.csv": text_of("A worldwide evening", lines),
        "us.csv": text_of("The United States", american_lines),
        "india.csv": text_of("India", one_country(lines, "IN")),
        "germany.csv": text_of("Germany", one_country(lines, "DE")),
        "resolver.csv": text_of("The United States, 1 % of them behind one cache",
                                with_resolver(american_lines)),
    }
    return write_or_check(HERE, files, "data/places/make_places.py")


if __name__ == "__main__":
    sys.exit(main())
