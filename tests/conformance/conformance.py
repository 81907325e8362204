"""One spillwayd for a file of tests, asked the same thing in four ways: UDP and TCP, IPv4 and IPv6.

Test.ask sends the octets all four ways. The replies must be the same octets; where UDP says TC, its answer must be a
beginning of TCP's. Statements about one transport ask that one (Test.udp, Test.tcp).
"""
import socket
import struct
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402
from harness import port_of  # noqa: E402
from message import QR, RD, TC, opt, query, read  # noqa: E402

TIMEOUT_S = 5.0    # no healthy run comes near it
SILENCE_S = 0.25   # how long a reply that must not come is waited for, with a question behind it that must be answered

POLICY = """
groups:
  lab: {prefix: [198.51.100.0/24]}
  corner: {prefix: [198.51.100.64/26]}
  lab6: {prefix: ["2001:db8:5::/48"]}
targets:
  near: {addresses: [192.0.2.10, "2001:db8::10"]}
  far: {addresses: [192.0.2.20]}
  third: {addresses: [192.0.2.30, "2001:db8::30"]}
  cdn: {cname: "edge.cdn.test"}
services:
  live:
    names: [live.example]
    candidates: {targets: [near, far, third]}
    prefer: [{targets: [far], penalty: 20ms}, {targets: [third], penalty: 50ms}]
    fences:
      - {group: lab, only: {targets: [far, third]}}
      - {group: corner, only: {targets: [third]}}
      - {group: lab6, only: {targets: [far]}}
  outsourced:
    names: [outsourced.example]
    candidates: {targets: [cdn]}
"""

TOP = """$TTL 3600
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
"""


class Server:
    """spillwayd with `zones` {name: text without SOA and NS, or with them when it begins with '$'}."""

    def __init__(self, zones, policy, flags=()):
        self.folder = tempfile.TemporaryDirectory()
        for name, text in zones.items():
            head = "" if text.startswith("$") else TOP
            (Path(self.folder.name) / f"{name}.zone").write_text(head + text)
        self.daemon = harness.Daemon(
            policy, geo=False, flags=("--dns=127.0.0.1:0,[::1]:0", f"--zones={self.folder.name}", *flags))
        ports = [port_of(where) for where in self.daemon.where["dns"]]
        self.where = {4: (socket.AF_INET, ("127.0.0.1", ports[0])), 6: (socket.AF_INET6, ("::1", ports[1]))}

    def stop(self):
        code = self.daemon.stop()
        self.folder.cleanup()
        return code


class Stream:
    """A TCP connection with RFC 1035 4.2.2 framing."""

    def __init__(self, where):
        family, address = where
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *messages):
        self.socket.sendall(b"".join(struct.pack("!H", len(m)) + m for m in messages))

    def exactly(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def receive(self):
        return self.exactly(struct.unpack("!H", self.exactly(2))[0])

    def ended(self):
        """True when the server closes without another octet."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Test(unittest.TestCase):
    zones = {}
    policy = POLICY
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.zones, cls.policy, cls.flags)

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, f"spillwayd ended with {code}"

    # One way.
    def udp_raw(self, octets, version=4, wait=TIMEOUT_S):
        """The reply's octets, or None when none came."""
        family, address = self.server.where[version]
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(wait)
            s.connect(address)
            s.send(octets)
            try:
                return s.recv(65535)
            except TimeoutError:
                return None

    def stream(self, version=4):
        return Stream(self.server.where[version])

    def tcp_raw(self, octets, version=4):
        with self.stream(version) as s:
            s.send(octets)
            return s.receive()

    def udp(self, octets, version=4):
        raw = self.udp_raw(octets, version)
        self.assertIsNotNone(raw, "no reply")
        return self.checked(octets, raw)

    def tcp(self, octets, version=4):
        return self.checked(octets, self.tcp_raw(octets, version))

    def checked(self, asked, raw):
        """What holds of every reply."""
        message = read(raw)
        self.assertEqual(message.id, struct.unpack("!H", asked[:2])[0])
        self.assertTrue(message.has(QR))
        self.assertEqual(message.flags & (0x7800 | RD), struct.unpack("!H", asked[2:4])[0] & (0x7800 | RD))
        self.assertEqual(message.flags & 0x00F0, 0, "RA, Z, AD and CD are clear")
        for name, type_, class_ in message.questions:
            echo = name + struct.pack("!HH", type_, class_)
            self.assertEqual(asked[12:12 + len(echo)], echo, "the question is echoed octet for octet")
        return message

    # Four ways.
    def send(self, octets):
        udp = [self.udp(octets, version) for version in (4, 6)]
        tcp = [self.tcp(octets, version) for version in (4, 6)]
        self.assertEqual(udp[0].raw, udp[1].raw)
        self.assertEqual(tcp[0].raw, tcp[1].raw)
        if udp[0].has(TC):
            for section in ("answer", "authority"):
                part, whole = udp[0].lines(section), tcp[0].lines(section)
                self.assertEqual(part, whole[:len(part)])
        else:
            for section in ("answer", "authority"):
                self.assertEqual(udp[0].lines(section), tcp[0].lines(section))
        self.assertFalse(tcp[0].has(TC), "nothing is cut over TCP")
        return tcp[0]

    def ask(self, name, type_="A", **more):
        return self.send(query(name, type_, **more))

    def ask_edns(self, name, type_="A", options=b"", **more):
        return self.send(query(name, type_, edns=opt(options, **more)))

    def answer(self, name, type_="A", **more):
        message = self.ask(name, type_, **more)
        self.assertEqual(message.rcode, "NOERROR")
        return message.lines()

    # Negative answers (RFC 2308 3).
    def assert_negative(self, message, rcode, soa_owner, ttl=300, answer=()):
        self.assertEqual(message.rcode, rcode)
        self.assertEqual(message.lines(), list(answer))
        self.assertEqual([(r.name, r.type, r.ttl) for r in message.authority], [(soa_owner, 6, ttl)])
        self.assertEqual(message.additional, [])

    def assert_nodata(self, message, soa_owner="example.", **more):
        self.assert_negative(message, "NOERROR", soa_owner, **more)

    def assert_nxdomain(self, message, soa_owner="example.", **more):
        self.assert_negative(message, "NXDOMAIN", soa_owner, **more)

    def still_answers(self):
        self.assertEqual(self.udp(query("ns1.example")).lines(), ["ns1.example. 3600 A 192.0.2.53"])
