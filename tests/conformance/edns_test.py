"""RFC 6891, 8906, 9619, 5001 and 8914: EDNS, sizes, and a reply to everything that has a header."""
import struct
import unittest

from conformance import Test
from message import NSID, RD, TC, TYPES, opt, option, query, read, wire


def padded(size):
    """A line of the zone: the reply to rNNNN.example TXT without EDNS has `size` octets."""
    # 12 header, 19 question, 12 of the record before its data, whose owner is a pointer to the question.
    left, strings = size - 12 - 19 - 12, []
    while left:
        part = min(left, 256)
        part -= left - part == 1  # a string needs its length octet: never leave one octet over
        strings.append('"' + "x" * (part - 1) + '"')
        left -= part
    return f"r{size:04} TXT {' '.join(strings)}\n"


SIZES = (511, 512, 513, 1220, 1221, 1222)  # with an OPT of 11 octets the last three are 1231, 1232, 1233


class Edns(Test):
    flags = ("--nsid=node-7", "--chaos_identity")
    zones = {
        "example": "www A 192.0.2.1\n@ MX 1 m1\n" + "".join(
            map(padded, SIZES)) + "".join(
            f"many TXT {'z' * 120}{i:02}\n" for i in range(60)) + "".join(
            f"mx MX {i} m{i}\nm{i} AAAA 2001:db8::{i}\n" for i in range(1, 25)),
    }

    def test_6891_6_1_1_an_opt_is_never_volunteered(self):
        self.assertIsNone(self.ask("www.example").opt)

    def test_6891_6_2_3_any_size_gets_version_0_and_our_own_size(self):
        for size in (0, 511, 512, 1232, 4096, 65535):
            reply = self.ask_edns("www.example", size=size)
            self.assertEqual((reply.rcode, reply.opt.class_, reply.opt.ttl), ("NOERROR", 1232, 0))
            self.assertEqual(reply.opt.data, b"")

    def test_6891_6_1_3_other_versions_get_badvers(self):
        for version in (1, 100, 255):
            for options in (b"", option(65001, b"x")):
                for do in (False, True):
                    reply = self.ask_edns("www.example", options=options, version=version, do=do)
                    self.assertEqual((reply.rcode, reply.answer, reply.opt.ttl >> 16 & 0xFF), ("BADVERS", [], 0))

    def test_6891_6_1_2_unknown_options_are_ignored_and_not_echoed(self):
        for options in (option(65001, b"abc"), option(65001) * 60, option(65001, bytes(900)), option(12, bytes(8)), option(9)):
            reply = self.ask_edns("www.example", options=options)
            self.assertEqual((reply.rcode, reply.options()), ("NOERROR", []))

    def test_6891_6_1_4_unknown_flags_are_clear_and_do_is_copied(self):
        self.assertEqual(self.ask_edns("www.example", flags=0x7FFF).opt.ttl, 0)
        self.assertEqual(self.ask_edns("www.example", flags=0x7FFF, do=True).opt.ttl, 0x8000)

    def test_4892_chaos_identity_where_it_is_wanted(self):
        for name in ("id.server", "hostname.bind", "ID.Server"):
            for type_ in ("TXT", "ANY"):
                reply = self.ask(name, type_, class_=3)
                self.assertEqual((reply.rcode, len(reply.answer)), ("NOERROR", 1))
                record = reply.answer[0]
                self.assertEqual((record.class_, record.ttl, record.data), (3, 0, b"\x06node-7"))
            self.assertEqual((self.ask(name, "A", class_=3).rcode, self.ask(name, "A", class_=3).answer), ("NOERROR", []))
        for name in ("version.bind", "version.server", "server"):
            self.assertEqual(self.ask(name, "TXT", class_=3).rcode, "REFUSED")
        self.assertEqual(self.ask("id.server", "TXT").rcode, "REFUSED")

    def test_5001_nsid_on_request_only_and_once(self):
        for times in (1, 2):
            reply = self.ask_edns("www.example", options=option(NSID) * times)
            self.assertEqual(reply.options(), [(NSID, b"node-7")])

    def test_6891_6_1_1_two_opt_are_formerr(self):
        self.assertEqual(self.send(query("www.example", edns=opt() + opt(), extra_count=1)).rcode, "FORMERR")

    def test_6891_formerr_keeps_the_opt(self):
        for what, broken in {
                "not at the root": opt(owner=wire("a")),
                "option past the end": opt(struct.pack("!HH", NSID, 2) + b"x"),
                "half an option": opt(b"\0\3\0"),
        }.items():
            reply = self.send(query("www.example", edns=broken))
            self.assertEqual(reply.rcode, "FORMERR", what)
            self.assertIsNotNone(reply.opt, what)

    def test_records_that_are_promised_and_missing_are_formerr(self):
        octets = query("www.example", edns=opt())
        for cut in (1, 5, len(opt())):
            self.assertEqual(self.send(octets[:-cut]).rcode, "FORMERR")
        past = opt()[:-2] + b"\0\7"  # RDLENGTH past the end
        self.assertEqual(self.send(query("www.example", edns=past)).rcode, "FORMERR")

    def test_9619_3_question_counts_other_than_one(self):
        for count in (0, 2, 65535):
            octets = bytearray(query("www.example"))
            octets[4:6] = struct.pack("!H", count)
            reply = self.send(bytes(octets[:12] if count == 0 else octets))
            self.assertEqual(reply.rcode, "FORMERR")
        two = bytearray(query("www.example") + wire("www.example") + struct.pack("!HH", 1, 1))
        two[4:6] = b"\0\2"
        self.assertEqual(self.send(bytes(two)).rcode, "FORMERR")

    def test_8906_3_a_readable_header_gets_a_reply(self):
        whole = query("www.example")
        for size in range(12, len(whole)):
            reply = self.udp(whole[:size])
            self.assertEqual((reply.rcode, reply.questions), ("FORMERR", []), size)
        for what, question in {"pointer": b"\xc0\x0c\0\1\0\1", "label type 01": b"\x41a\0\0\1\0\1",
                               "256 octets": (b"\x3f" + b"x" * 63) * 4 + b"\0\0\1\0\1"}.items():
            self.assertEqual(self.send(whole[:12] + question).rcode, "FORMERR", what)
        for size in range(12):
            self.assertIsNone(self.udp_raw(whole[:size], wait=0.03))
        self.still_answers()

    def test_1035_4_2_1_without_edns_512_octets_and_not_one_more(self):
        for size in (511, 512, 513):
            octets = query(f"r{size:04}.example", "TXT")
            self.assertEqual(len(self.tcp(octets).raw), size)
            reply = self.udp(octets)
            self.assertEqual((reply.has(TC), len(reply.answer)), (size > 512, int(size <= 512)), size)

    def test_6891_6_2_3_with_edns_what_the_client_takes_and_not_one_more(self):
        for size in SIZES:
            for room in (0, 512, size + 10, size + 11, 1232, 4096):
                octets = query(f"r{size:04}.example", "TXT", edns=opt(size=room))
                self.assertEqual(len(self.tcp(octets).raw), size + 11)
                reply = self.udp(octets)
                fits = size + 11 <= min(max(room, 512), 1232)
                self.assertEqual((reply.has(TC), len(reply.answer)), (not fits, int(fits)), (size, room))

    def test_2181_9_an_rrset_is_whole_or_not_there(self):
        reply = self.udp(query("many.example", "TXT", edns=opt(size=4096)))
        self.assertTrue(reply.has(TC))
        self.assertEqual(reply.answer, [])
        self.assertEqual(len(self.ask("many.example", "TXT").answer), 60)

    def test_2181_9_additional_records_are_left_out_without_tc(self):
        reply = self.udp(query("mx.example", "MX"))
        self.assertFalse(reply.has(TC))
        self.assertEqual(len(reply.answer), 24)
        self.assertLess(len(reply.additional), 24)

    def test_records_of_other_sections_do_not_disturb(self):
        record = wire("x.example") + struct.pack("!HHIH", TYPES["A"], 1, 0, 4) + b"\1\2\3\4"
        octets = bytearray(query("www.example") + record * 2 + opt())
        octets[6:12] = struct.pack("!3H", 1, 1, 1)
        self.assertEqual(self.send(bytes(octets)).rcode, "NOERROR")
        before = bytearray(query("www.example") + opt() + record)
        before[6:12] = struct.pack("!3H", 1, 0, 1)
        self.assertEqual(self.send(bytes(before)).rcode, "FORMERR")  # 6891 6.1.1: OPT belongs to additional

    def test_udp_and_tcp_replies_to_the_same_octets_read_back_strictly(self):
        for flags in (0, RD):
            raw = self.udp_raw(query("www.example", edns=opt(option(NSID)), flags=flags))
            self.assertEqual(read(raw).raw, self.tcp_raw(query("www.example", edns=opt(option(NSID)), flags=flags)))


if __name__ == "__main__":
    unittest.main()
