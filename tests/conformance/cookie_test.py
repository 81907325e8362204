"""RFC 7873 and 9018: cookies, checked by a SipHash of our own; response rates and what lifts them."""
import ipaddress
import socket
import struct
import tempfile
import time
import unittest
from pathlib import Path

from conformance import Test
from harness import wait_for  # on the path through conformance
from message import COOKIE, EDE, TC, opt, option, query, read
from siphash import siphash24

CLIENT = bytes.fromhex("2464c4abcf10c957")
SECRET, NEXT = bytes(range(16)), bytes(range(16, 32))
ADDRESS = {4: ipaddress.ip_address("127.0.0.1").packed, 6: ipaddress.ip_address("::1").packed}


def cookie_at(when, version=4, secret=SECRET, client=CLIENT):
    """RFC 9018 4: what a server with `secret` gives `client` at the loopback address."""
    head = client + struct.pack("!BBHI", 1, 0, 0, int(when) & 0xFFFFFFFF)
    return head + siphash24(secret, head + ADDRESS[version])


def asking(cookie, name="www.example", **more):
    return query(name, edns=opt(option(COOKIE, cookie)), **more)


class SipHash(unittest.TestCase):
    def test_the_vector_of_the_paper(self):
        self.assertEqual(siphash24(bytes(range(16)), bytes(range(15))).hex(), "e545be4961ca29a1")

    def test_the_vector_of_9018_a_1(self):
        head = CLIENT + bytes.fromhex("010000005cf79f11")
        key = bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf")
        self.assertEqual(siphash24(key, head + bytes([198, 51, 100, 100])).hex(), "1f8130c3eee29480")


class WithSecretFile(Test):
    zones = {"example": "www A 192.0.2.1\n"}

    @classmethod
    def setUpClass(cls):
        cls.file_folder = tempfile.TemporaryDirectory()
        cls.file = Path(cls.file_folder.name) / "secrets"
        cls.file.write_text(SECRET.hex() + "\n")
        cls.flags = (f"--dns_cookie_file={cls.file}", *cls.rate)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.file_folder.cleanup()

    rate = ()

    def every_way(self, octets_of):
        """(reply, version, over TCP) of octets_of(version)."""
        for version in (4, 6):
            yield self.udp(octets_of(version), version), version, False
            yield self.tcp(octets_of(version), version), version, True


class Cookies(WithSecretFile):
    def assert_cookie(self, reply, version, fresh=True):
        content = reply.option(COOKIE)
        self.assertEqual(len(content), 24)
        made = struct.unpack("!I", content[12:16])[0]
        self.assertEqual(content, cookie_at(made, version))
        if fresh:
            self.assertLess(abs(made - time.time()), 5)

    def test_7873_5_2_3_a_client_cookie_gets_the_answer_and_a_server_cookie(self):
        for reply, version, _ in self.every_way(lambda _: asking(CLIENT)):
            self.assertEqual((reply.rcode, len(reply.answer)), ("NOERROR", 1))
            self.assert_cookie(reply, version)

    def test_never_volunteered(self):
        self.assertEqual(self.udp(query("www.example", edns=opt())).options(), [])

    def test_9018_4_3_times(self):
        now = time.time()
        for age, kept in ((0, True), (60, True), (1700, True), (1900, False), (3500, False), (3700, False),
                          (-200, True), (-400, False)):
            for reply, version, _ in self.every_way(lambda v: asking(cookie_at(now - age, v))):
                self.assertEqual((reply.rcode, len(reply.answer)), ("NOERROR", 1), age)
                self.assertEqual(reply.option(COOKIE) == cookie_at(now - age, version), kept, age)
                self.assert_cookie(reply, version, fresh=not kept)

    def test_7873_5_2_4_wrong_server_cookies_are_answered_with_a_fresh_one(self):
        now = time.time()
        for wrong in (CLIENT + bytes(16), cookie_at(now, secret=NEXT), CLIENT + bytes(8), CLIENT + bytes(32),
                      cookie_at(now)[:8] + b"\2" + cookie_at(now)[9:]):
            for reply, version, _ in self.every_way(lambda _: asking(wrong)):
                self.assertEqual((reply.rcode, len(reply.answer)), ("NOERROR", 1))
                self.assert_cookie(reply, version)

    def test_7873_5_2_2_other_sizes_are_formerr_with_an_opt(self):
        for size in [*range(8), *range(9, 16), 41, 200]:
            reply = self.send(asking(bytes(size)))
            self.assertEqual((reply.rcode, reply.options()), ("FORMERR", []), size)

    def test_7873_5_4_a_cookie_may_be_asked_for_alone(self):
        octets = bytearray(query("www.example"))[:12]
        octets[4:6], octets[10:12] = b"\0\0", b"\0\1"
        for reply, version, _ in self.every_way(lambda _: bytes(octets) + opt(option(COOKIE, CLIENT))):
            self.assertEqual((reply.rcode, reply.questions), ("NOERROR", []))
            self.assert_cookie(reply, version)

    def test_given_twice_the_reply_is_well_formed(self):
        reply = self.udp(query("www.example", edns=opt(option(COOKIE, CLIENT) * 2)))
        self.assertEqual(len(reply.options()), 1)

    def test_negative_and_refused_answers_have_one_too(self):
        for name in ("nobody.example", "example.org"):
            self.assert_cookie(self.udp(asking(CLIENT, name)), 4)
        self.assert_cookie(self.udp(asking(CLIENT, opcode=4)), 4)

    def test_8914_4_refusals_say_why(self):
        for octets, code in ((query("example.org", edns=opt()), 20), (query("example", "AXFR", edns=opt()), 18),
                             (query("www.example", edns=opt(), opcode=4), 21),
                             (query("version.bind", "TXT", class_=3, edns=opt()), 21)):
            self.assertEqual(self.send(octets).option(EDE), struct.pack("!H", code))
        self.assertIsNone(self.send(query("example.org")).opt)
        self.assertIsNone(self.ask_edns("nobody.example").option(EDE))


class Rollover(WithSecretFile):
    def made_with(self, cookie):
        return self.udp(asking(cookie)).option(COOKIE)

    def test_9018_5_secrets_roll_over_while_serving(self):
        old = self.made_with(CLIENT)
        self.assertEqual(self.made_with(old), old)
        self.file.write_text(f"# the new one first\n{NEXT.hex()}\n{SECRET.hex()}\n")
        new = wait_for("the new secret", lambda: (lambda c: c if c != old else None)(self.made_with(old)))
        self.assertEqual(new, cookie_at(struct.unpack("!I", new[12:16])[0], secret=NEXT))
        self.file.write_text("not a secret\n")  # refused: what serves keeps serving
        wait_for("the refusal", lambda: self.server.daemon.metric("spillway_policy_stale") == 1)
        self.assertEqual(self.made_with(new), new)


class Rates(WithSecretFile):
    rate = ("--dns_rate=20",)

    def flood(self, octets, count=200):
        """Replies by kind: whole, slipped, none."""
        kinds = {"whole": 0, "tc": 0, "badcookie": 0, "none": 0}
        family, address = self.server.where[4]
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            s.connect(address)
            for _ in range(count):
                s.send(octets)
            got = 0
            try:
                while True:
                    reply = read(s.recv(65535))
                    got += 1
                    self.assertTrue(reply.answer or len(reply.raw) <= len(octets) + 16)
                    kind = "badcookie" if reply.rcode == "BADCOOKIE" else "tc" if reply.has(TC) else "whole"
                    kinds[kind] += 1
            except TimeoutError:
                kinds["none"] = count - got
        return kinds

    def test_over_the_rate_one_in_two_is_cut_and_the_others_are_not_sent(self):
        kinds = self.flood(query("www.example"))
        self.assertLessEqual(kinds["whole"], 60)  # a flood may touch three seconds
        self.assertGreaterEqual(kinds["tc"], 60)
        self.assertGreaterEqual(kinds["none"], 60)

    def test_a_cookie_lifts_it_and_who_has_none_is_given_one(self):
        kinds = self.flood(asking(CLIENT))
        self.assertEqual(kinds["tc"], 0)
        self.assertGreaterEqual(kinds["badcookie"], 60)
        self.assertEqual(self.flood(asking(cookie_at(time.time())))["whole"], 200)

    def test_tcp_is_not_limited(self):
        self.flood(query("www.example"), 60)
        with self.stream() as s:
            s.send(*[query("www.example")] * 100)
            self.assertTrue(all(read(s.receive()).answer for _ in range(100)))

    def test_outcomes_add_up_to_messages(self):
        self.flood(query("www.example"), 100)
        text = self.server.daemon.ask_admin("/metrics")[1]
        sums = {family: sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                            if line.startswith(f"spillway_dns_{family}_total{{")) for family in ("messages", "outcomes")}
        self.assertEqual(sums["messages"], sums["outcomes"])
        self.assertGreater(self.server.daemon.metric('spillway_dns_outcomes_total{outcome="limited"}'), 0)


if __name__ == "__main__":
    unittest.main()
