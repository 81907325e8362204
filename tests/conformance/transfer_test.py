"""RFC 5936, 1995, 1996 and 8945: zones for secondaries, with dig, kdig, python and, when it is there, NSD as clients."""
import base64
import hashlib
import hmac
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from conformance import TIMEOUT_S, Server, Test, harness
from message import AA, QR, TYPES, opt, query, read, wire

SECRET = base64.b64encode(b"a secret of 32 octets for tests!").decode()
KEY = "xfr.example.net"
ALGORITHMS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256, "hmac-sha384": hashlib.sha384,
              "hmac-sha512": hashlib.sha512}
KEY_FILE = "# keys of the tests\n" + "".join(
    f"{name.removeprefix('hmac-')}.{KEY}. {name} {SECRET}\n" for name in ALGORITHMS)
KEY256 = f"sha256.{KEY}"

POLICY = """
targets:
  near: {addresses: [192.0.2.10, "2001:db8::10"]}
  far: {addresses: [192.0.2.20]}
  cdn-a: {cname: "a.cdn.test"}
  cdn-b: {cname: "b.cdn.test"}
services:
  live:
    names: [live.example, own.example, alone.test]
    candidates: {targets: [near, far]}
    prefer: [{targets: [near], penalty: 20ms}]
  outsourced:
    names: [outsourced.example]
    candidates: {targets: [cdn-a, cdn-b]}
    weights: {cdn-b: 3}
dns:
  nameservers: [ns1.example]
"""

ZONE = """$TTL 3600
@ SOA ns1 hostmaster {serial} 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.{last}
own A 192.0.2.99
{extra}
"""


def zone(serial, last=1, extra=""):
    return ZONE.format(serial=serial, last=last, extra=extra)


class Files:
    """A key file, and a policy with `dns` added to its dns section."""

    def __init__(self, dns):
        self.folder = tempfile.TemporaryDirectory()
        self.keys = Path(self.folder.name) / "keys"
        self.keys.write_text(KEY_FILE)
        self.policy = POLICY + dns


class Base(Test):
    dns = ""
    zones = {"example": zone(1)}

    @classmethod
    def setUpClass(cls):
        cls.files = Files(cls.dns)
        cls.policy, cls.flags = cls.files.policy, (f"--tsig_key_file={cls.files.keys}",)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.files.folder.cleanup()

    @classmethod
    def publish(cls, name, text):
        """Writes a zone and waits until it serves."""
        (Path(cls.server.folder.name) / f"{name}.zone").write_text(text)
        status, answer = cls.server.daemon.ask_admin("/v1/reload", {})
        assert status == 200, answer
        return answer

    @property
    def port(self):
        return self.server.where[4][1][1]

    def dig(self, *args):
        return harness.run("dig", "@127.0.0.1", "-p", str(self.port), "+tries=1", "+time=5", "+noall", "+answer", *args)

    def transfer(self, octets, version=4):
        """Every message of the reply; a TSIG ends a reply's last message in the tests' own count of SOAs."""
        messages, soas = [], 0
        with self.stream(version) as s:
            s.send(octets)
            while soas < 2:
                message = self.checked(octets, s.receive())
                messages.append(message)
                soas += sum(r.type == TYPES["SOA"] for r in message.answer)
                if message.rcode != "NOERROR":
                    break
            s.send(query("www.example", id=77))
            self.assertEqual(read(s.receive()).id, 77, "the connection is usable afterwards")
        return messages


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
        text = harness.run("kdig", "@127.0.0.1", "-p", str(self.port), "example", "AXFR")
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
            count, soas, messages = 0, 0, 0
            while soas < 2:
                message = read(s.receive())
                messages += 1
                count += len(message.answer)
                soas += sum(r.type == TYPES["SOA"] for r in message.answer)
            self.assertEqual(count, 20000 + 4 + 2)
            self.assertGreater(messages, 100)
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


def mac(algorithm, *parts):
    return hmac.new(base64.b64decode(SECRET), b"".join(parts), ALGORITHMS[algorithm]).digest()


def variables(key, algorithm, when, error=0, other=b"", fudge=300):
    return (wire(key) + struct.pack("!HI", 255, 0) + wire(algorithm) + when.to_bytes(6, "big") +
            struct.pack("!HHH", fudge, error, len(other)) + other)


def tsig_record(key, algorithm, when, digest, id_, error=0, other=b""):
    data = (wire(algorithm) + when.to_bytes(6, "big") + struct.pack("!HH", 300, len(digest)) + digest +
            struct.pack("!HHH", id_, error, len(other)) + other)
    return wire(key) + struct.pack("!HHIH", 250, 255, 0, len(data)) + data


def signed(octets, algorithm="hmac-sha256", key=None, when=None, cut=None, spoil=False):
    """(octets with a TSIG, its MAC)"""
    key = key or f"{algorithm.removeprefix('hmac-')}.{KEY}"
    when = int(time.time()) if when is None else when
    digest = mac(algorithm, octets, variables(key, algorithm, when))[:cut]
    if spoil:
        digest = bytes([digest[0] ^ 1]) + digest[1:]
    id_, count = struct.unpack("!H", octets[:2])[0], struct.unpack("!H", octets[10:12])[0]
    whole = octets[:10] + struct.pack("!H", count + 1) + octets[12:] + tsig_record(key, algorithm, when, digest, id_)
    return whole, digest


def split(raw):
    """(message as it was signed, fields of its TSIG) of a reply that ends with one."""
    message = read(raw)
    record = message.additional[-1]
    assert record.type == 250, "no TSIG"
    size = len(record.owner) + 10 + len(record.data)
    at, data = 0, record.data
    while data[at]:
        at += 1 + data[at]
    fields = data[at + 1:]
    mac_size = struct.unpack("!H", fields[8:10])[0]
    rest = fields[10 + mac_size:]
    id_, error, other = struct.unpack("!HHH", rest[:6])
    count = struct.unpack("!H", raw[10:12])[0]
    unsigned = raw[:10] + struct.pack("!H", count - 1) + raw[12:len(raw) - size]
    return unsigned, {"timers": fields[:8], "when": int.from_bytes(fields[:6], "big"), "mac": fields[10:10 + mac_size],
                      "error": error, "other": rest[6:6 + other], "key": record.name, "id": id_}


class Signed(Base):
    """Transfers by key, and signed questions."""
    dns = f"  transfers: {{key: {KEY256}}}\n"

    def reply_of(self, octets, transport="tcp"):
        return self.tcp_raw(octets) if transport == "tcp" else self.udp_raw(octets)

    def test_8945_5_3_replies_to_signed_questions_are_signed(self):
        for algorithm in ALGORITHMS:
            for transport in ("udp", "tcp"):
                octets, ours = signed(query("www.example", edns=opt()), algorithm)
                unsigned, tsig = split(self.reply_of(octets, transport))
                key = f"{algorithm.removeprefix('hmac-')}.{KEY}"
                self.assertEqual(tsig["mac"], mac(algorithm, struct.pack("!H", len(ours)), ours, unsigned,
                                                  variables(key, algorithm, tsig["when"])))
                self.assertEqual(read(unsigned).lines(), ["www.example. 3600 A 192.0.2.1"])

    def test_the_key_opens_the_zone_and_nothing_else_does(self):
        self.assertEqual(self.tcp(query("example", "AXFR")).rcode, "REFUSED")
        self.assertEqual(self.tcp(signed(query("example", "AXFR"), "hmac-sha512")[0]).rcode, "REFUSED")
        self.assertEqual(self.tcp(signed(query("example", "AXFR"))[0]).rcode, "NOERROR")

    def test_8945_5_3_1_every_message_of_a_transfer_is_signed(self):
        extra = "".join(f"n{i} TXT \"{'x' * 200}\"\n" for i in range(500))
        self.publish("large", "$ORIGIN large.\n" + zone(1, extra=extra))
        octets, before = signed(query("large", "AXFR"))
        soas, first, messages = 0, True, 0
        with self.stream() as s:
            s.send(octets)
            while soas < 2:
                unsigned, tsig = split(s.receive())
                tail = variables(KEY256, "hmac-sha256", tsig["when"]) if first else tsig["timers"]
                self.assertEqual(tsig["mac"], mac("hmac-sha256", struct.pack("!H", len(before)), before, unsigned, tail))
                before, first = tsig["mac"], False
                soas += sum(r.type == TYPES["SOA"] for r in read(unsigned).answer)
                messages += 1
        self.assertGreater(messages, 5)

    def test_8945_5_2_2_a_wrong_mac_is_badsig_unsigned(self):
        for octets in (signed(query("www.example"), spoil=True)[0],
                       signed(query("www.example"))[0][:20].replace(b"www", b"wwv") + signed(query("www.example"))[0][20:]):
            reply = self.tcp_raw(octets)
            _, tsig = split(reply)
            self.assertEqual((read(reply).rcode, read(reply).answer), ("NOTAUTH", []))
            self.assertEqual((tsig["error"], tsig["mac"]), (16, b""))

    def test_8945_5_2_3_a_wrong_time_is_badtime_signed_with_ours(self):
        when = int(time.time()) - 1000
        octets, ours = signed(query("www.example"), when=when)
        reply = self.tcp_raw(octets)
        unsigned, tsig = split(reply)
        self.assertEqual((read(reply).rcode, tsig["error"], tsig["when"]), ("NOTAUTH", 18, when))
        self.assertLess(abs(int.from_bytes(tsig["other"], "big") - time.time()), 60)
        self.assertEqual(tsig["mac"], mac("hmac-sha256", struct.pack("!H", len(ours)), ours, unsigned,
                                          variables(KEY256, "hmac-sha256", when, 18, tsig["other"])))

    def test_8945_5_2_2_1_mac_sizes(self):
        self.assertEqual(self.tcp(signed(query("www.example"), cut=8)[0]).rcode, "FORMERR")
        octets, _ = signed(query("www.example"), cut=16)
        _, tsig = split(self.tcp_raw(octets))
        self.assertEqual(tsig["error"], 22)

    def test_8945_5_2_1_a_key_with_another_algorithm_is_badkey(self):
        octets, _ = signed(query("www.example"), "hmac-sha512", key=KEY256)
        _, tsig = split(self.tcp_raw(octets))
        self.assertEqual((tsig["error"], tsig["mac"]), (17, b""))

    def test_dig_and_kdig_verify(self):
        for algorithm in ALGORITHMS:
            key = f"{algorithm}:{algorithm.removeprefix('hmac-')}.{KEY}:{SECRET}"
            text = harness.run("dig", "@127.0.0.1", "-p", str(self.port), "www.example", "-y", key)
            self.assertIn("NOERROR", text)
            self.assertNotIn("couldn't verify", text)
            text = harness.run("kdig", "@127.0.0.1", "-p", str(self.port), "www.example", "-y", key)
            self.assertIn("192.0.2.1", text)
            self.assertNotIn("WARNING", text)
        key = f"hmac-sha256:{KEY256}:{SECRET}"
        self.assertEqual(self.dig("example", "AXFR", "-y", key).count("SOA"), 2)
        self.assertIn("192.0.2.53", harness.run("kdig", "@127.0.0.1", "-p", str(self.port), "example", "AXFR", "-y", key))
        self.assertIn("Transfer failed", self.dig("example", "AXFR", "-y", f"hmac-sha256:{KEY256}:{'A' * 44}"))


class Secondary:
    """A secondary's ear for NOTIFY."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(TIMEOUT_S)
        self.port = self.socket.getsockname()[1]

    def hear(self):
        octets, self.peer = self.socket.recvfrom(4096)
        return octets

    def answer(self, octets):
        self.socket.sendto(octets, self.peer)


class Notify(Base):
    @classmethod
    def setUpClass(cls):
        cls.plain, cls.keyed = Secondary(), Secondary()
        cls.dns = (f"  transfers: {{allow: [127.0.0.0/8]}}\n  notify:\n"
                   f"    - {{to: \"127.0.0.1:{cls.plain.port}\"}}\n"
                   f"    - {{to: \"127.0.0.1:{cls.keyed.port}\", key: {KEY256}}}\n")
        cls.policy_without_alone = None
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.plain.socket.close()
        cls.keyed.socket.close()

    def metric(self, event):
        return self.server.daemon.metric(f'spillway_dns_notify_total{{event="{event}"}}')

    def test_1996_3_7_a_new_serial_is_told_until_it_is_acknowledged(self):
        told = {}
        for _ in range(2):  # at the start: both zones, the one of the file and the one of a name alone
            octets = self.plain.hear()
            message = read(octets)
            self.assertEqual((message.opcode, message.has(AA), message.has(QR)), (4, True, False))
            told[message.questions[0][0]] = octets
            self.plain.answer(octets[:2] + struct.pack("!H", QR | AA | 4 << 11) + octets[4:])
        self.assertEqual(set(told), {wire("example"), wire("alone.test")})
        again = self.plain.socket
        again.settimeout(1.5)
        with self.assertRaises(TimeoutError):
            self.plain.hear()
        again.settimeout(TIMEOUT_S)
        self.publish("example", zone(2))
        heard = [read(self.plain.hear()) for _ in range(2)]  # alone.test has the time of the reload as its serial
        soa = next(m.answer[0] for m in heard if m.questions[0][0] == wire("example"))
        self.assertEqual(int.from_bytes(soa.data[-20:-16], "big"), 2)
        # Not acknowledged: told again.
        self.assertIn(read(self.plain.hear()).questions[0][0], (wire("example"), wire("alone.test")))
        self.assertGreaterEqual(self.metric("sent"), 5)
        self.assertGreaterEqual(self.metric("acknowledged"), 2)

    def test_with_a_key_the_notify_is_signed_and_only_a_signed_answer_counts(self):
        before = self.metric("acknowledged")
        unsigned, tsig = split(self.keyed.hear())
        self.assertEqual(tsig["mac"], mac("hmac-sha256", unsigned, variables(KEY256, "hmac-sha256", tsig["when"])))
        self.keyed.answer(unsigned[:2] + struct.pack("!H", QR | AA | 4 << 11) + unsigned[4:])

        def acknowledged():
            unsigned, tsig = split(self.keyed.hear())  # it comes again
            answer = unsigned[:2] + struct.pack("!H", QR | AA | 4 << 11) + unsigned[4:]
            when = int(time.time())
            digest = mac("hmac-sha256", struct.pack("!H", 32), tsig["mac"], answer,
                         variables(KEY256, "hmac-sha256", when))
            record = tsig_record(KEY256, "hmac-sha256", when, digest, tsig["id"])
            self.keyed.answer(answer[:10] + struct.pack("!H", 1) + answer[12:] + record)
            return self.metric("acknowledged") > before
        harness.wait_for("the acknowledgement", acknowledged)

    def test_1996_a_notify_that_comes_is_answered(self):
        self.assertEqual(self.send(query("example", "SOA", opcode=4)).rcode, "NOTIMP")


@unittest.skipUnless(shutil.which("nsd"), "nsd is not installed (ops/install test)")
class Nsd(unittest.TestCase):
    """A real secondary: transfers at the start, is told of a change, and asks for what changed."""

    def test_it_follows_us(self):
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("127.0.0.1", 0))
        port = ear.getsockname()[1]
        ear.close()
        files = Files(f"  transfers: {{key: {KEY256}}}\n  notify: [{{to: \"127.0.0.1:{port}\", key: {KEY256}}}]\n")
        filler = "".join(f"f{i} A 192.0.2.7\n" for i in range(100))
        server = Server({"example": zone(1, extra=filler)}, files.policy, (f"--tsig_key_file={files.keys}",))
        primary = server.where[4][1][1]
        folder = Path(files.folder.name)
        (folder / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
key:
  name: {KEY256}
  algorithm: hmac-sha256
  secret: "{SECRET}"
zone:
  name: example
  zonefile: "{folder}/example.copy"
  allow-notify: 127.0.0.1 {KEY256}
  request-xfr: 127.0.0.1@{primary} {KEY256}
""")
        log = open(folder / "nsd.log", "w+")
        nsd = subprocess.Popen(["nsd", "-d", "-c", str(folder / "nsd.conf")], stdout=log, stderr=subprocess.STDOUT)
        try:
            def copied(name, data):
                text = harness.run("dig", "@127.0.0.1", "-p", str(port), "+tries=1", "+time=1", "+short", name)
                return data in text
            harness.wait_for("the first copy", lambda: copied("www.example", "192.0.2.1"))
            self.assertTrue(copied("live.example", "192.0.2.20"))
            (Path(server.folder.name) / "example.zone").write_text(zone(2, 2, filler))
            self.assertEqual(server.daemon.ask_admin("/v1/reload", {})[0], 200)
            harness.wait_for("the change", lambda: copied("www.example", "192.0.2.2"))
            metric = server.daemon.metric
            self.assertEqual(metric("spillway_dns_transfers_whole_total"), 1)
            self.assertGreaterEqual(metric('spillway_dns_outcomes_total{outcome="transfer"}'), 2)
            harness.wait_for("its acknowledgement", lambda: metric('spillway_dns_notify_total{event="acknowledged"}'))
        except AssertionError as error:
            log.seek(0)
            raise AssertionError(f"{error}\nnsd:\n{log.read()}\nspillwayd:\n{server.daemon.log()}") from error
        finally:
            nsd.send_signal(signal.SIGTERM)
            nsd.wait(20)
            log.close()
            server.stop()
            files.folder.cleanup()


if __name__ == "__main__":
    unittest.main()
