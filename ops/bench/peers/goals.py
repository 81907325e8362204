#!/usr/bin/env python3
"""Our goals beside what was measured: the harness's results, and what it does not ask about.

usage: goals.py CACHE FOLDER SPILLWAYD      (inside the network namespace that ops/bench/dns makes)

Itself it measures system calls per answer at full load (perf's tracepoint), and the time from exec to the first
steered answer with and without the kept table of client groups.
"""
import json
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PORT = 5390
STARTS = 5
BURST_S = 0.65


def geo_question():
    """geo.example.com A for 8.8.8.0/24."""
    name = b"\3geo\7example\3com\0"
    subnet = struct.pack(">HHHBB", 8, 7, 1, 24, 0) + bytes((8, 8, 8))
    return (struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 1) + name + struct.pack(">HH", 1, 1) +
            b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(subnet)) + subnet)


def on_cpu(number):
    """Runs in the child: a CPU of its own, and as in the harness's bursts a class that other work cannot interrupt."""
    def prepare():
        os.sched_setaffinity(0, {number})
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    return prepare


class Server:
    """Ours on CPU 0, in a folder of its own."""

    def __init__(self, cache, folder, spillwayd, *flags):
        self.folder = tempfile.mkdtemp()
        self.log = open(Path(self.folder, "log"), "w")
        command = [spillwayd, f"--policy={folder}/policy", f"--geo={cache}/country.mmdb", f"--dns=127.0.0.1:{PORT}",
                   "--http=", f"--admin=127.0.0.1:{PORT + 1000}", f"--admin_token_file={folder}/admin", *flags]
        self.begin = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, preexec_fn=on_cpu(0))

    def first_answer_ms(self):
        os.sched_setaffinity(0, {1})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", PORT))
            client.settimeout(0.002)
            while time.monotonic() - self.begin < 20:
                try:
                    client.send(geo_question())
                    reply = client.recv(4096)
                    if struct.unpack_from(">H", reply, 6)[0] > 0:
                        return (time.monotonic() - self.begin) * 1000
                except (ConnectionError, TimeoutError):
                    pass
        raise SystemExit(f"ours did not answer: {Path(self.folder, 'log').read_text()[-600:]}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.folder)


def start_ms(cache, ours, *flags):
    times = []
    for _ in range(STARTS):
        server = Server(cache, *ours, *flags)
        times.append(server.first_answer_ms())
        server.stop()
    return statistics.median(times)


def blast(cache, questions, seconds):
    files = ["-f", str(cache / f"{questions}.q"), "-S", str(cache / f"{questions}.src")]
    done = subprocess.run([str(cache / "bin/dnsblast"), "-p", str(PORT), *files, "-w", "128", "-W", "0", "-l",
                           str(seconds)], capture_output=True, text=True, check=True,
                          preexec_fn=on_cpu(1))
    return float(dict(t.split("=", 1) for t in done.stdout.split() if "=" in t)["recv"])


def calls_per_answer(cache, ours):
    """System calls of the whole server per answer on the mix; None where perf cannot count them."""
    if shutil.which("perf") is None:
        return None
    server = Server(cache, *ours)
    try:
        server.first_answer_ms()
        blast(cache, "mix", 0.2)
        counter = subprocess.Popen(["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p",
                                    str(server.process.pid)], stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)  # until it has attached
        answers = blast(cache, "mix", BURST_S)
        counter.send_signal(signal.SIGINT)
        text = counter.communicate()[1]
    finally:
        server.stop()
    counts = [line.split(",")[0] for line in text.splitlines() if "sys_enter" in line]
    return int(counts[0]) / answers if counts and counts[0].isdigit() else None


def per_round(results, name, burst, value):
    """{round: mean of value(burst)}: the floor has two bursts in a round."""
    rounds = {}
    for entry in results.get(name, []):
        if burst in entry:
            rounds.setdefault(entry["round"], []).append(value(entry[burst]))
    return {number: statistics.mean(values) for number, values in rounds.items()}


def ratio(results, mine, other):
    """Median over rounds of CPU per answer, (name, burst) by (name, burst)."""
    cpu = lambda burst: burst["cpu_us"]
    a, b = per_round(results, *mine, cpu), per_round(results, *other, cpu)
    both = [a[r] / b[r] for r in a if r in b]
    return statistics.median(both) if both else None


def median(results, burst, value):
    values = per_round(results, "ours", burst, value).values()
    return statistics.median(values) if values else None


def goals(cache, ours):
    results = json.loads((cache / "results-dns.json").read_text())
    steering = [n for n in ("gdnsd", "knot", "pdns-geo", "pdns-lua", "bind", "dnsdist") if results.get(n)]
    yield "CPU per answer, mix, by the floor's", ratio(results, ("ours", "mix"), ("floor", "mix")), 1.05
    for name in steering:
        yield f"CPU per answer, mix, by {name}'s", ratio(results, ("ours", "mix"), (name, "mix")), 1
    for name in ("nsd", "knot"):
        yield (f"CPU per answer, our mix by {name}'s static names", ratio(results, ("ours", "mix"), (name, "static")), 1)
    user = lambda burst: burst["cpu_us"] * burst["user_share"]
    yield "user CPU per steered answer, us", median(results, "geo", user), 0.45
    yield "system calls per answer", calls_per_answer(cache, ours), 0.10
    yield "exec to first steered answer, table built, ms", start_ms(cache, ours), None
    kept = f"--state_dir={cache}/state"
    (cache / "state").mkdir(exist_ok=True)
    start_ms(cache, ours, kept)
    yield "exec to first steered answer, table kept, ms", start_ms(cache, ours, kept), 50
    memory = [entry["mem"][0] for entry in results.get("ours", []) if "mem" in entry]
    yield "RSS with the country database, MB", statistics.median(memory) if memory else None, None
    operations = [entry["ops"] for entry in results.get("ours", []) if "ops" in entry]
    for key, what in (("zone_ms", "zone reload to changed answer, ms"),
                      ("steer_ms", "policy reload to changed answer, ms")):
        values = [o[key] for o in operations if key in o and o[key] == o[key]]
        yield what, statistics.median(values) if values else None, None


def main():
    cache, ours = Path(sys.argv[1]), sys.argv[2:]
    print("\n### Goals\n\n| what | measured | goal | |\n|---|---:|---:|---|")
    for what, measured, goal in goals(cache, ours):
        shown = "not measured" if measured is None else f"{measured:.2f}"
        verdict = "" if measured is None or goal is None else "met" if measured <= goal else "MISSED"
        print(f"| {what} | {shown} | {'' if goal is None else f'<= {goal:g}'} | {verdict} |", flush=True)


if __name__ == "__main__":
    main()
