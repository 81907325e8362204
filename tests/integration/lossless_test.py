"""No query is lost, and none is answered wrongly, while policies and zones are replaced under load."""
import socket
import struct
import threading
import time
import unittest

from harness import FIVE, ZONE, DaemonTest
from message import opt, query, read, subnet

RATE = 4000  # queries a second, far below what one worker answers: whatever is lost, the reload lost
SECONDS = 6.0
RELOADS = 6  # at least, and so longer where the machine is slow
IDS = 1 << 16
BURST_MAX = 64  # at once, so that a sender who was held up does not fill the server's socket
WAIT = 2.0  # for the last answers
STATIC = query("www.example.com", edns=opt())
STEERED = query("live.example.com", edns=opt(subnet("193.99.144.0/24")))


class Load:
    """A sender that keeps a rate and a receiver that takes down each answer, over one socket."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(WAIT)
        self.answers = {}  # ID -> what is behind it in the reply; each ID is used once
        self.sent = 0
        self.receiver = threading.Thread(target=self.receive)
        self.sender = threading.Thread(target=self.send)
        self.sending = True
        self.enough = False

    def send(self):
        begin = time.monotonic()
        try:
            # Until there were enough reloads, too, where the machine is slow; an ID is used once.
            while (now := time.monotonic() - begin) < SECONDS or (not self.enough and self.sent < IDS - BURST_MAX):
                for _ in range(min(BURST_MAX, int(now * RATE) - self.sent)):
                    question = STEERED if self.sent % 2 else STATIC
                    self.socket.send(struct.pack("!H", self.sent) + question[2:])
                    self.sent += 1
                time.sleep(0.001)
        finally:
            self.sending = False

    def receive(self):
        while self.sending or len(self.answers) < self.sent:
            try:
                reply = self.socket.recv(4096)
            except (TimeoutError, ConnectionError):
                return
            self.answers[int.from_bytes(reply[:2], "big")] = reply[2:]

    def said(self, odd):
        """{(RCODE, addresses)} of all answers to the steered questions (odd) or to the static ones."""
        replies = {reply for number, reply in self.answers.items() if number % 2 == odd}
        messages = [read(bytes(2) + reply) for reply in replies]
        return {(m.rcode, *(record.value() for record in m.answer)) for m in messages}

    def __enter__(self):
        self.receiver.start()
        self.sender.start()
        return self

    def __exit__(self, *exception):
        self.sender.join()
        self.receiver.join()
        self.socket.close()


class Lossless(DaemonTest):
    def test_reloads_under_load_lose_and_falsify_nothing(self):
        policy = self.daemon.policy_dir / "policy.yaml"
        zone = self.daemon.policy_dir / "example.com.zone"
        reloads = 0
        with Load(self.daemon.dns_port) as load:
            while load.sending:
                # By turns the zone, the policy, and who is steered apart: then the map of groups is made anew.
                number = reloads // 3 % 2
                groups = f"groups: {{lab: {{prefix: [198.51.100.{64 * (reloads % 4)}/26]}}}}\n"
                if reloads % 3 == 0:
                    zone.write_text(ZONE.replace("192.0.2.80", f"192.0.2.8{number}"))
                else:
                    text = FIVE.replace("127.0.20.1", f"127.0.20.10{number}")
                    policy.write_text(text + (groups if reloads % 3 == 2 else ""))
                code, reply = self.daemon.ask_admin("/v1/reload", {})
                self.assertEqual(code, 200, reply)
                reloads += 1
                load.enough = reloads >= RELOADS
        self.assertGreaterEqual(reloads, RELOADS)
        self.assertGreater(load.sent, RATE * SECONDS / 2)
        self.assertEqual(load.sent - len(load.answers), 0, f"lost of {load.sent} in {reloads} reloads")
        self.assertEqual(load.said(odd=False), {("NOERROR", "192.0.2.80"), ("NOERROR", "192.0.2.81")})
        self.assertEqual(load.said(odd=True) - {("NOERROR", "127.0.20.1")},
                         {("NOERROR", "127.0.20.100"), ("NOERROR", "127.0.20.101")})
        self.assertEqual(self.daemon.metric("spillway_bugs_total"), 0)


if __name__ == "__main__":
    unittest.main()
