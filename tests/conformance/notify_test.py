"""RFC 1996 and 8945: secondaries are told of new serials; python and, when it is there, NSD as the secondary."""
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest
from pathlib import Path

from conformance import TIMEOUT_S, Server, harness
from harness import wait_for
from message import AA, QR, read, tsig, wire
from transfers import KEY256, SECRET, Base, Files, mac, split, variables, with_tsig, zone


def acknowledgement(notify):
    """What a secondary answers, without a TSIG."""
    return notify[:2] + struct.pack("!H", QR | AA | 4 << 11) + notify[4:]


class Secondary:
    """A secondary's ear for NOTIFY. What it does not acknowledge it hears again after 1, 2, 4 s and so on."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def hear(self, wait=TIMEOUT_S):
        """A message's octets, or None when none comes in the time."""
        self.socket.settimeout(wait)
        try:
            octets, self.peer = self.socket.recvfrom(4096)
        except (TimeoutError, BlockingIOError):  # BlockingIOError: wait 0
            return None
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
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.plain.socket.close()
        cls.keyed.socket.close()

    def metric(self, event):
        return self.server.daemon.metric(f'spillway_dns_notify_total{{event="{event}"}}')

    def test_1996_3_7_a_new_serial_is_told_until_it_is_acknowledged(self):
        both = {wire("example"), wire("alone.test")}  # the zone of the file and the one of a name alone
        told = set()

        def acknowledged():
            octets = self.plain.hear(0.1)
            if octets:
                message = read(octets)
                self.assertEqual((message.opcode, message.has(AA), message.has(QR)), (4, True, False))
                told.add(message.questions[0][0])
                self.plain.answer(acknowledgement(octets))
            return self.metric("acknowledged") == 2
        wait_for("the acknowledgements", acknowledged)  # of what is told at the start
        self.assertEqual(told, both)
        while self.plain.hear(0):
            pass  # told again before the acknowledgement was read
        self.assertIsNone(self.plain.hear(1.5))
        self.publish("example", zone(2))
        heard = {}
        while set(heard) != both:  # alone.test has the time of the reload as its serial
            message = read(self.plain.hear())
            heard[message.questions[0][0]] = message
        self.assertEqual(int.from_bytes(heard[wire("example")].answer[0].data[-20:-16], "big"), 2)
        # Not acknowledged: told again.
        self.assertIn(read(self.plain.hear()).questions[0][0], both)
        self.assertGreaterEqual(self.metric("sent"), 5)
        self.assertEqual(self.metric("acknowledged"), 2)

    def test_with_a_key_the_notify_is_signed_and_only_a_signed_answer_counts(self):
        before = self.metric("acknowledged")
        unsigned, said = split(self.keyed.hear())
        self.assertEqual(said["mac"], mac("hmac-sha256", unsigned, variables(KEY256, "hmac-sha256", said["when"])))
        self.keyed.answer(acknowledgement(unsigned))

        def acknowledged():
            octets = self.keyed.hear(0.1)  # it comes again
            if octets:
                unsigned, asked = split(octets)
                answer, when = acknowledgement(unsigned), int(time.time())
                digest = mac("hmac-sha256", struct.pack("!H", 32), asked["mac"], answer,
                             variables(KEY256, "hmac-sha256", when))
                self.keyed.answer(with_tsig(answer, tsig(wire(KEY256), wire("hmac-sha256"), when, digest, asked["id"])))
            return self.metric("acknowledged") > before
        wait_for("the acknowledgement", acknowledged)


def free_port():
    """Free for UDP and for TCP. Somebody else may still take it before who it is for binds it."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


NSD_CONF = """
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
  name: {key}
  algorithm: hmac-sha256
  secret: "{secret}"
zone:
  name: example
  zonefile: "{folder}/example.copy"
  allow-notify: 127.0.0.1 {key}
  request-xfr: 127.0.0.1@{primary} {key}
"""


@unittest.skipUnless(shutil.which("nsd"), "nsd is not installed (ops/install test)")
class Nsd(unittest.TestCase):
    """A real secondary: transfers at the start, is told of a change, and asks for what changed."""
    filler = "".join(f"f{i} A 192.0.2.7\n" for i in range(100))

    def start(self):
        """spillwayd and an NSD with its first copy; False when NSD ends at once, as it does when its port is taken."""
        self.port = free_port()
        files = Files(f"  transfers: {{key: {KEY256}}}\n"
                      f"  notify: [{{to: \"127.0.0.1:{self.port}\", key: {KEY256}}}]\n")
        self.addCleanup(files.folder.cleanup)
        folder = Path(files.folder.name)
        self.log = folder / "nsd.log"
        self.server = Server({"example": zone(1, extra=self.filler)}, files.policy, (f"--tsig_key_file={files.keys}",))
        self.addCleanup(self.server.stop)
        (folder / "nsd.conf").write_text(NSD_CONF.format(
            port=self.port, folder=folder, key=KEY256, secret=SECRET, primary=self.server.daemon.dns_port))
        with open(self.log, "w") as log:
            self.nsd = subprocess.Popen(["nsd", "-d", "-c", str(folder / "nsd.conf")], stdout=log,
                                        stderr=subprocess.STDOUT)
        self.addCleanup(self.end)
        wait_for("the first copy", lambda: self.copied("www.example", "192.0.2.1") or self.nsd.poll() is not None)
        return self.nsd.poll() is None

    def end(self):
        self.nsd.send_signal(signal.SIGTERM)
        self.nsd.wait(20)

    def copied(self, name, data):
        text = harness.run("dig", "@127.0.0.1", "-p", str(self.port), "+tries=1", "+time=1", "+short", name)
        return data in text

    def follow(self):
        for _ in range(3):
            if self.start():
                break
            said = self.log.read_text()
            self.doCleanups()
        else:
            self.fail(f"nsd ended at once: {said}")
        self.assertTrue(self.copied("live.example", "192.0.2.20"))
        (Path(self.server.folder.name) / "example.zone").write_text(zone(2, 2, self.filler))
        self.assertEqual(self.server.daemon.ask_admin("/v1/reload", {})[0], 200)
        wait_for("the change", lambda: self.copied("www.example", "192.0.2.2"))
        metric = self.server.daemon.metric
        self.assertEqual(metric("spillway_dns_transfers_whole_total"), 1)
        self.assertGreaterEqual(metric('spillway_dns_outcomes_total{outcome="transfer"}'), 2)
        wait_for("its acknowledgement", lambda: metric('spillway_dns_notify_total{event="acknowledged"}'))

    def test_it_follows_us(self):
        try:
            self.follow()
        except AssertionError as error:
            if not self.log.exists():  # said already
                raise
            raise AssertionError(
                f"{error}\nnsd:\n{self.log.read_text()}\nspillwayd:\n{self.server.daemon.log()}") from error


if __name__ == "__main__":
    unittest.main()
