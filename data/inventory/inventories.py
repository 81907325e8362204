"""What make_inventory.py is told: one entry for each policy directory.

audience x mbps is the demand everything is sized for; `clusters` are cities with our own clusters at
exchanges (and how many), `caches` networks with caches of ours inside (network/city), `short` the
part of a city's own peak that its clusters and caches have, `cdns` name, price and parts by region.
`factor` is reachable capacity over nominal demand, on every continent.
"""

WORLD = {
    "americas": "US CA MX BR AR CO CL PE EC DO GT CR PA UY PR JM",
    "emea": "GB DE FR ES IT NL BE CH AT PL SE NO DK FI IE PT RO CZ HU GR BG RS UA "
            "TR IL SA AE EG MA NG KE ZA GH",
    "apac": "JP KR TW HK SG MY TH VN ID PH AU NZ IN PK BD LK",
}
WATERMARK = "{shed_from: 70%, target: 85%, hard: 90%}"


def service(**keys):
    """A live service; keys as the policy language has them."""
    keys.setdefault("class", "live")
    keys.setdefault("bitrate", "5 Mbps")
    keys.setdefault("session", "45m")
    keys.setdefault("ladder", "[100%, 75%, 55%, 40%]")
    keys.setdefault("waiting_room", "on")
    keys.setdefault("price", "10ms")
    keys.setdefault("watermark", WATERMARK)
    return keys


INVENTORIES = {
    "global-live": {
        "title": "A worldwide live network for 65 million, short in three cities",
        "places": "world.csv", "audience": 65e6, "mbps": 5, "factor": 1.3, "cluster_part": 0.75,
        "continents": WORLD,
        "clusters": {
            "NYC": 2, "DCA": 1, "BOS": 1, "ATL": 1, "MIA": 1, "CHI": 2, "DFW": 2, "DEN": 1,
            "PHX": 1, "LAX": 2, "SFO": 1, "SEA": 1, "YYZ": 1, "MEX": 1, "GRU": 1, "EZE": 1,
            "BOG": 1, "LON": 1, "AMS": 1, "FRA": 2, "PAR": 1, "MAD": 1, "MIL": 1, "WAW": 1,
            "STO": 1, "DXB": 1, "JNB": 1, "BOM": 1, "SIN": 1, "HKG": 1, "TYO": 1, "SEL": 1,
            "SYD": 1},
        "caches": [
            "harbor/NYC", "crestline/NYC", "harbor/LAX", "crestline/LAX", "harbor/SEA",
            "harbor/CHI", "harbor/DFW", "harbor/DCA", "harbor/PHL", "harbor/HOU", "harbor/ATL",
            "harbor/MIA", "harbor/BOS", "harbor/DEN", "crestline/SFO", "north-line/LON",
            "north-line/PAR", "north-line/FRA", "north-line/MEX", "north-line/GRU",
            "north-line/BOM", "north-line/SYD"],
        "short": {"NYC": 0.8, "LAX": 0.8, "SEA": 0.8},
        "cdns": [
            ("cdn-a", 1.0, {"DCA": 3, "CHI": 2.5, "LAX": 2.5, "GRU": 1, "FRA": 3, "SIN": 3}),
            ("cdn-b", 1.2, {"ATL": 2, "SFO": 2, "AMS": 2, "TYO": 2}),
            ("cdn-c", 1.4, {"DFW": 2, "LON": 1.5, "BOM": 1})],
        "services": {"fight": service(**{"class": "premium-live"})},
        "events": {"fight": "{start: 2024-11-16T01:00Z, ramp: 4h20m, "
                            "expected_peak: {world: 50M, US: 29M}}"},
    },
    "us-live": {
        "title": "An American live network for 30 million",
        "places": "us.csv", "audience": 30e6, "mbps": 6, "factor": 1.28, "cluster_part": 0.8,
        "continents": {"us": "US"},
        "clusters": {"NYC": 2, "DCA": 1, "ATL": 1, "MIA": 1, "CHI": 1, "DFW": 1, "DEN": 1,
                     "PHX": 1, "LAX": 2, "SFO": 1, "SEA": 1},
        "caches": ["harbor/NYC", "crestline/NYC", "harbor/LAX", "harbor/CHI", "harbor/DFW",
                   "harbor/ATL", "harbor/PHL"],
        "short": {},
        "cdns": [("cdn-a", 1.0, {"DCA": 3, "CHI": 2, "LAX": 3}),
                 ("cdn-b", 1.2, {"ATL": 2, "SFO": 2}), ("cdn-c", 1.4, {"DFW": 3})],
        "services": {"game": service(**{"class": "premium-live", "bitrate": "6 Mbps",
                                        "session": "100m"})},
        "events": {"game": "{start: 2024-12-25T18:00Z, ramp: 60m, expected_peak: {world: 27M}}"},
    },
    "global-small": {
        "title": "A worldwide network for the weekly evening",
        "places": "world.csv", "audience": 5e6, "mbps": 5, "factor": 1.35, "cluster_part": 0.8,
        "continents": WORLD,
        "clusters": {"NYC": 1, "DCA": 1, "CHI": 1, "DFW": 1, "LAX": 1, "SEA": 1, "MEX": 1,
                     "LON": 1, "FRA": 1, "TYO": 1, "SYD": 1},
        "caches": [], "short": {},
        "cdns": [("cdn-a", 1.0, {"CHI": 3, "AMS": 2, "SIN": 2}),
                 ("cdn-b", 1.2, {"DCA": 2, "LON": 1, "BOM": 1})],
        "services": {"wrestling": service(session="60m"), "golf": service(session="60m"),
                     "awards": service(session="50m")},
        "events": {
            "wrestling": "{start: 2025-01-07T00:30Z, ramp: 45m, expected_peak: {world: 5M, US: 2600k}}",
            "awards": "{start: 2025-02-23T23:30Z, ramp: 40m, expected_peak: {world: 2500k}}"},
    },
    "multi-cdn": {
        "title": "Four CDNs by contract, nothing of our own",
        "places": "world.csv", "audience": 7e6, "mbps": 5, "factor": 1.6, "cluster_part": 0,
        "continents": WORLD, "clusters": {}, "caches": [], "short": {},
        "cdns": [("cdn-a", 1.0, {"DCA": 3, "LAX": 2, "GRU": 1, "FRA": 3, "SIN": 3}),
                 ("cdn-b", 1.1, {"CHI": 3, "LON": 3, "TYO": 2}),
                 ("cdn-c", 1.3, {"ATL": 2, "SFO": 2, "AMS": 2}),
                 ("cdn-d", 1.5, {"DFW": 3, "MAD": 2, "BOM": 2})],
        "services": {"reunion": service(session="50m")},
        "events": {"reunion": "{start: 2023-04-16T23:45Z, ramp: 25m, "
                              "expected_peak: {world: 6M, US: 3500k}}"},
    },
    "india": {
        "title": "A subcontinent's network for a cricket final",
        "places": "india.csv", "audience": 25e6, "mbps": 1.25, "factor": 1.3, "cluster_part": 0.85,
        "continents": {"india": "IN"},
        "clusters": {"BOM": 2, "DEL": 2, "BLR": 1, "HYD": 1, "MAA": 1, "CCU": 1},
        "caches": ["north-line/BOM", "north-line/DEL", "north-line/CCU", "north-line/BLR"],
        "short": {},
        "cdns": [("cdn-a", 1.0, {"BOM": 3, "DEL": 2}), ("cdn-b", 1.2, {"MAA": 2})],
        "services": {"final": service(**{"class": "premium-live", "session": "25m",
                                         "bitrate": "1250 kbps"})},
        "events": {"final": "{start: 2025-03-09T12:00Z, ramp: 25m, expected_peak: {world: 25M}}"},
    },
    "regional": {
        "title": "One country, four services that compete",
        "places": "germany.csv", "audience": 4e6, "mbps": 5, "factor": 1.35, "cluster_part": 0.7,
        "continents": {"germany": "DE"},
        "clusters": {"FRA": 1, "BER": 1, "DUS": 1, "MUC": 1, "HAM": 1},
        "caches": ["north-line/FRA", "north-line/BER", "north-line/DUS", "north-line/MUC"],
        "short": {},
        "cdns": [("cdn-a", 1.0, {"FRA": 3}), ("cdn-b", 1.2, {"DUS": 2}),
                 ("cdn-c", 1.4, {"BER": 2})],
        "services": {
            "match": service(**{"class": "premium-live", "session": "90m"}),
            "news": service(session="20m"),
            "catchup": service(**{"class": "catch-up", "session": "60m"}),
            "clips": service(**{"class": "vod", "session": "5m", "bitrate": "3 Mbps"})},
        "events": {"match": "{start: 2025-05-31T18:30Z, ramp: 40m, expected_peak: {world: 1800k}}"},
    },
}
