# tests/unit/ops/demo_test.py -- the parts of ops/quickstart's play that can be judged without playing it.
import ipaddress
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "ops" / "demo"))

import demo  # noqa: E402
import dnsclient  # noqa: E402
import screen  # noqa: E402
import world  # noqa: E402

WORLD = world.read_world(ROOT / "data" / "quickstart" / "policy.yaml")


def viewers_if_nearest():
    total = sum(row[4] for row in world.COUNTRIES)
    nearest = world.nearest_edges(WORLD.edges)
    viewers = {edge.name: 0.0 for edge in WORLD.edges}
    for code, _, _, _, share in world.COUNTRIES:
        viewers[nearest[code].name] += demo.VIEWERS_MAX * share / total
    return viewers


class TheWorld(unittest.TestCase):
    def test_is_read_from_the_policy(self):
        self.assertEqual([edge.name for edge in WORLD.edges],
                         ["ord1", "iad1", "lax1", "gru1", "fra1", "sin1"])
        self.assertEqual(WORLD.service_name, "live.example.com")
        self.assertEqual((WORLD.watermark, WORLD.watermark_hard), (0.80, 0.90))
        self.assertEqual(WORLD.capacity_sessions(WORLD.edges[0]), 1100)

    def test_would_overflow_without_steering(self):
        viewers = viewers_if_nearest()
        worst = max(viewers[edge.name] / WORLD.capacity_sessions(edge) for edge in WORLD.edges)
        self.assertGreater(worst, 1.3)

    def test_has_room_for_everyone_even_after_the_largest_edge_dies(self):
        rooms = sorted(WORLD.capacity_sessions(edge) for edge in WORLD.edges)
        self.assertLess(demo.VIEWERS_MAX, WORLD.watermark * sum(rooms[:-1]))


class Dns(unittest.TestCase):
    def test_query_carries_the_subnet_and_no_more(self):
        query = dnsclient.encode_query(0x1234, "a.example", ipaddress.ip_network("192.0.2.0/24"))
        # RFC 7871 6: family 1, source 24, scope 0, and three octets of address.
        self.assertTrue(query.endswith(bytes.fromhex("0008 0007 0001 18 00 c00002")))
        self.assertEqual(query[:12], bytes.fromhex("1234 0100 0001 0000 0000 0001"))

    def test_answer_gives_addresses_ttl_and_scope(self):
        answer = dnsclient.decode_answer(bytes.fromhex(
            "1234 8400 0001 0001 0000 0001" "0161 00 0001 0001"
            "c00c 0001 0001 00000014 0004 7f000a03"
            "00 0029 04d0 00000000 000b 0008 0007 0001 18 10 c00002"))
        self.assertEqual(answer, dnsclient.Answer(0, ["127.0.10.3"], 20, 16))

    def test_answer_that_ends_early_is_an_error_and_not_a_wrong_answer(self):
        with self.assertRaises((IndexError, dnsclient.struct.error)):
            dnsclient.decode_answer(bytes.fromhex("1234 8400 0001 0001 0000 0000 0161"))


class TheScreen(unittest.TestCase):
    def test_clips_by_characters_seen(self):
        line = "\033[1mabc\033[0mdef"
        self.assertEqual(re.sub(r"\033\[\d*m", "", screen.clip(line, 4)), "abcd")

    def test_bar_is_as_wide_as_asked_for(self):
        paint = screen.Paint(sys.stdout, always=True)
        for value in (0, 0.5, 0.849, 1, 1.5):
            drawn = re.sub(r"\033\[[\d;]*m", "", screen.bar(paint, value, 0.85, 20))
            self.assertEqual(len(drawn), 20, value)


if __name__ == "__main__":
    unittest.main()
