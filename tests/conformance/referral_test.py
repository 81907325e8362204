"""RFC 1034 4.3.2, 2181 6.1 and 9471: what lies below a zone cut."""
import unittest

from conformance import Test
from message import AA, TC, opt, query


class Referrals(Test):
    zones = {
        "example": """
sub NS ns.sub
sub NS ns.sib
sub NS ns.elsewhere.org.
sub DS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132
ns.sub A 192.0.2.60
ns.sub AAAA 2001:db8::60
sib NS ns.sib
ns.sib A 192.0.2.61
secret.sub A 192.0.2.62
""" + "".join(f"fat NS h{i}.fat\nh{i}.fat AAAA 2001:db8::{i}\n" for i in range(1, 30)),
    }
    NS = ["sub.example. 3600 NS ns.elsewhere.org.", "sub.example. 3600 NS ns.sib.example.",
          "sub.example. 3600 NS ns.sub.example."]
    GLUE = ["ns.sub.example. 3600 A 192.0.2.60", "ns.sub.example. 3600 AAAA 2001:db8::60"]

    def test_at_and_below_the_cut_whatever_is_asked(self):
        for name in ("sub.example", "x.sub.example", "a.b.sub.example", "ns.sub.example", "secret.sub.example"):
            for type_ in ("A", "NS", "SOA", "ANY", "TYPE65280", "CNAME"):
                reply = self.ask(name, type_)
                self.assertEqual((reply.rcode, reply.answer, reply.has(AA)), ("NOERROR", [], False), (name, type_))
                self.assertEqual(sorted(reply.lines("authority")), self.NS)

    def test_9471_3_1_glue_of_the_cut_comes_along(self):
        lines = self.ask("x.sub.example").lines("additional")
        self.assertEqual(sorted(lines)[-2:], self.GLUE)

    def test_9471_3_2_glue_of_a_sibling_too(self):
        self.assertIn("ns.sib.example. 3600 A 192.0.2.61", self.ask("x.sub.example").lines("additional"))

    def test_9471_3_1_glue_that_does_not_fit_sets_tc_and_is_whole_over_tcp(self):
        for octets in (query("x.fat.example"), query("x.fat.example", edns=opt())):
            self.assertTrue(self.udp(octets).has(TC))
            self.assertEqual(len(self.send(octets).additional), 29)

    def test_4035_3_1_4_1_ds_at_the_cut_is_ours(self):
        reply = self.ask("sub.example", "DS")
        self.assertEqual(len(reply.answer), 1)
        self.assertTrue(reply.has(AA))
        self.assert_nodata(self.ask("sib.example", "DS"))

    def test_ds_below_the_cut_is_not(self):
        reply = self.ask("x.sub.example", "DS")
        self.assertEqual((reply.answer, sorted(reply.lines("authority"))), ([], self.NS))

    def test_7871_7_referrals_are_for_everybody(self):
        reply = self.ask_edns("x.sub.example", options=bytes.fromhex("0008000700011800c63364"))
        self.assertEqual(reply.scope(), 0)


if __name__ == "__main__":
    unittest.main()
