"""No query is lost, and none is answered wrongly, while policies and zones are replaced under load."""
import socket
import struct
import threading
import time
import unittest

from harness import FIVE, ZONE, DaemonTest

RATE = 4000  # queries a second, far below what one worker answers: whatever is lost, the reload lost
SECONDS = 6.0
WAIT = 2.0  # for the last answers


def question(number, name, ecs=None):
    wire = b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"
    option = b"" if ecs is None else struct.pack(">HHHBB", 8, 7, 1, 24, 0) + bytes(ecs)
    return (struct.pack(">HHHHHH", number, 0, 1, 0, 0, 1) + wire + struct.pack(">HH", 1, 1) +
            b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(option)) + option)


def address_of(reply):
    """The first A record's address, by its fixed place: question, then an owner that is a pointer."""
    at = 12
    while reply[at]:
        at += 1 + reply[at]
    answers = struct.unpack_from(">H", reply, 6)[0]
    return socket.inet_ntoa(reply[at + 5 + 12:at + 5 + 16]) if answers else None


class Load:
    """A sender that keeps a rate and a receiver that takes down each answer, over one socket."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(WAIT)
        self.answers = {}  # ID -> (rcode, address); each ID is used once
        self.sent = 0
        self.receiver = threading.Thread(target=self.receive)
        self.sender = threading.Thread(target=self.send)
        self.sending = True

    def send(self):
        begin = time.monotonic()
        while (now := time.monotonic() - begin) < SECONDS:
            while self.sent < now * RATE:
                ecs = (193, 99, 144) if self.sent % 2 else None
                self.socket.send(question(self.sent, "live.example.com" if ecs else "www.example.com", ecs))
                self.sent += 1
            time.sleep(0.001)
        self.sending = False

    def receive(self):
        while self.sending or len(self.answers) < self.sent:
            try:
                reply = self.socket.recv(4096)
            except (TimeoutError, ConnectionError):
                return
            self.answers[reply[0] << 8 | reply[1]] = (reply[3] & 15, address_of(reply))

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
        self.assertGreaterEqual(reloads, 6, "reloads in the time")
        self.assertGreater(load.sent, RATE * SECONDS / 2)
        self.assertEqual(load.sent - len(load.answers), 0, f"lost of {load.sent} in {reloads} reloads")
        static = {answer for number, answer in load.answers.items() if number % 2 == 0}
        steered = {answer for number, answer in load.answers.items() if number % 2 == 1}
        self.assertEqual(static, {(0, "192.0.2.80"), (0, "192.0.2.81")})
        self.assertEqual(steered - {(0, "127.0.20.1")}, {(0, "127.0.20.100"), (0, "127.0.20.101")})
        self.assertEqual(self.daemon.metric("spillway_bugs_total"), 0)


if __name__ == "__main__":
    unittest.main()
