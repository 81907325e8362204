"""RFC 1034, 1035 and 2181: what an authority answers, and what it must not."""
import unittest

from conformance import Test
from message import AA, AD, CD, RD, TYPES, opt, query, read, wire

ODD = {"NUL": b"a\0b", "0xFF": b"\xff", "dot": b"a.b", "space": b"a b", "at": b"a@b", "backslash": b"\\"}
LONG = [b"x" * 63, b"y" * 63, b"z" * 63, b"w" * 53, b"example"]  # 255 octets in wire form


class Basics(Test):
    zones = {
        "example": rf"""
www 60 A 192.0.2.1
www 60 A 192.0.2.2
zero 0 A 192.0.2.3
max 2147483647 A 192.0.2.4
mixed 60 A 192.0.2.5
mixed 90 A 192.0.2.6
twice A 192.0.2.7
twice A 192.0.2.7
@ MX 10 mail
mail A 192.0.2.25
mail AAAA 2001:db8::25
srv SRV 1 2 3 www
a\000b A 192.0.2.40
\255 A 192.0.2.41
a\.b A 192.0.2.42
a\032b A 192.0.2.43
a\@b A 192.0.2.44
\\ A 192.0.2.45
{"x" * 63} A 192.0.2.46
{"x" * 63}.{"y" * 63}.{"z" * 63}.{"w" * 53} A 192.0.2.47
empty TXT ""
child NS ns1.child
full TXT "{"t" * 255}"
octets TXT "\000\255\"\\"
several TXT "a" "" "bc"
""",
        "child.example": "www A 192.0.2.97\n",
        "orphan.example": "www A 192.0.2.96\n",  # no NS in its parent
    }

    def test_1034_4_3_2_the_whole_rrset_is_answered_with_aa(self):
        reply = self.ask("www.example")
        self.assertEqual(sorted(reply.lines()), ["www.example. 60 A 192.0.2.1", "www.example. 60 A 192.0.2.2"])
        self.assertTrue(reply.has(AA))
        self.assertEqual(reply.authority, [])

    def test_2181_8_ttls_come_back_as_they_are(self):
        self.assertEqual(self.answer("zero.example"), ["zero.example. 0 A 192.0.2.3"])
        self.assertEqual(self.answer("max.example"), ["max.example. 2147483647 A 192.0.2.4"])

    def test_2181_5_one_ttl_per_rrset_and_no_record_twice(self):
        self.assertEqual({r.ttl for r in self.ask("mixed.example").answer}, {60})
        self.assertEqual(len(self.answer("twice.example")), 1)

    def test_2181_11_any_octet_may_stand_in_a_label(self):
        for number, (what, label) in enumerate(ODD.items(), 40):
            reply = self.ask([label, b"example"])
            self.assertEqual([r.value() for r in reply.answer], [f"192.0.2.{number}"], what)
            self.assertEqual(reply.answer[0].owner, wire([label, b"example"]), what)

    def test_1035_2_3_4_the_longest_label_and_the_longest_name(self):
        self.assertEqual([r.value() for r in self.ask([b"x" * 63, b"example"]).answer], ["192.0.2.46"])
        self.assertEqual(len(wire(LONG)), 255)
        self.assertEqual([r.value() for r in self.ask(LONG).answer], ["192.0.2.47"])

    def test_1035_3_3_14_strings_of_txt_are_kept_apart(self):
        for name, data in {"empty": b"\0", "full": b"\xff" + b"t" * 255, "octets": b'\4\0\xff"\\',
                           "several": b"\1a\0\2bc"}.items():
            self.assertEqual([r.data for r in self.ask(f"{name}.example", "TXT").answer], [data], name)

    def test_names_outside_every_zone_are_refused_without_data(self):
        for name in (".", "test", "elsewhere.test", "notexample", "example.org"):
            reply = self.ask(name)
            self.assertEqual(reply.rcode, "REFUSED", name)
            self.assertFalse(reply.has(AA))
            self.assertEqual(reply.answer + reply.authority + reply.additional, [])

    def test_1034_4_3_2_the_longest_matching_zone_answers(self):
        self.assertEqual(self.answer("www.child.example"), ["www.child.example. 3600 A 192.0.2.97"])
        self.assert_nxdomain(self.ask("nobody.child.example"), "child.example.")

    def test_4035_3_1_4_1_ds_of_a_served_child_is_asked_of_the_parent(self):
        self.assert_nodata(self.ask("child.example", "DS"))
        self.assert_nodata(self.ask("orphan.example", "DS"))

    def test_1035_4_1_1_header_bits(self):
        reply = self.ask("www.example", flags=AD | CD)  # Test.checked: RA, Z, AD and CD stay clear
        self.assertFalse(reply.has(RD))
        self.assertTrue(self.ask("www.example", flags=RD | 0x0040).has(RD))

    def test_8906_3_opcodes_that_are_not_spoken(self):
        for opcode in range(1, 16):
            reply = self.send(query("www.example", opcode=opcode))
            self.assertIn(reply.rcode, ("NOTIMP", "REFUSED", "NOTAUTH"), opcode)
            self.assertEqual(reply.opcode, opcode)
            self.assertEqual(reply.answer, [])
            empty = self.send(query("www.example", opcode=opcode)[:4] + bytes(8))
            self.assertIn(empty.rcode, ("NOTIMP", "FORMERR"), opcode)

    def test_classes_other_than_in_get_no_data(self):
        for class_ in (0, 2, 3, 4, 254, 255, 65280):
            reply = self.ask("www.example", class_=class_)
            self.assertEqual((reply.rcode, reply.answer), ("REFUSED", []), class_)

    def test_chaos_identity_is_not_told(self):
        for name in ("version.bind", "hostname.bind", "id.server", "version.server"):
            self.assertEqual(self.ask(name, "TXT", class_=3).rcode, "REFUSED")

    def test_6895_3_1_meta_types_are_never_answered_with_records(self):
        for type_ in ("TYPE0", "OPT", "TKEY", "TSIG", "MAILA", "MAILB", "NXNAME", "TYPE65535"):
            reply = self.ask("www.example", type_)
            self.assertEqual(reply.answer, [], type_)

    def test_1035_3_3_9_addresses_of_mail_hosts_come_along(self):
        reply = self.ask("example", "MX")
        self.assertEqual(reply.lines(), ["example. 3600 MX 10 mail.example."])
        self.assertEqual(sorted(reply.lines("additional")),
                         ["mail.example. 3600 A 192.0.2.25", "mail.example. 3600 AAAA 2001:db8::25"])

    def test_5936_zones_are_not_transferred(self):
        for type_ in ("AXFR", "IXFR"):
            self.assertEqual(self.ask("example", type_).rcode, "REFUSED")

    def test_responses_are_never_answered(self):
        self.assertIsNone(self.udp_raw(query("www.example", flags=0x8000), wait=0.25))
        with self.stream() as s:
            s.send(query("www.example", flags=0x8000, id=1), query("www.example", id=2))
            self.assertEqual(read(s.receive()).id, 2)

    def test_3597_4_names_are_compressed_only_where_all_know_how(self):
        for name, type_ in (("srv.example", "SRV"), ("example", "MX"), ("example", "NS"), ("example", "SOA")):
            reply = self.send(query(name, type_, edns=opt()))
            for record in reply.answer:
                if record.type == TYPES["SRV"]:
                    self.assertEqual(record.data, bytes.fromhex("000100020003") + wire("www.example"))


if __name__ == "__main__":
    unittest.main()
