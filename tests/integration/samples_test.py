"""What operators see of single answers and of many: dnstap, the decision log, counters by group."""
import json
import re
import shutil
import socket
import struct
import threading
import unittest
from pathlib import Path

import harness
from harness import wait_for

GROUPS = harness.FIVE + """
  cold: {names: [cold.example.com], candidates: {targets: [fra1]}}
groups:
  lab: {prefix: [198.51.100.0/24]}
  field: {prefix: [203.0.113.0/24]}
"""
FENCED = GROUPS.replace("    candidates: {tags: [edge]}\n", "    candidates: {tags: [edge]}\n"
                        "    fences: [{group: lab, only: {targets: [syd1]}}, {group: field, only: {targets: [gru1]}}]\n", 1)


def varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        value |= (octet & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if octet < 0x80:
            return value, at


def fields(data):
    """{field: value} of a protobuf message."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            found[key >> 3], at = varint(data, at)
        elif key & 7 == 5:
            found[key >> 3], at = struct.unpack("<I", data[at:at + 4])[0], at + 4
        else:
            size, at = varint(data, at)
            found[key >> 3], at = data[at:at + size], at + size
    return found


class Reader(threading.Thread):
    """The other end of a bidirectional frame stream."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)
        self.frames, self.controls = [], []
        self.start()

    def run(self):
        connection, _ = self.server.accept()
        with self.server, connection, connection.makefile("rb") as stream:
            self.read(connection, stream)

    def read(self, connection, stream):
        while True:
            head = stream.read(4)
            if len(head) < 4:
                return
            size = struct.unpack("!I", head)[0]
            if size:
                self.frames.append(stream.read(size))
                continue
            content = stream.read(struct.unpack("!I", stream.read(4))[0])
            kind = struct.unpack("!I", content[:4])[0]
            self.controls.append(kind)
            if kind == 4:  # READY: ACCEPT
                reply = struct.pack("!I", 1) + content[4:]
            elif kind == 3:  # STOP: FINISH
                reply = struct.pack("!I", 5)
            else:
                continue
            connection.sendall(struct.pack("!II", 0, len(reply)) + reply)


class Dnstap(unittest.TestCase):
    def test_every_exchange_goes_to_the_reader_at_the_socket(self):
        with harness.tempfile.TemporaryDirectory() as folder:
            reader = Reader(f"{folder}/tap.sock")
            daemon = harness.Daemon(harness.FIVE, geo=False, flags=(f"--dnstap_socket={folder}/tap.sock", "--nsid=node7"))
            try:
                wait_for("START", lambda: 2 in reader.controls)
                daemon.dig("www.example.com")
                daemon.dig("www.example.com", "AAAA", "+tcp")
                wait_for("four messages", lambda: len(reader.frames) >= 4)
            finally:
                self.assertEqual(daemon.stop(), 0)
            reader.join(10)
            self.assertEqual(reader.controls, [4, 2, 3], "the stream ends well")
            seen = []
            for frame in reader.frames:
                outer = fields(frame)
                self.assertEqual((outer[1], outer[15]), (b"node7", 1))
                inner = fields(outer[14])
                self.assertEqual((inner[2], inner[4], inner[5]), (1, b"\x7f\0\0\1", b"\x7f\0\0\1"))
                self.assertEqual(inner[7], daemon.dns_port)
                self.assertGreater(inner[6], 0)
                message = inner[10 if inner[1] == 1 else 14]
                self.assertIn(b"\3www\7example\3com\0", message)
                self.assertEqual(message[2] >> 7, inner[1] - 1)  # QR
                seen.append((inner[1], inner[3]))
            self.assertEqual(seen, [(1, 1), (2, 1), (1, 2), (2, 2)])

    def test_a_file_is_read_by_kdig_and_a_sample_is_a_sample(self):
        with harness.tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/tap"
            daemon = harness.Daemon(harness.FIVE, geo=False, flags=(f"--dnstap_file={path}", "--dnstap_sample=10"))
            try:
                for _ in range(20):
                    daemon.dig("www.example.com")
                wait_for("the sample", lambda: daemon.metric('spillway_dnstap_messages_total{outcome="written"}') == 2)
            finally:
                self.assertEqual(daemon.stop(), 0)
            text = harness.run("kdig", "-G", path)
            self.assertEqual(text.count("www.example.com."), 4, text)  # two replies; kdig shows no questions apart
            if shutil.which("dnstap-ldns"):
                self.assertIn("www.example.com", harness.run("dnstap-ldns", "-r", path))

    def test_without_a_reader_it_is_lost_and_counted_and_queries_do_not_notice(self):
        daemon = harness.Daemon(harness.FIVE, geo=False, flags=("--dnstap_socket=/nonexistent/sock",))
        try:
            for _ in range(5):
                self.assertEqual(daemon.answers("www.example.com"), ["192.0.2.80"])
            wait_for("the loss", lambda: daemon.metric('spillway_dnstap_messages_total{outcome="lost"}') == 5)
        finally:
            self.assertEqual(daemon.stop(), 0)


class Decisions(unittest.TestCase):
    def test_lines_say_who_was_sent_where_and_why(self):
        with harness.tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/decisions"
            daemon = harness.Daemon(FENCED, geo=False, flags=(f"--decision_log={path}", "--decision_log_sample=1"))
            try:
                daemon.answers(client="198.51.100.0/24")
                daemon.answers()
                daemon.location("203.0.113.9")
                harness.run("curl", "-s", "-H", "X-Forwarded-For: 203.0.113.9", daemon.http + "/steer/live")
                wait_for("four lines", lambda: Path(path).read_text().count("\n") >= 4)
                # The reason is told while the plan that had it is in force: a line written after the next has none.
                wait_for("a line that says why", lambda: daemon.location("203.0.113.9") and '"why"' in Path(path).read_text())
            finally:
                self.assertEqual(daemon.stop(), 0)
            ecs, plain, redirect, manifest = [json.loads(line) for line in Path(path).read_text().splitlines()[:4]]
            self.assertEqual((ecs["front"], ecs["client"], ecs["peer"], ecs["group"], ecs["target"], ecs["service"]),
                             ("dns", "198.51.100.0/24", "127.0.0.1", "??+lab", "syd1", "live"))
            self.assertEqual((plain["client"], plain["group"]), ("127.0.0.1/32", "??"))
            self.assertEqual((redirect["front"], redirect["client"], redirect["peer"], redirect["target"]),
                             ("redirect", "203.0.113.9/32", "127.0.0.1", "gru1"))
            self.assertEqual((manifest["front"], manifest["target"]), ("steering", "gru1"))
            for line in (ecs, plain, redirect, manifest):
                self.assertRegex(line["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_lines_that_cannot_be_written_are_dropped(self):
        daemon = harness.Daemon(harness.FIVE, geo=False, flags=("--decision_log=/dev/full", "--decision_log_sample=1"))
        try:
            daemon.answers()
            wait_for("the dropped line", lambda: daemon.metric('spillway_decision_log_lines_total{outcome="dropped"}') == 1)
            self.assertEqual(daemon.metric('spillway_decision_log_lines_total{outcome="written"}'), 0)
        finally:
            self.assertEqual(daemon.stop(), 0)

    def test_standard_error_and_samples(self):
        daemon = harness.Daemon(harness.FIVE, geo=False, flags=("--decision_log=-", "--decision_log_sample=5"))
        try:
            for _ in range(20):
                daemon.answers()
            wait_for("four of twenty", lambda: daemon.log().count('"front":"dns"') == 4)
        finally:
            self.assertEqual(daemon.stop(), 0)


class Counters(harness.DaemonTest):
    policy = FENCED

    @classmethod
    def setUpClass(cls):
        cls.daemon = harness.Daemon(cls.policy, geo=False)

    def family(self, name):
        text = self.daemon.ask_admin("/metrics")[1]
        return {label: float(value) for label, value in re.findall(rf'^{name}{{\w+="(.*)"}} (\S+)$', text, re.M)}

    def test_answers_by_group_service_and_target_add_up(self):
        for _ in range(3):
            self.daemon.answers(client="198.51.100.0/24")
        self.daemon.answers(client="203.0.113.0/24")
        self.daemon.location("203.0.113.9")
        self.daemon.answers("cold.example.com")
        groups = self.family("spillway_answers_by_group_total")
        self.assertEqual((groups["??+lab"], groups["??+field"], groups["??"], groups["other"]), (3, 2, 1, 0))
        self.assertEqual(self.family("spillway_answers_by_service_total"), {"live": 5, "cold": 1, "other": 0})
        targets = self.family("spillway_answers_by_target_total")
        self.assertEqual((targets["syd1"], targets["gru1"]), (3, 2))
        self.assertEqual(sum(targets.values()), 6)


if __name__ == "__main__":
    unittest.main()
