"""One small evening played twice: by the simulator, and through real sockets with the real binary.

The scenario is a file, tests/integration/rehearsal/dead-at-the-peak.yaml; the viewers of the real one
are rehearsal_crowd.py's, the edges ops/demo/edge.py's. Both must tell the same story: who plays where,
second by second, how soon the dead target is named no more, and when its viewers have settled.
Tolerances come from how few they are: 240 viewers, an eighth of them moved by one cell.
"""
import asyncio
import dataclasses
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import rehearsal_crowd
from harness import BIN, SOURCE, Daemon, wait_for

FOLDER = Path(__file__).resolve().parent / "rehearsal"
SCENARIO = FOLDER / "dead-at-the-peak.yaml"
DEAD = "sea"
PLAYED_S = 42
COMPARED_FROM_S = 15     # the rehearsal opens with caches and sessions that others placed
SHARE_MEAN_MAX = 0.06    # mean over targets and seconds of |real - rehearsed|
SHARE_WINDOW_MAX = 0.15  # of any target, mean over any five seconds
NAMED_APART_S = 4        # probes' phase, and what a busy machine adds
SETTLE_APART_S = 6
SETTLED = 0.10           # all shares this near their last ones, from then on


@dataclasses.dataclass(frozen=True)
class Place:
    prefix: ipaddress.IPv4Network
    part: float
    viewers_per_cache: float


@dataclasses.dataclass
class Facts:
    """The scenario as the crowd needs it, read from the same files that the simulator reads."""
    places: list
    curve: list
    seed: int = 1
    length_s: float = PLAYED_S

    @classmethod
    def read(cls):
        text = SCENARIO.read_text()
        rows = [line.split(",") for line in (FOLDER / "places.csv").read_text().splitlines()[1:]]
        weight = sum(float(r[7]) for r in rows)
        facts = cls([Place(ipaddress.ip_network(r[11]), float(r[7]) / weight, float(r[9])) for r in rows],
                    [(float(at), float(n)) for at, n in re.findall(r"at: (\d+)s, viewers: (\d+)", text)])
        for key in ("redirect", "dns_only", "steered", "stretch"):
            setattr(facts, key, float(re.search(rf"\b{key}: (\d+)%", text).group(1)) / 100)
        for key, name in (("session_s", "session"), ("retry_after_s", "retry_after"), ("stretch_s", "stretch_to"),
                          ("fault_at_s", "dead, at")):
            setattr(facts, key, float(re.search(rf"\b{name}: (\d+)s", text).group(1)))
        facts.hls = 0.7  # the language's default
        facts.peak = max(n for _, n in facts.curve)
        return facts

    def viewers_at(self, t):
        for (t0, n0), (t1, n1) in zip(self.curve, self.curve[1:]):
            if t <= t1:
                return n0 + (n1 - n0) * (t - t0) / (t1 - t0)
        return self.curve[-1][1]

    def arrivals_at(self, t):
        """Per second: the curve's growth and those who take the places of sessions that end."""
        return self.viewers_at(t + 0.5) - self.viewers_at(max(0, t - 0.5)) + self.viewers_at(t) / self.session_s


class RealEdge:
    """ops/demo/edge.py in a process of its own: holds sessions, reports its load, can be killed."""

    def __init__(self, name, address, port, folder):
        self.name, self.pid_file = name, folder / f"{name}.pid"
        self.log = open(folder / f"{name}.log", "w")
        self.process = subprocess.Popen(
            [sys.executable, str(SOURCE / "ops/demo/edge.py"), f"--name={name}", f"--listen={address}:{port}",
             "--capacity_sessions=10000", "--bitrate_mbps=5", f"--ready_file={folder}/ready",
             f"--token_file={folder}/{name}.token", f"--pid_file={self.pid_file}"], stdout=self.log, stderr=self.log)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


def shares(sessions):
    return [n / max(1.0, sum(sessions)) for n in sessions]


def settled_at(seconds, from_s):
    """The first second from which on all shares stay near their last."""
    last = [sum(column) / 5 for column in zip(*map(shares, seconds[-5:]))]
    for t in range(len(seconds) - 1, from_s - 1, -1):
        if max(abs(a - b) for a, b in zip(shares(seconds[t]), last)) > SETTLED:
            return t + 1
    return from_s


class Rehearsal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        policy = (FOLDER / "policy/policy.yaml").read_text()
        self.addresses = dict(re.findall(r"^  (\w+): .*addresses: \[([0-9.]+)\]", policy, re.M))
        self.port = self.free_port()
        tokens = {name: f"feed-token-of-{name}" for name in self.addresses}
        for name, token in tokens.items():
            (self.folder / f"{name}.token").write_text(token)
        self.edges = {name: RealEdge(name, address, self.port, self.folder) for name, address in self.addresses.items()}
        self.addCleanup(lambda: [edge.kill() for edge in self.edges.values()])
        wait_for("the edges", lambda: all(e.pid_file.exists() for e in self.edges.values()), 60)
        self.daemon = Daemon(policy.replace(":8480", f":{self.port}"), geo=False, feeders=tokens)
        self.addCleanup(self.daemon.stop)
        (self.folder / "ready.new").write_text(json.dumps({"admin": self.daemon.admin.removeprefix("http://")}))
        os.rename(self.folder / "ready.new", self.folder / "ready")
        wait_for("the edges to be probed and to report", lambda: all(
            t["health"]["probed"] == "up" and t["feed"]["state"] == "fresh"
            for t in self.daemon.ask_admin("/v1/status")[1]["targets"]), 60)

    def free_port(self):
        sys.path.insert(0, str(SOURCE / "ops/demo"))
        import fleet
        return fleet.pick_port(list(self.addresses.values()))

    def rehearse(self):
        done = subprocess.run([str(BIN / "rehearse_shares"), str(SCENARIO)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def play(self, facts):
        crowd = rehearsal_crowd.Crowd(facts, {n: (a, self.port) for n, a in self.addresses.items()},
                                      self.daemon.dns_port, self.daemon.http)
        asyncio.run(crowd.play([(facts.fault_at_s, self.edges[DEAD].kill)]))
        return crowd

    def test_real_sockets_tell_the_rehearsed_story(self):
        facts = Facts.read()
        rehearsed = self.rehearse()
        began = time.monotonic()
        crowd = self.play(facts)
        self.assertEqual(rehearsed["targets"], crowd.names)
        self.assertGreaterEqual(len(crowd.seconds), PLAYED_S - 2)
        fault = int(facts.fault_at_s)

        sim = [second["sessions"] for second in rehearsed["seconds"][:len(crowd.seconds)]]
        apart = [[abs(a - b) for a, b in zip(shares(r), shares(s))] for r, s in zip(crowd.seconds, sim)][COMPARED_FROM_S:]
        mean = sum(map(sum, apart)) / len(apart) / len(crowd.names)
        signed = [[a - b for a, b in zip(shares(r), shares(s))] for r, s in zip(crowd.seconds, sim)][COMPARED_FROM_S:]
        window = max(abs(sum(column)) / 5 for t in range(len(signed) - 4) for column in zip(*signed[t:t + 5]))

        dead = crowd.names.index(DEAD)
        named = [t for t, edge, _ in crowd.answers if edge == DEAD]
        self.assertTrue([t for t in named if t < fault])
        real_named_s = max(named) - fault
        sim_named_s = max(t for t, s in enumerate(rehearsed["seconds"]) if s["answers"][dead] > 0) + 1 - fault
        real_settled_s, sim_settled_s = settled_at(crowd.seconds, fault) - fault, settled_at(sim, fault) - fault
        print(f"\n{len(crowd.answers)} answers in {time.monotonic() - began:.0f} s, errors {dict(crowd.errors)}")
        print(f"shares apart: mean {100 * mean:.1f}, worst 5 s {100 * window:.1f} points")
        print(f"dead target last named after {real_named_s:.1f} s (rehearsed {sim_named_s}), "
              f"settled after {real_settled_s} s (rehearsed {sim_settled_s})")
        for t in range(4, len(crowd.seconds), 5):
            print(f"  {t + 1:2} s  real {crowd.seconds[t]}  rehearsed {[round(n) for n in sim[t]]}")
        self.assertEqual(dict(crowd.errors), {})
        self.assertLess(mean, SHARE_MEAN_MAX)
        self.assertLess(window, SHARE_WINDOW_MAX)
        self.assertLess(abs(real_named_s - sim_named_s), NAMED_APART_S)
        self.assertLess(abs(real_settled_s - sim_settled_s), SETTLE_APART_S)


if __name__ == "__main__":
    unittest.main()
