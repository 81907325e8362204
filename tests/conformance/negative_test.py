"""RFC 2308 and 8020: what does not exist, who says so and for how long."""
import unittest

from conformance import Test
from message import AA

SHORT_SOA = """$TTL 3600
@ 60 SOA ns1.example. hostmaster 1 3600 600 86400 300
@ NS ns1.example.
"""


class Negative(Test):
    zones = {
        "example": "deep.ent A 192.0.2.5\nleaf A 192.0.2.6\nalias CNAME leaf\n",
        "short": SHORT_SOA,
    }

    def test_2308_2_nxdomain_and_nodata_carry_one_soa(self):
        for reply in (self.ask("nobody.example"), self.ask("leaf.example", "AAAA")):
            self.assertTrue(reply.has(AA))
        self.assert_nxdomain(self.ask("nobody.example"))
        self.assert_nodata(self.ask("leaf.example", "AAAA"))

    def test_2308_5_the_soa_lives_for_the_lower_of_its_ttl_and_minimum(self):
        self.assert_nxdomain(self.ask("nobody.example"), ttl=300)  # TTL 3600, MINIMUM 300
        self.assert_nxdomain(self.ask("nobody.short"), "short.", ttl=60)  # TTL 60, MINIMUM 300
        self.assertEqual(self.ask("short", "SOA").answer[0].ttl, 60)
        self.assertEqual(self.ask("example", "SOA").answer[0].ttl, 3600)

    def test_8020_2_a_name_with_names_below_it_exists(self):
        self.assert_nodata(self.ask("ent.example"))
        self.assert_nxdomain(self.ask("beside.ent.example"))

    def test_nothing_is_below_a_leaf_or_an_alias(self):
        self.assert_nxdomain(self.ask("below.leaf.example"))
        self.assert_nxdomain(self.ask("below.alias.example"))

    def test_2308_5_a_question_for_soa_follows_the_same_rule(self):
        self.assert_nxdomain(self.ask("nobody.example", "SOA"))

    def test_6604_3_an_alias_to_nowhere_is_nxdomain_with_the_alias(self):
        pass_on = self.ask("alias.example", "AAAA")
        self.assert_nodata(pass_on, answer=["alias.example. 3600 CNAME leaf.example."])

    def test_steered_names_exist(self):
        self.assert_nodata(self.ask("live.example", "MX"))
        self.assert_nxdomain(self.ask("below.live.example"))


if __name__ == "__main__":
    unittest.main()
