"""RFC 1034 3.6.2, 6604 and 6672: aliases inside a zone, across zones, into steered names; DNAME."""
import unittest

from conformance import Test
from message import AA, query

LONG = ".".join(["x" * 60] * 4)


class Aliases(Test):
    zones = {
        "example": "".join(f"c{i} 60 CNAME c{i + 1}\n" for i in range(9)) + """
c9 60 A 192.0.2.9
www 60 A 192.0.2.1
alias 60 CNAME www
out 60 CNAME www.elsewhere.org.
gone 60 CNAME nothing
across 60 CNAME www.other.test.
acrossgone 60 CNAME nothing.other.test.
tobelow 60 CNAME x.sub
sub NS ns.sub
ns.sub A 192.0.2.60
tolive 60 CNAME live
loop1 60 CNAME loop2
loop2 60 CNAME loop1
self 60 CNAME self
d 60 DNAME other.test.
d 60 TXT "beside a DNAME"
chain 60 CNAME www.d
tolivetree 60 DNAME example.
long 60 DNAME a-target-that-is-longer-than-its-owner.test.
""",
        "other.test": """
www 30 A 192.0.2.99
a.b 30 A 192.0.2.98
back 30 CNAME alias.example.
""",
        "tree.test": """@ 60 DNAME example.
""",
    }

    def test_1034_3_6_2_the_chain_in_order_and_what_it_leads_to(self):
        self.assertEqual(self.answer("alias.example"),
                         ["alias.example. 60 CNAME www.example.", "www.example. 60 A 192.0.2.1"])

    def test_at_least_eight_hops(self):
        for hops in (8, 9):
            lines = self.answer(f"c{9 - hops}.example")
            self.assertEqual(len(lines), hops + 1)
            self.assertEqual(lines[-1], "c9.example. 60 A 192.0.2.9")

    def test_a_question_for_the_alias_stops_there(self):
        self.assertEqual(self.answer("alias.example", "CNAME"), ["alias.example. 60 CNAME www.example."])

    def test_out_of_our_zones_the_chain_ends(self):
        self.assertEqual(self.answer("out.example"), ["out.example. 60 CNAME www.elsewhere.org."])

    def test_chains_cross_served_zones_there_and_back(self):
        self.assertEqual(self.answer("across.example"),
                         ["across.example. 60 CNAME www.other.test.", "www.other.test. 30 A 192.0.2.99"])
        self.assertEqual(self.answer("back.other.test"),
                         ["back.other.test. 30 CNAME alias.example.", "alias.example. 60 CNAME www.example.",
                          "www.example. 60 A 192.0.2.1"])

    def test_6604_3_the_rcode_is_that_of_the_last_name(self):
        self.assert_nxdomain(self.ask("gone.example"), answer=["gone.example. 60 CNAME nothing.example."])
        self.assert_nxdomain(self.ask("acrossgone.example"), "other.test.",
                             answer=["acrossgone.example. 60 CNAME nothing.other.test."])
        self.assert_nodata(self.ask("alias.example", "MX"), answer=["alias.example. 60 CNAME www.example."])

    def test_below_a_cut_the_alias_and_the_referral(self):
        reply = self.ask("tobelow.example")
        self.assertEqual(reply.lines(), ["tobelow.example. 60 CNAME x.sub.example."])
        self.assertEqual(reply.lines("authority"), ["sub.example. 3600 NS ns.sub.example."])
        self.assertEqual(reply.lines("additional"), ["ns.sub.example. 3600 A 192.0.2.60"])

    def test_loops_end(self):
        for name in ("loop1.example", "self.example"):
            reply = self.ask(name)
            self.assertEqual(reply.rcode, "NOERROR")
            self.assertLessEqual(len(reply.answer), 2)  # each alias once
        self.still_answers()

    def test_aliases_lead_into_steered_names(self):
        for kind, address in (("A", "192.0.2.10"), ("AAAA", "2001:db8::10")):
            reply = self.udp(query("tolive.example", kind))
            self.assertEqual([r.value() for r in reply.answer], ["live.example.", address])
        reply = self.udp(query("live.tree.test"))
        self.assertEqual([r.value() for r in reply.answer], ["example.", "live.example.", "192.0.2.10"])

    def test_a_steered_name_may_be_an_alias(self):
        reply = self.udp(query("outsourced.example"))
        self.assertEqual([r.value() for r in reply.answer], ["edge.cdn.test."])

    def test_6672_3_1_dname_and_the_cname_made_from_it(self):
        self.assertEqual(self.answer("a.b.d.example"),
                         ["d.example. 60 DNAME other.test.", "a.b.d.example. 60 CNAME a.b.other.test.",
                          "a.b.other.test. 30 A 192.0.2.98"])
        self.assertTrue(self.ask("a.b.d.example").has(AA))

    def test_6672_2_3_the_owner_is_not_redirected(self):
        self.assertEqual(len(self.answer("d.example", "TXT")), 1)
        self.assertEqual(self.answer("d.example", "DNAME"), ["d.example. 60 DNAME other.test."])
        self.assert_nodata(self.ask("d.example", "A"))

    def test_6672_2_4_a_dname_at_the_apex(self):
        self.assertEqual(self.answer("www.tree.test"),
                         ["tree.test. 60 DNAME example.", "www.tree.test. 60 CNAME www.example.",
                          "www.example. 60 A 192.0.2.1"])
        self.assertEqual(self.ask("tree.test", "SOA").answer[0].name, "tree.test.")

    def test_6672_an_alias_into_a_dname(self):
        self.assertEqual(self.answer("chain.example"),
                         ["chain.example. 60 CNAME www.d.example.", "d.example. 60 DNAME other.test.",
                          "www.d.example. 60 CNAME www.other.test.", "www.other.test. 30 A 192.0.2.99"])

    def test_6672_2_2_too_long_is_yxdomain_with_the_dname(self):
        reply = self.ask(f"{LONG[:228]}.long.example")
        self.assertEqual(reply.rcode, "YXDOMAIN")
        self.assertEqual(len(reply.answer), 1)

    def test_6672_3_2_a_name_that_is_not_there_behind_a_dname(self):
        self.assert_nxdomain(self.ask("no.d.example"), "other.test.",
                             answer=["d.example. 60 DNAME other.test.", "no.d.example. 60 CNAME no.other.test."])


if __name__ == "__main__":
    unittest.main()
