"""RFC 5936, 1995 and 8945: zones for secondaries, with dig, kdig and python as clients."""
import socket
import struct
import time
import unittest

from transfers import ALGORITHMS, KEY256, SECRET, Base, key_name, mac, signed, split, until_second_soa, variables, zone
from message import AA, opt, query, read, wire  # on the path through conformance


def ixfr(name, serial, **more):
    soa = wire(name) + struct.pack("!HHIH", 6, 1, 0, 22) + b"\0\0" + struct.pack("!5I", serial, 0, 0, 0, 0)
    octets = bytearray(query(name, "IXFR", **more))
    octets[8:10] = struct.pack("!H", 1)
    end = 12 + len(wire(name)) + 4
    return bytes(octets[:end]) + soa + bytes(octets[end:])


class Open(Base):
    """Transfers by address."""
    dns = "  transfers: {allow: [127.0.0.0/8, \"::1\"]}\n"

    def test_5936_2_2_a_transfer_is_soa_every_record_once_and_soa(self):
        for version in (4, 6):
            octets = query("example", "AXFR", id=0x77)
            messages = self.transfer(octets, version)
            records = [r for m in messages for r in m.answer]
            self.assertEqual([r.type for r in (records[0], records[-1])], [6, 6])
            self.assertTrue(all(m.id == 0x77 and m.has(AA) for m in messages))
            texts = [r.short() for r in records[1:-1]]
            self.assertEqual(len(texts), len(set(texts)))
            self.assertIn("www.example. 3600 A 192.0.2.1", texts)
            self.assertEqual(sum(r.type == 6 for r in records), 2)

    def test_steered_names_go_out_as_their_fallback_set(self):
        records = [r.short() for m in self.transfer(query("example", "AXFR")) for r in m.answer]
        live = [r for r in records if r.startswith("live.")]
        # The preferred candidate first.
        self.assertEqual(live, ["live.example. 30 A 192.0.2.20", "live.example. 30 A 192.0.2.10",
                                "live.example. 30 AAAA 2001:db8::10"])
        # What the zone file holds there is the operators' own fallback.
        self.assertEqual([r for r in records if r.startswith("own.")], ["own.example. 3600 A 192.0.2.99"])
        # Aliases never come in sets: the heaviest.
        self.assertEqual([r for r in records if r.startswith("outsourced.")],
                         ["outsourced.example. 30 CNAME b.cdn.test."])

    def test_zones_of_steered_names_alone_are_copied_too(self):
        records = [r.short() for m in self.transfer(query("alone.test", "AXFR")) for r in m.answer]
        self.assertIn("alone.test. 30 A 192.0.2.10", records)

    def test_dig_and_kdig_read_it(self):
        self.assertEqual(self.dig("example", "AXFR").count("SOA"), 2)
        text = self.kdig("example", "AXFR")
        self.assertIn("Received", text)
        self.assertIn("192.0.2.53", text)

    def test_5936_2_2_1_what_is_no_zone_of_ours_is_notauth(self):
        for name in ("www.example", "example.org", "."):
            self.assertEqual(self.tcp(query(name, "AXFR")).rcode, "NOTAUTH")

    def test_5936_4_2_no_axfr_over_udp(self):
        reply = self.udp(query("example", "AXFR"))
        self.assertEqual((reply.rcode, reply.answer), ("REFUSED", []))

    def test_1995_2_over_udp_one_soa(self):
        for version in (4, 6):
            reply = self.udp(ixfr("example", 0), version)
            self.assertEqual((reply.rcode, [r.type for r in reply.answer]), ("NOERROR", [6]))

    def test_1995_4_the_same_version_is_one_soa(self):
        for serial in (1, 2, 1000):
            reply = self.tcp(ixfr("example", serial))
            self.assertEqual([r.type for r in reply.answer], [6], serial)

    def test_1995_3_an_ixfr_without_a_serial_is_formerr(self):
        self.assertEqual(self.tcp(query("example", "IXFR")).rcode, "FORMERR")

    def test_an_opt_is_answered_with_one(self):
        messages = self.transfer(query("example", "AXFR", edns=opt()))
        self.assertIsNotNone(messages[0].opt)

    def test_large_zones_take_many_messages_and_slow_readers_get_them(self):
        extra = "".join(f"n{i} TXT \"{'x' * 200}\"\n" for i in range(20000))
        self.publish("large", "$ORIGIN large.\n" + zone(1, extra=extra))
        octets = query("large", "AXFR")
        with self.stream() as s, self.stream() as other:
            s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            s.send(octets, query("www.example", id=99))
            other.send(query("www.example", id=3))  # is answered while the transfer waits for its reader
            self.assertEqual(read(other.receive()).id, 3)
            counts = [len(message.answer) for message in until_second_soa(s)]
            self.assertEqual(sum(counts), 20000 + 4 + 2)
            self.assertGreater(len(counts), 100)
            self.assertEqual(read(s.receive()).id, 99, "what was asked behind the transfer is answered after it")


class History(Base):
    """IXFR over reloads."""
    dns = "  transfers: {allow: [127.0.0.0/8]}\n"
    # A delta is kept while the history is no larger than the zone.
    filler = "".join(f"f{i} A 192.0.2.7\n" for i in range(100))

    def test_1995_4_deltas_between_loaded_versions(self):
        self.publish("example", zone(10, 1, self.filler))
        self.publish("example", zone(11, 2, self.filler + "new TXT \"hello\"\n"))
        self.publish("example", zone(12, 3, self.filler))
        records = [r for m in self.transfer_of(ixfr("example", 10)) for r in m.answer]
        serials = [int.from_bytes(r.data[-20:-16], "big") for r in records if r.type == 6]
        self.assertEqual(serials, [12, 10, 11, 11, 12, 12])
        rest = [r.short().replace("example. ", "") for r in records if r.type != 6]
        self.assertEqual(sorted(rest), sorted(["www.3600 A 192.0.2.1", "www.3600 A 192.0.2.2", "new.3600 TXT 0568656c6c6f",
                                               "www.3600 A 192.0.2.2", "new.3600 TXT 0568656c6c6f", "www.3600 A 192.0.2.3"]))
        # dig reads it, and a version we never had gets the whole zone.
        self.assertEqual(self.dig("example", "IXFR=10").count("SOA"), 6)
        self.assertGreater(len([r for m in self.transfer_of(ixfr("example", 5)) for r in m.answer]), 100)
        # The same serial with other content: said aloud.
        answer = self.publish("example", zone(12, 4, self.filler))
        self.assertIn("its serial is still 12", str(answer))

    def transfer_of(self, octets):
        """As transfer, for replies with more SOAs: until the connection has nothing more."""
        with self.stream() as s:
            s.send(octets, query("ns1.example", id=1))
            messages = []
            while True:
                message = read(s.receive())
                if message.id == 1 and message.questions and message.questions[0][1] == 1:
                    return messages
                messages.append(message)


class Signed(Base):
    """Transfers by key, and signed questions."""
    dns = f"  transfers: {{key: {KEY256}}}\n"

    def reply_of(self, octets, transport="tcp"):
        return self.tcp_raw(octets) if transport == "tcp" else self.udp_raw(octets)

    def test_8945_5_3_replies_to_signed_questions_are_signed(self):
        for algorithm in ALGORITHMS:
            for transport in ("udp", "tcp"):
                octets, ours = signed(query("www.example", edns=opt()), algorithm)
                unsigned, said = split(self.reply_of(octets, transport))
                self.assertEqual(said["mac"], mac(algorithm, struct.pack("!H", len(ours)), ours, unsigned,
                                                  variables(key_name(algorithm), algorithm, said["when"])))
                self.assertEqual(read(unsigned).lines(), ["www.example. 3600 A 192.0.2.1"])

    def test_the_key_opens_the_zone_and_nothing_else_does(self):
        self.assertEqual(self.tcp(query("example", "AXFR")).rcode, "REFUSED")
        self.assertEqual(self.tcp(signed(query("example", "AXFR"), "hmac-sha512")[0]).rcode, "REFUSED")
        self.assertEqual(self.tcp(signed(query("example", "AXFR"))[0]).rcode, "NOERROR")

    def test_8945_5_3_1_every_message_of_a_transfer_is_signed(self):
        extra = "".join(f"n{i} TXT \"{'x' * 200}\"\n" for i in range(500))
        self.publish("large", "$ORIGIN large.\n" + zone(1, extra=extra))
        octets, before = signed(query("large", "AXFR"))
        messages = 0
        with self.stream() as s:
            s.send(octets)
            for message in until_second_soa(s):
                unsigned, said = split(message.raw)
                tail = said["timers"] if messages else variables(KEY256, "hmac-sha256", said["when"])
                self.assertEqual(said["mac"], mac("hmac-sha256", struct.pack("!H", len(before)), before, unsigned, tail))
                before = said["mac"]
                messages += 1
        self.assertGreater(messages, 5)

    def test_8945_5_2_2_a_wrong_mac_is_badsig_unsigned(self):
        for octets in (signed(query("www.example"), spoil=True)[0],
                       signed(query("www.example"))[0][:20].replace(b"www", b"wwv") + signed(query("www.example"))[0][20:]):
            reply = self.tcp_raw(octets)
            _, said = split(reply)
            self.assertEqual((read(reply).rcode, read(reply).answer), ("NOTAUTH", []))
            self.assertEqual((said["error"], said["mac"]), (16, b""))

    def test_8945_5_2_3_a_wrong_time_is_badtime_signed_with_ours(self):
        when = int(time.time()) - 1000
        octets, ours = signed(query("www.example"), when=when)
        reply = self.tcp_raw(octets)
        unsigned, said = split(reply)
        self.assertEqual((read(reply).rcode, said["error"], said["when"]), ("NOTAUTH", 18, when))
        self.assertLess(abs(int.from_bytes(said["other"], "big") - time.time()), 60)
        self.assertEqual(said["mac"], mac("hmac-sha256", struct.pack("!H", len(ours)), ours, unsigned,
                                          variables(KEY256, "hmac-sha256", when, 18, said["other"])))

    def test_8945_5_2_2_1_mac_sizes(self):
        self.assertEqual(self.tcp(signed(query("www.example"), cut=8)[0]).rcode, "FORMERR")
        octets, _ = signed(query("www.example"), cut=16)
        _, said = split(self.tcp_raw(octets))
        self.assertEqual(said["error"], 22)

    def test_8945_5_2_1_a_key_with_another_algorithm_is_badkey(self):
        octets, _ = signed(query("www.example"), "hmac-sha512", key=KEY256)
        _, said = split(self.tcp_raw(octets))
        self.assertEqual((said["error"], said["mac"]), (17, b""))

    def test_dig_and_kdig_verify(self):
        for algorithm in ALGORITHMS:
            key = f"{algorithm}:{key_name(algorithm)}:{SECRET}"
            text = self.server.daemon.dig("www.example", "-y", key)
            self.assertIn("NOERROR", text)
            self.assertNotIn("couldn't verify", text)
            text = self.kdig("www.example", "-y", key)
            self.assertIn("192.0.2.1", text)
            self.assertNotIn("WARNING", text)
        key = f"hmac-sha256:{KEY256}:{SECRET}"
        self.assertEqual(self.dig("example", "AXFR", "-y", key).count("SOA"), 2)
        self.assertIn("192.0.2.53", self.kdig("example", "AXFR", "-y", key))
        self.assertIn("Transfer failed", self.dig("example", "AXFR", "-y", f"hmac-sha256:{KEY256}:{'A' * 44}"))


if __name__ == "__main__":
    unittest.main()
