"""The data of every type that has a presentation format, octet for octet: RFC 1035, 3597 and each type's own RFC."""
import unittest

from conformance import Test
from message import wire

# Owner and type -> how a master file writes it, what stands on the wire.
TABLE = [
    ("a", "A", "192.0.2.1", "c0000201"),
    ("ns", "MB", "host.test.", wire("host.test").hex()),
    ("minfo", "MINFO", "a.test. b.test.", (wire("a.test") + wire("b.test")).hex()),
    ("ptr", "PTR", "Host.test.", wire("Host.test").hex()),
    ("hinfo", "HINFO", '"a b" c', "03612062" "0163"),
    ("mx", "MX", "10 mail.test.", "000a" + wire("mail.test").hex()),
    ("txt", "TXT", r'"a\"b" "\000\255" ""', "03612262" "0200ff" "00"),
    ("rp", "RP", "a.test. .", wire("a.test").hex() + "00"),
    ("afsdb", "AFSDB", "1 a.test.", "0001" + wire("a.test").hex()),
    ("x25", "X25", '"311061700956"', "0c" + b"311061700956".hex()),
    ("isdn", "ISDN", '"150862028003217" "004"', "0f" + b"150862028003217".hex() + "03" + b"004".hex()),
    ("rt", "RT", "2 a.test.", "0002" + wire("a.test").hex()),
    ("px", "PX", "50 a.test. b.test.", "0032" + (wire("a.test") + wire("b.test")).hex()),
    ("aaaa", "AAAA", "2001:db8::1", "20010db8000000000000000000000001"),
    ("loc", "LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
     "00001613" "8b3cf018" "810cbce0" "009895b8"),
    ("srv", "SRV", "1 2 3 a.test.", "000100020003" + wire("a.test").hex()),
    ("naptr", "NAPTR", '100 50 "s" "http" "" a.test.', "00640032" "0173" "0468747470" "00" + wire("a.test").hex()),
    ("kx", "KX", "10 a.test.", "000a" + wire("a.test").hex()),
    ("cert", "CERT", "1 2 3 AQID", "000100020301" "0203"),
    ("dname", "DNAME", "a.test.", wire("a.test").hex()),
    ("apl", "APL", "1:192.0.2.0/24 !1:192.0.2.64/28", "00011803c00002" "00011c84c0000240"),
    ("ds", "DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
     "ec450501" "2bb183af5f22588179a53b0a98631fad1a292118"),
    ("sshfp", "SSHFP", "2 1 123456789abcdef67890123456789abcdef67890",
     "0201" "123456789abcdef67890123456789abcdef67890"),
    ("ipseckey", "IPSECKEY", "10 1 2 192.0.2.38 AQID", "0a0102c0000226010203"),
    ("dhcid", "DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
     "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40"),
    ("tlsa", "TLSA", "3 1 1 0102", "0301010102"),
    ("smimea", "SMIMEA", "3 0 0 0102", "0300000102"),
    ("hip", "HIP", "2 200100107B1A74DF365639CC39F1D578 AQID",
     "10020003" "200100107b1a74df365639cc39f1d578" "010203"),
    ("cds", "CDS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
     "ec450501" "2bb183af5f22588179a53b0a98631fad1a292118"),
    ("cdnskey", "CDNSKEY", "257 3 13 AQID", "0101030d010203"),
    ("openpgp", "OPENPGPKEY", "AQID", "010203"),
    ("csync", "CSYNC", "66 3 A NS AAAA", "00000042" "0003" "000460000008"),
    ("zonemd", "ZONEMD", "2018031500 1 1 " + "ab" * 48, "7848b78c" "0101" + "ab" * 48),
    ("spf", "SPF", '"v=spf1 -all"', "0b" + b"v=spf1 -all".hex()),
    ("nid", "NID", "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64"),
    ("l32", "L32", "10 10.1.2.0", "000a0a010200"),
    ("l64", "L64", "10 2001:0DB8:1140:1000", "000a20010db811401000"),
    ("lp", "LP", "10 l64.test.", "000a" + wire("l64.test").hex()),
    ("eui48", "EUI48", "00-00-5e-00-53-2a", "00005e00532a"),
    ("eui64", "EUI64", "00-00-5e-ef-10-00-00-2a", "00005eef1000002a"),
    ("uri", "URI", '10 1 "ftp://ftp1.example.com/public"', "000a0001" + b"ftp://ftp1.example.com/public".hex()),
    ("caa", "CAA", '0 issue "ca.test"', "0005" + b"issueca.test".hex()),
    ("unknown", "TYPE65280", r"\# 3 abcdef", "abcdef"),
    ("spaced", "TYPE65280", r"\# 4 ab cd ef 01", "abcdef01"),
    ("nothing", "TYPE65281", r"\# 0", ""),
    ("known", "TYPE28", r"\# 16 20010db8000000000000000000000002", "20010db8000000000000000000000002"),
    ("generic", "MX", r"\# 8 000a 046d61696c 00", "000a046d61696c00"),
    # RFC 9460 appendix D
    ("alias", "HTTPS", "0 foo.example.com.", "0000" + wire("foo.example.com").hex()),
    ("root", "SVCB", "1 .", "000100"),
    ("port", "SVCB", "16 foo.example.com. port=53", "0010" + wire("foo.example.com").hex() + "000300020035"),
    ("key667", "SVCB", "1 foo.example.com. key667=hello",
     "0001" + wire("foo.example.com").hex() + "029b0005" + b"hello".hex()),
    ("hints6", "SVCB", '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
     "0001" + wire("foo.example.com").hex() + "00060020" "20010db8000000000000000000000001"
     "20010db8000000000000000000530001"),
    ("mandatory", "SVCB", "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
     "0010" + wire("foo.example.org").hex() + "0000000400010004" "00010009" "026832" "0568332d3139" "00040004c0000201"),
    ("noalpn", "HTTPS", "1 . alpn=h3 no-default-alpn", "000100" "00010003026833" "00020000"),
    ("ech", "HTTPS", "1 . ech=AQID", "000100" "00050003010203"),
]
NUMBERS = {"MB": 7, "MINFO": 14, "X25": 19, "ISDN": 20, "RT": 21, "PX": 26, "LOC": 29, "CERT": 37, "APL": 42, "SSHFP": 44,
           "IPSECKEY": 45, "DHCID": 49, "SMIMEA": 53, "HIP": 55, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62,
           "ZONEMD": 63, "SPF": 99, "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108, "EUI64": 109, "URI": 256}


class RecordData(Test):
    zones = {"example": "".join(f"{name} {type_} {text}\n" for name, type_, text, _ in TABLE)}

    def test_every_type_is_served_as_its_rfc_lays_it_out(self):
        for name, type_, _, data in TABLE:
            with self.subTest(name=name, type=type_):
                asked = f"TYPE{NUMBERS[type_]}" if type_ in NUMBERS else type_
                reply = self.ask(f"{name}.example", asked)
                self.assertEqual(reply.rcode, "NOERROR")
                self.assertEqual([r.data.hex() for r in reply.answer], [data])


if __name__ == "__main__":
    unittest.main()
