"""RFC 8945: signed questions, from whom nobody's key is known here; RFC 5936 and 1996 on transfers and NOTIFY."""
import struct
import unittest

from conformance import Test
from message import opt, query, read, tsig, wire

KEY, ALGORITHM = wire("key.example.net"), wire("hmac-sha256")
WHEN = 1_700_000_000


def foreign(owner=KEY, **more):
    """A TSIG whose key nobody here knows."""
    return tsig(owner, ALGORITHM, WHEN, bytes(32), **more)


class Signed(Test):
    zones = {"example": "www A 192.0.2.1\n"}

    def test_5_2_1_an_unknown_key_is_notauth_with_badkey_and_no_mac(self):
        for type_, name in (("A", "www.example"), ("AXFR", "example"), ("A", "example.org")):
            for edns in (None, opt()):
                reply = self.send(query(name, type_, edns=edns, extra=foreign(), extra_count=1))
                self.assertEqual((reply.rcode, reply.answer, reply.opt is None), ("NOTAUTH", [], edns is None))
                record = reply.additional[-1]
                self.assertEqual((record.owner, record.type, record.class_, record.ttl), (KEY, 250, 255, 0))
                time, fudge, mac_size, id_, error, other = struct.unpack("!6sHHHHH", record.data[len(ALGORITHM):])
                self.assertEqual((time, fudge), (WHEN.to_bytes(6, "big"), 300))
                self.assertEqual((mac_size, id_, error, other), (0, 0x2A5E, 17, 0))
                self.assertEqual(record.data[:len(ALGORITHM)], ALGORITHM)

    def test_a_compressed_key_name_is_the_name_it_stands_for(self):
        reply = self.send(query("www.example", extra=foreign(owner=b"\xc0\x0c"), extra_count=1))
        self.assertEqual((reply.rcode, reply.additional[-1].name), ("NOTAUTH", "www.example."))

    def test_5_1_a_tsig_that_is_not_last_is_formerr(self):
        self.assertEqual(self.send(query("www.example", extra=foreign() + foreign(), extra_count=2)).rcode, "FORMERR")
        reply = self.send(query("www.example", extra=foreign() + opt(), extra_count=2))
        self.assertEqual((reply.rcode, reply.opt is None), ("FORMERR", False))
        early = bytearray(query("www.example", extra=foreign(), extra_count=1))
        early[6:12] = struct.pack("!3H", 1, 0, 0)
        self.assertEqual(self.send(bytes(early)).rcode, "FORMERR")

    def test_5_2_a_broken_tsig_is_formerr(self):
        whole = foreign()[len(KEY) + 10:]
        for what, record in {"class IN": foreign(class_=1), "TTL 1": foreign(ttl=1), "empty": foreign(data=b""),
                             "a MAC longer than the data": foreign(data=whole[:len(ALGORITHM) + 8] + b"\xff\xff" + bytes(8)),
                             "octets left over": foreign(data=whole + b"x"), "cut": foreign(data=whole[:-1]),
                             "a pointer forward": foreign(owner=b"\xc0\xff"),
                             "a pointer to itself": foreign(owner=b"\xc0\x1d")}.items():
            self.assertEqual(self.send(query("www.example", extra=record, extra_count=1)).rcode, "FORMERR", what)

    def test_without_room_for_it_the_rcode_says_enough(self):
        long = [b"x" * 63, b"y" * 63, b"z" * 63, b"w" * 53, b"example"]
        octets = query(long, extra=foreign(owner=wire(long)), extra_count=1)
        reply = self.udp(octets)
        self.assertEqual((reply.rcode, reply.additional), ("NOTAUTH", []))
        self.assertEqual(len(self.tcp(octets).additional), 1)

    def test_5936_and_1995_transfers_are_refused_and_the_connection_lives_on(self):
        with self.stream() as s:
            s.send(query("example", "AXFR", id=1), query("example", "IXFR", id=2), query("www.example", id=3))
            self.assertEqual([read(s.receive()).rcode for _ in range(3)], ["REFUSED", "REFUSED", "NOERROR"])

    def test_1996_notify_is_answered(self):
        self.assertEqual(self.send(query("example", "SOA", opcode=4)).rcode, "NOTIMP")


if __name__ == "__main__":
    unittest.main()
