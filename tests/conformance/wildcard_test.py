"""RFC 4592: names that stand for others. The first zone is the RFC's own (2.2.1)."""
import unittest

from conformance import Test
from message import wire


class Wildcards(Test):
    zones = {
        "example": r"""
* TXT "this is a wildcard"
* MX 10 host1
sub.* TXT "this is not a wildcard"
host1 A 192.0.2.1
_ssh._tcp.host1 SRV 0 0 22 host1
_ssh._tcp.host2 SRV 0 0 22 host1
subdel NS ns.example.com.
subdel NS ns.example.net.
""",
        "more.test": """
*.w A 192.0.2.2
x.y.w A 192.0.2.3
*.alias CNAME www
www A 192.0.2.4
*.cut NS ns.elsewhere.test.
ent.*.e A 192.0.2.5
*.*.two A 192.0.2.6
*.deleg A 192.0.2.7
sub.deleg NS ns.elsewhere.test.
""",
    }

    def test_2_2_1_synthesis(self):
        reply = self.ask("host3.example", "MX")
        self.assertEqual(reply.lines(), ["host3.example. 3600 MX 10 host1.example."])
        self.assert_nodata(self.ask("host3.example", "A"))
        self.assertEqual([r.data for r in self.ask("foo.bar.example", "TXT").answer], [b"\x12this is a wildcard"])

    def test_2_2_1_no_synthesis(self):
        self.assert_nodata(self.ask("host1.example", "MX"))
        self.assert_nodata(self.ask("sub.*.example", "MX"))
        self.assert_nxdomain(self.ask("_telnet._tcp.host1.example", "SRV"))
        self.assert_nxdomain(self.ask("ghost.*.example", "MX"))

    def test_2_2_1_a_cut_beats_the_wildcard(self):
        reply = self.ask("host.subdel.example", "A")
        self.assertEqual((reply.rcode, reply.answer), ("NOERROR", []))
        self.assertEqual(sorted(r.value() for r in reply.authority), ["ns.example.com.", "ns.example.net."])

    def test_2_1_1_the_asterisk_itself_is_a_name(self):
        self.assertEqual(self.answer("*.example", "MX"), ["*.example. 3600 MX 10 host1.example."])

    def test_3_3_1_the_closest_encloser_is_the_deepest_name_that_exists(self):
        self.assertEqual(self.answer("a.w.more.test"), ["a.w.more.test. 3600 A 192.0.2.2"])
        self.assertEqual(self.answer("a.b.w.more.test"), ["a.b.w.more.test. 3600 A 192.0.2.2"])
        self.assert_nxdomain(self.ask("a.y.w.more.test"), "more.test.")
        self.assert_nodata(self.ask("y.w.more.test"), "more.test.")

    def test_3_4_1_wildcard_alias(self):
        self.assertEqual(self.answer("any.alias.more.test"),
                         ["any.alias.more.test. 3600 CNAME www.more.test.", "www.more.test. 3600 A 192.0.2.4"])

    def test_an_empty_wildcard_is_a_source_of_nodata(self):
        self.assert_nodata(self.ask("some.e.more.test"), "more.test.")

    def test_a_wildcard_below_a_wildcard(self):
        self.assertEqual(self.answer("a.*.two.more.test"), ["a.*.two.more.test. 3600 A 192.0.2.6"])
        self.assert_nodata(self.ask("a.two.more.test"), "more.test.")

    def test_the_owner_is_the_name_asked_case_and_all(self):
        self.assertEqual(self.ask("HoSt3.example", "MX").answer[0].owner, wire("HoSt3.example"))

    def test_the_longest_name_is_synthesised_too(self):
        name = [b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 53, b"example"]
        self.assertEqual(self.ask(name, "MX").answer[0].owner, wire(name))

    def test_a_cut_beside_a_wildcard(self):
        self.assertEqual(self.answer("x.deleg.more.test"), ["x.deleg.more.test. 3600 A 192.0.2.7"])
        self.assertEqual(self.ask("x.sub.deleg.more.test").lines("authority"),
                         ["sub.deleg.more.test. 3600 NS ns.elsewhere.test."])


if __name__ == "__main__":
    unittest.main()
