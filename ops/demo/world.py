# ops/demo/world.py -- the world of the demonstration: edges as in the policy, and an audience.
#
#   policy.yaml ──read_edges──► Edge …          tor-geoipdb ──Audience──► Client(address, country) …
#
# why: the policy file stays the only place that says where an edge stands and what it can carry.
# The shares of the audience follow one global live event (a little over half in the United States);
# the addresses are drawn from the ranges really in use in each country.
import bisect
import dataclasses
import ipaddress
import itertools
import math
import pathlib
import random
import re

# code, name, latitude and longitude of where its people are, share of the audience in per cent.
COUNTRIES = [
    ("US", "United States", 38.9, -90.2, 50.0),
    ("BR", "Brazil", -21.0, -46.5, 6.0),
    ("IN", "India", 22.5, 79.5, 4.5),
    ("GB", "United Kingdom", 52.5, -1.3, 4.0),
    ("MX", "Mexico", 20.2, -100.0, 4.0),
    ("DE", "Germany", 50.9, 9.4, 3.5),
    ("CA", "Canada", 45.9, -80.9, 3.0),
    ("FR", "France", 47.6, 2.6, 2.5),
    ("JP", "Japan", 35.6, 138.0, 2.5),
    ("AR", "Argentina", -34.0, -60.3, 2.0),
    ("ES", "Spain", 40.2, -3.2, 2.0),
    ("IT", "Italy", 42.9, 11.9, 2.0),
    ("PH", "Philippines", 13.4, 122.0, 2.0),
    ("AU", "Australia", -33.3, 147.0, 1.5),
    ("CO", "Colombia", 5.2, -74.6, 1.5),
    ("ID", "Indonesia", -6.6, 109.6, 1.5),
    ("PL", "Poland", 51.9, 19.4, 1.5),
    ("CL", "Chile", -34.2, -71.2, 1.0),
    ("KR", "South Korea", 36.7, 127.5, 1.0),
    ("NL", "Netherlands", 52.1, 5.1, 1.0),
    ("SE", "Sweden", 58.9, 15.7, 0.8),
    ("ZA", "South Africa", -27.7, 28.5, 0.7),
    ("NG", "Nigeria", 8.7, 6.9, 0.6),
    ("EG", "Egypt", 30.0, 31.3, 0.5),
    ("SA", "Saudi Arabia", 24.2, 44.5, 0.5),
]
V6_SHARE = 0.25           # of the clients of a country that has IPv6 ranges in the list
V6_RANGES_PER_COUNTRY = 200


@dataclasses.dataclass(frozen=True)
class Edge:
    name: str
    city: str            # from the comment at the end of the line
    latitude: float
    longitude: float
    address: str
    port: int
    capacity_mbps: float


@dataclasses.dataclass(frozen=True)
class World:
    edges: list          # of Edge
    service_name: str    # what DNS is asked for
    bitrate_mbps: float  # what one session reserves
    watermark: float     # utilisation above which an edge gets no new session
    watermark_hard: float  # utilisation that must never be passed

    def capacity_sessions(self, edge):
        return int(edge.capacity_mbps / self.bitrate_mbps)


@dataclasses.dataclass(frozen=True)
class Client:
    address: object      # ipaddress.IPv4Address or IPv6Address
    country: str

    @property
    def subnet(self):
        """What a resolver would tell about the client (RFC 7871 11.1: not the whole address)."""
        bits = 24 if self.address.version == 4 else 48
        return ipaddress.ip_network((self.address, bits), strict=False)


def _mbps(number, unit):
    return float(number) * {"kbps": 1e-3, "Mbps": 1.0, "Gbps": 1e3, "Tbps": 1e6}[unit]


def _find(pattern, text, file):
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        raise SystemExit(f"{file}: the demonstration looks for {pattern!r} and does not find it")
    return match


def read_world(file):
    """Reads the few facts the demonstration needs; `spillway check` is what judges a policy."""
    text = pathlib.Path(file).read_text()
    line = re.compile(r"^  (?P<name>[\w.-]+): +\{at: \[(?P<lat>[-\d.]+), *(?P<lon>[-\d.]+)\], *"
                      r"addresses: \[(?P<address>[\d.]+)\], *host: \"[\d.]+:(?P<port>\d+)\".*"
                      r"egress: (?P<egress>[\d.]+) (?P<unit>\w+)[^#\n]*(?:# *(?P<city>.*))?$",
                      re.MULTILINE)
    edges = [Edge(m["name"], m["city"] or "", float(m["lat"]), float(m["lon"]), m["address"],
                  int(m["port"]), _mbps(m["egress"], m["unit"])) for m in line.finditer(text)]
    if not edges:
        raise SystemExit(f"{file}: no target in the form the demonstration reads (one line each)")
    bitrate = _find(r"bitrate: ([\d.]+) (\w+)", text, file)
    mark = _find(r"watermark: \{.*target: (\d+)%, hard: (\d+)%", text, file)
    return World(edges, _find(r"names: \[([\w.-]+)", text, file)[1],
                 _mbps(bitrate[1], bitrate[2]), int(mark[1]) / 100, int(mark[2]) / 100)


def distance_km(lat1, lon1, lat2, lon2):
    a, b = math.radians(lat1), math.radians(lat2)
    cosine = (math.sin(a) * math.sin(b)
              + math.cos(a) * math.cos(b) * math.cos(math.radians(lon2 - lon1)))
    return 6371 * math.acos(max(-1.0, min(1.0, cosine)))


def nearest_edges(edges):
    """What steering by distance alone would do: country -> Edge."""
    return {code: min(edges, key=lambda e: distance_km(lat, lon, e.latitude, e.longitude))
            for code, _, lat, lon, _ in COUNTRIES}


class Audience:
    """Draws clients: a country by its share, then an address by the size of its ranges."""

    def __init__(self, seed=65, folder="/usr/share/tor"):
        self.random = random.Random(seed)
        self.names = {code: name for code, name, *_ in COUNTRIES}
        self._codes = [row[0] for row in COUNTRIES]
        self._shares = list(itertools.accumulate(row[4] for row in COUNTRIES))
        self._v4 = self._load_v4(pathlib.Path(folder, "geoip"))
        self._v6 = self._load_v6(pathlib.Path(folder, "geoip6"))

    def _load_v4(self, file):
        ranges = {code: [] for code in self._codes}
        with open(file, encoding="ascii") as lines:
            for line in lines:
                rows = ranges.get(line[-3:-1])
                if rows is None or line[0] == "#":
                    continue
                first, last, _ = line.split(",")
                first, count = (int(first) + 255) >> 8, (int(last) + 1) >> 8
                if count > first:
                    rows.append((first, count - first))  # in whole /24s
        return {code: ([row[0] for row in rows], list(itertools.accumulate(r[1] for r in rows)))
                for code, rows in ranges.items()}

    def _load_v6(self, file):
        lines_of = {code: [] for code in self._codes}
        with open(file, encoding="ascii") as lines:
            for line in lines:
                if (rows := lines_of.get(line[-3:-1])) is not None and line[0] != "#":
                    rows.append(line)
        ranges = {}
        for code, lines in lines_of.items():
            ranges[code] = []
            for line in self.random.sample(lines, min(len(lines), V6_RANGES_PER_COUNTRY)):
                first, last, _ = line.split(",")
                first = (int(ipaddress.IPv6Address(first)) + (1 << 80) - 1) >> 80
                last = (int(ipaddress.IPv6Address(last)) + 1) >> 80
                if last > first:
                    ranges[code].append((first, last - first))  # in whole /48s
        return ranges

    def draw(self, country=None):
        rng = self.random
        code = country or self._codes[bisect.bisect(self._shares, rng.random() * self._shares[-1])]
        if self._v6[code] and rng.random() < V6_SHARE:
            first, count = rng.choice(self._v6[code])
            block = first + rng.randrange(count)
            return Client(ipaddress.IPv6Address((block << 80) | rng.getrandbits(80)), code)
        firsts, sums = self._v4[code]
        at = rng.randrange(sums[-1])
        row = bisect.bisect(sums, at)
        block = firsts[row] + at - (sums[row - 1] if row else 0)
        return Client(ipaddress.IPv4Address((block << 8) | rng.randrange(1, 255)), code)
