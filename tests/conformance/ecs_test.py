"""RFC 7871: who is answered for, and how far the answer reaches."""
import ipaddress
import struct
import unittest

from conformance import Test
from message import ECS, opt, option, query, subnet

NEAR, FAR, THIRD = "192.0.2.10", "192.0.2.20", "192.0.2.30"


class ClientSubnet(Test):
    zones = {"example": "www A 192.0.2.1\nsub NS ns.elsewhere.org.\ntolive 60 CNAME live\n"}

    def steered(self, client, type_="A", name="live.example"):
        """(addresses, scope), the same over UDP and TCP; TTLs differ by chance."""
        octets = query(name, type_, edns=opt(subnet(client)))
        replies = [ask(octets, version) for ask in (self.udp, self.tcp) for version in (4, 6)]
        seen = {(tuple(r.value() for r in m.answer), m.scope()) for m in replies}
        self.assertEqual(len(seen), 1)
        return seen.pop()

    def test_7_2_1_family_source_and_address_are_mirrored(self):
        for text in ("192.0.2.0/24", "192.0.2.1/32", "10.0.0.0/7", "2001:db8::/56", "2001:db8::1/128", "0.0.0.0/0",
                     "::/0"):
            for name in ("www.example", "nobody.example", "live.example"):
                sent = subnet(text)[4:]
                got = self.udp(query(name, edns=opt(subnet(text)))).option(ECS)
                self.assertEqual(got[:3] + got[4:], sent[:3] + sent[4:], (text, name))

    def test_the_option_is_never_volunteered(self):
        self.assertIsNone(self.udp(query("live.example", edns=opt())).option(ECS))

    def test_7_2_1_untailored_and_negative_answers_and_referrals_are_for_all(self):
        for name, type_ in (("www.example", "A"), ("nobody.example", "A"), ("www.example", "MX"),
                            ("x.sub.example", "A"), ("live.example", "MX"), ("example.org", "A")):
            self.assertEqual(self.ask_edns(name, type_, options=subnet("198.51.100.0/24")).scope(), 0, name)

    def test_7_1_2_source_0_is_not_tailored_and_gets_scope_0(self):
        self.assertEqual(self.steered("0.0.0.0/0"), ((NEAR,), 0))
        self.assertEqual(self.steered("::/0"), ((NEAR,), 0))

    def test_the_longest_prefix_wins(self):
        self.assertEqual(self.steered("203.0.113.0/24")[0], (NEAR,))
        self.assertEqual(self.steered("198.51.100.1/32")[0], (FAR,))
        self.assertEqual(self.steered("198.51.100.65/32")[0], (THIRD,))
        self.assertEqual(self.steered("2001:db8:5::/56")[0], (FAR,))

    def test_7_2_1_the_scope_parts_neighbours_with_other_answers(self):
        for client in ("198.51.100.65/32", "198.51.100.1/32", "198.51.100.200/32", "198.51.101.1/32", "203.0.113.1/32",
                       "2001:db8:5::/64", "2001:db8:6::/64"):
            answer, scope = self.steered(client)
            block = ipaddress.ip_network(f"{client.split('/')[0]}/{scope}", strict=False)
            bits = block.max_prefixlen
            for address in (block[0], block[-1], block[block.num_addresses // 2]):
                self.assertEqual(self.steered(f"{address}/{bits}")[0], answer, (client, scope, str(address)))

    def test_the_scope_is_not_needlessly_long(self):
        self.assertEqual(self.steered("198.51.100.65/32")[1], 26)
        self.assertEqual(self.steered("198.51.100.200/32")[1], 25)
        self.assertEqual(self.steered("198.51.100.1/32")[1], 26)
        self.assertEqual(self.steered("2001:db8:5::1/128")[1], 48)

    def test_through_an_alias_too(self):
        self.assertEqual(self.steered("198.51.100.65/32", name="tolive.example"), (("live.example.", THIRD), 26))

    def test_no_option_the_asker_decides(self):
        self.assertEqual([r.value() for r in self.udp(query("live.example")).answer], [NEAR])

    def test_6_malformed_options_are_formerr_with_an_opt(self):
        for what, content in {
                "shorter than 4": b"\0\1\x18",
                "empty": b"",
                "family 3": struct.pack("!HBB", 3, 8, 0) + b"\1",
                "family 0 with data": struct.pack("!HBB", 0, 8, 0) + b"\1",
                "source over 32": struct.pack("!HBB", 1, 33, 0) + bytes(5),
                "source over 128": struct.pack("!HBB", 2, 129, 0) + bytes(17),
                "scope in a query": struct.pack("!HBB", 1, 24, 24) + b"\1\2\3",
                "address too short": struct.pack("!HBB", 1, 24, 0) + b"\1\2",
                "address too long": struct.pack("!HBB", 1, 24, 0) + b"\1\2\3\4",
                "bits beyond source": struct.pack("!HBB", 1, 20, 0) + b"\1\2\x1f",
                "bits beyond source, v6": struct.pack("!HBB", 2, 1, 0) + b"\xc0",
        }.items():
            for name in ("live.example", "www.example"):
                reply = self.ask_edns(name, options=option(ECS, content))
                self.assertEqual((reply.rcode, reply.answer), ("FORMERR", []), what)
                self.assertIsNotNone(reply.opt)

    def test_family_0_source_0_opts_out(self):
        reply = self.udp(query("live.example", edns=opt(option(ECS, bytes(4)))))
        self.assertEqual((reply.rcode, reply.option(ECS)), ("NOERROR", bytes(4)))

    def test_given_twice_the_reply_is_well_formed(self):
        reply = self.udp(query("live.example", edns=opt(subnet("198.51.100.0/24") + subnet("192.0.2.0/24"))))
        self.assertEqual(len(reply.options()), 1)


if __name__ == "__main__":
    unittest.main()
