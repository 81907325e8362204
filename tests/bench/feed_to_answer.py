#!/usr/bin/env python3
"""How long from a pushed sample to a changed DNS answer, and whether a restless feed starves anything.

usage: tests/bench/feed_to_answer.py [--rounds 100] [--seconds 20]
Prints median, 99th percentile and worst in milliseconds. The clock runs from before the push's connection is
opened to the first DNS answer that differs, asked without pause by a raw UDP socket.
"""
import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402

QUERY = (b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" b"\x04live\x07example\x03com\x00\x00\x01\x00\x01"
         b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x0b" b"\x00\x08\x00\x07\x00\x01\x18\x00\xc1\x63\x90")  # ECS 193.99.144.0/24


class Asker:
    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(2)
        self.asked = 0

    def address(self):
        self.socket.send(QUERY)
        self.asked += 1
        reply = self.socket.recv(4096)
        record = reply.index(b"\xc0\x0c\x00\x01\x00\x01")  # owner, A, IN; then TTL, length, address
        return socket.inet_ntoa(reply[record + 12:record + 16])


def spread(milliseconds):
    ordered = sorted(milliseconds)
    return (f"median {statistics.median(ordered):.1f} ms, p99 {ordered[int(len(ordered) * 0.99) - 1]:.1f} ms, "
            f"worst {ordered[-1]:.1f} ms of {len(ordered)}")


def chain_of_targets(count):
    """Targets of rising penalty: when the first is reported down, the answer moves to the next at once
    (clients come back slowly by design, so going there and back would measure that)."""
    targets = "\n".join(f"  t{i}: {{addresses: [127.0.{21 + i // 200}.{1 + i % 200}], tags: [edge]}}"
                        for i in range(count))
    prefer = ", ".join(f"{{targets: [t{i}], penalty: {2 * i}ms}}" for i in range(count))
    return (f"targets:\n{targets}\nservices:\n  live:\n    names: [live.example.com]\n"
            f"    candidates: {{tags: [edge]}}\n    distance: 0\n    prefer: [{prefer}]\n")


def push_to_answer(rounds):
    daemon = harness.Daemon(chain_of_targets(rounds + 1))
    asker, taken = Asker(daemon.dns_port), []
    try:
        for i in range(rounds):
            before = asker.address()
            row = {"target": f"t{i}", "measured_at": time.time(), "sequence": 1, "ttl": "1h", "health": "down"}
            begin = time.perf_counter()
            daemon.push(row)
            while asker.address() == before:
                if time.perf_counter() - begin > 10:
                    raise SystemExit(f"round {i}: the answer did not change in 10 s")
            taken.append((time.perf_counter() - begin) * 1000)
    finally:
        daemon.stop()
    return taken


def restless_feed(seconds):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "feed.json")

        def write(i):
            rows = [{"target": "nyc1", "measured_at": time.time(), "sequence": i + 1,
                     "resources": {"egress": {"current": 100 + i % 7, "unit": "Mbps"}}}]
            with open(path + ".new", "w") as f:
                json.dump({"samples": rows}, f)
            os.rename(path + ".new", path)

        write(0)
        daemon = harness.Daemon(harness.FIVE, flags=(f"--feed_file={path}",))
        asker, stop, writes = Asker(daemon.dns_port), threading.Event(), [0]

        def writer():
            while not stop.wait(0.05):
                writes[0] += 1
                write(writes[0])

        thread = threading.Thread(target=writer)
        thread.start()
        slowest, ages, pushes, begin = 0.0, [], [], time.perf_counter()
        while time.perf_counter() - begin < seconds:
            asked = time.perf_counter()
            asker.address()
            slowest = max(slowest, time.perf_counter() - asked)
            if asker.asked % 200 == 0:
                ages.append(daemon.target("nyc1")["feed"]["age_s"] * 1000)
                pushed = time.perf_counter()
                daemon.push(("tyo1", 100 + asker.asked % 10))
                pushes.append((time.perf_counter() - pushed) * 1000)
        stop.set()
        thread.join()
        plans = daemon.metric("spillway_plan_published_total")
        daemon.stop()
        print(f"feed rewritten every 50 ms for {seconds} s: {writes[0]} writes, {asker.asked} DNS answers, {plans:.0f} plans")
        print(f"  slowest DNS answer {slowest * 1000:.1f} ms; age of that feed as seen: {spread(ages)}")
        print(f"  pushes of another source meanwhile: {spread(pushes)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    print(f"sample pushed to answer changed: {spread(push_to_answer(options.rounds))}")
    restless_feed(options.seconds)


if __name__ == "__main__":
    main()
