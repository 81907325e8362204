"""200,000 malformed messages: memory stays flat, every reply is sound, and right answers come as before."""
import random
import socket
import unittest
from pathlib import Path

from conformance import Test
from message import COOKIE, NSID, Malformed, opt, option, query, read, subnet

COUNT = 200_000
SEED = 7


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def sanitized(pid):
    return "libasan" in Path(f"/proc/{pid}/maps").read_text()


def originals():
    extras = [b"", option(NSID), subnet("198.51.100.0/24"), option(COOKIE, bytes(8)), option(COOKIE, bytes(24)),
              option(NSID) * 40]
    names = ["www.example", "live.example", "x.sub.example", "nobody.example", "a.d.example", "loop.example"]
    return [query(name, type_, edns=opt(extra)) for name in names for type_ in ("A", "ANY", "TXT") for extra in extras]


def mutate(octets, rng):
    out = bytearray(octets)
    for _ in range(rng.randrange(1, 4)):
        way = rng.randrange(5)
        at = rng.randrange(len(out))
        if way == 0:
            out[at] = rng.randrange(256)
        elif way == 1:
            out[at] ^= 1 << rng.randrange(8)
        elif way == 2:
            del out[at + 1:]
        elif way == 3:
            out[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            out += rng.randbytes(rng.randrange(1, 40))
    return bytes(out)


class Storm(Test):
    zones = {"example": "www A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.2\nd DNAME www\nloop CNAME loop\n"}

    def test_malformed_messages_leave_nothing_behind(self):
        rng, base = random.Random(SEED), originals()
        pid, before, answered = self.server.daemon.process.pid, None, 0
        family, address = self.server.where[4]
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.connect(address)
            s.setblocking(False)
            for i in range(COUNT):
                if i == COUNT // 10:
                    before = rss_kb(pid)  # what the first messages touched is touched
                s.send(mutate(rng.choice(base), rng))
                try:
                    while True:
                        reply = s.recv(65535)
                        try:
                            read(reply)
                        except Malformed as error:
                            self.fail(f"reply {reply.hex()}: {error}")
                        answered += 1
                except BlockingIOError:
                    pass
        # Not all: some are too short for a reply, some have QR set, and a full buffer loses some.
        self.assertGreater(answered, COUNT // 2)
        if not sanitized(pid):  # ASan keeps what was freed, to catch who uses it
            self.assertLess(rss_kb(pid) - before, 2048)
        self.still_answers()
        text = self.server.daemon.ask_admin("/metrics")[1]
        sums = [sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                    if line.startswith(f"spillway_dns_{family}_total{{")) for family in ("messages", "outcomes")]
        self.assertEqual(sums[0], sums[1])
        self.assertEqual(self.server.daemon.metric('spillway_dns_outcomes_total{outcome="servfail"}'), 0)


if __name__ == "__main__":
    unittest.main()
