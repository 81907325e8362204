"""RFC 3597, 4343, 8482, 9460 and the data of each type, octet for octet."""
import unittest

from conformance import Test
from message import TYPES, opt, query, wire

LEFT_WHOLE = {  # RFC 3597 4: types whose names are never compressed -> what stands on the wire
    "SRV": bytes.fromhex("000100020003") + wire("www.example"),
    "RP": wire("www.example") + wire("mail.example"),
    "AFSDB": b"\0\1" + wire("www.example"),
    "KX": b"\0\1" + wire("www.example"),
    "DNAME": wire("www.example"),
}


class Types(Test):
    zones = {
        "example": r"""
www 60 A 192.0.2.1
www 60 AAAA 2001:db8::1
mail A 192.0.2.25
srv SRV 1 2 3 www
rp RP www mail
afsdb AFSDB 1 www
kx KX 1 www
dname DNAME www
naptr NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:x@example!" .
caa CAA 0 issue "ca.example"
tlsa TLSA 3 1 1 0102
sshfp SSHFP 1 1 0102030405060708091011121314151617181920
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
hinfo HINFO "a" "b"
cds CDS 1 13 2 0102030405060708091011121314151617181920212223242526272829303132
unknown TYPE65280 \# 3 abcdef
nothing TYPE65281 \# 0
generic TYPE1 \# 4 C0000263
\223 A 192.0.2.70
many A 192.0.2.71
many TXT "x"
many MX 1 mail
alone.ent A 192.0.2.72
svc HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.9
svc 60 A 192.0.2.9
aliasmode HTTPS 0 www
keys SVCB 1 www mandatory=port,alpn key65333=abc port=53 alpn=dot
tosvc CNAME svc
*.wild HTTPS 1 . alpn=h2
toalias HTTPS 0 svc
noservice HTTPS 0 .
elsewhere HTTPS 1 www.other.test.
twice SRV 1 1 1 www
twice SRV 2 2 2 www
away MX 1 www.other.test.
toward MX 1 live
""",
        "other.test": "www 60 A 192.0.2.90\n",
    }

    def one(self, name, type_):
        reply = self.ask(name, type_)
        self.assertEqual((reply.rcode, len(reply.answer)), ("NOERROR", 1), (name, type_))
        return reply.answer[0]

    def test_3597_5_unknown_types_and_generic_data(self):
        self.assertEqual(self.one("unknown.example", "TYPE65280").data, b"\xab\xcd\xef")
        self.assertEqual(self.one("nothing.example", "TYPE65281").data, b"")
        self.assertEqual(self.one("generic.example", "A").value(), "192.0.2.99")

    def test_3597_4_names_in_newer_types_are_not_compressed(self):
        for type_ in ("SRV", "RP", "AFSDB", "KX", "DNAME"):
            self.assertEqual(self.one(f"{type_.lower()}.example", type_).data, LEFT_WHOLE[type_], type_)

    def test_data_of_the_types_ldns_knows(self):
        for name, type_, data in (
                ("naptr", "NAPTR", b"\0\1\0\2\1u\7E2U+sip\x14!^.*$!sip:x@example!\0"),
                ("caa", "CAA", b"\0\5issueca.example"),
                ("tlsa", "TLSA", b"\3\1\1\1\2"),
                ("sshfp", "TYPE44", bytes.fromhex("01010102030405060708091011121314151617181920")),
                ("loc", "TYPE29", bytes.fromhex("00001613" "8b3cf018" "810cbce0" "009895b8")),
                ("hinfo", "HINFO", b"\1a\1b"),
                ("cds", "CDS", bytes.fromhex("00010d020102030405060708091011121314151617181920212223242526272829303132"))):
            self.assertEqual(self.one(f"{name}.example", type_).data.hex(), data.hex(), type_)

    def test_4343_letters_fold_and_nothing_else_does(self):
        reply = self.ask("WwW.eXaMpLe")  # Test.checked: echoed as asked
        self.assertEqual([r.value() for r in reply.answer], ["192.0.2.1"])
        self.assertEqual([r.value() for r in self.ask([b"\xdf", b"example"]).answer], ["192.0.2.70"])
        self.assert_nxdomain(self.ask([b"\xff", b"example"]))

    def test_8482_4_any_is_one_small_answer(self):
        for name in ("many.example", "example", "live.example"):
            reply = self.ask(name, "ANY")
            self.assertEqual([(r.type, r.data) for r in reply.answer], [(TYPES["HINFO"], b"\7RFC8482\0")], name)
        self.assert_nodata(self.ask("ent.example", "ANY"))
        self.assert_nxdomain(self.ask("nobody.example", "ANY"))

    def test_9460_2_2_keys_ascend_on_the_wire(self):
        data = self.one("svc.example", "HTTPS").data
        self.assertEqual(data.hex(), "0001" "00" "00010006026832026833" "0003000220fb" "00040004c0000209")
        data = self.one("keys.example", "SVCB").data[2 + len(wire("www.example")):]
        keys, at = [], 0
        while at < len(data):
            keys.append(int.from_bytes(data[at:at + 2], "big"))
            at += 4 + int.from_bytes(data[at + 2:at + 4], "big")
        self.assertEqual(keys, [0, 1, 3, 65333])

    def test_9460_2_4_2_alias_mode_brings_the_addresses_of_its_target(self):
        reply = self.ask("aliasmode.example", "HTTPS")
        self.assertEqual(reply.answer[0].data, b"\0\0" + wire("www.example"))
        self.assertEqual(reply.lines("additional"),
                         ["www.example. 60 A 192.0.2.1", "www.example. 60 AAAA 2001:db8::1"])

    def test_9460_4_1_alias_mode_brings_the_services_of_its_target(self):
        self.assertEqual([(r.name, r.type) for r in self.ask("toalias.example", "HTTPS").additional],
                         [("svc.example.", TYPES["HTTPS"]), ("svc.example.", TYPES["A"])])
        self.assertEqual(self.ask("noservice.example", "HTTPS").additional, [])

    def test_addresses_come_along_once_and_from_every_zone_of_ours(self):
        for name, type_ in (("elsewhere.example", "HTTPS"), ("away.example", "MX")):
            self.assertEqual(self.ask(name, type_).lines("additional"), ["www.other.test. 60 A 192.0.2.90"])
        self.assertEqual(len(self.ask("twice.example", "SRV").additional), 2)
        self.assertEqual(self.ask("toward.example", "MX").additional, [])  # steered: it depends on who asks

    def test_9460_through_aliases_and_wildcards_and_absent(self):
        reply = self.ask("tosvc.example", "HTTPS")
        self.assertEqual([r.type for r in reply.answer], [TYPES["CNAME"], TYPES["HTTPS"]])
        self.assertEqual(reply.lines("additional"), ["svc.example. 60 A 192.0.2.9"])
        self.assertEqual(self.one("x.wild.example", "HTTPS").name, "x.wild.example.")
        self.assert_nodata(self.ask("www.example", "HTTPS"))
        self.assert_nodata(self.ask("live.example", "HTTPS"))

    def test_any_answer_is_small_over_udp(self):
        self.assertLess(len(self.udp(query("many.example", "ANY", edns=opt())).raw), 128)


if __name__ == "__main__":
    unittest.main()
