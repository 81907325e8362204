"""A real spillwayd on free loopback ports, real edges, and real clients to ask it with.

The binaries are found through SPILLWAY_BIN (set by CMake). Every process is ended by its pid.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("SPILLWAY_BIN", SOURCE / "build/release/bin"))
GEO = SOURCE / ".cache/geo/country.mmdb"
sys.path.insert(0, str(SOURCE / "tests/support"))  # message
ADMIN_TOKEN = "admin-token-for-tests"
FEED_TOKEN = "feed-token-for-tests"

ZONE = """$ORIGIN example.com.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 120
@ IN NS ns1
ns1 IN A 127.0.0.1
www IN A 192.0.2.80
alias IN CNAME live
"""

# One real edge: answers /health with 200. A process of its own, so that it can be killed.
EDGE = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "3"); self.end_headers(); self.wfile.write(b"ok\\n")
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer((sys.argv[1], 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def wait_for(what, condition, seconds=20.0):
    """Polls until condition() is truthy and returns that; fails after a bound that no healthy run meets."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain for: {what}")


def port_of(where):
    """Of "address:port"."""
    return int(where.rsplit(":", 1)[1])


class Edge:
    def __init__(self, address):
        self.process = subprocess.Popen([sys.executable, "-c", EDGE, address], stdout=subprocess.PIPE, text=True)
        self.address = address
        self.port = int(self.process.stdout.readline())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


class Daemon:
    """spillwayd serving `policy` (text of policy.yaml) and ZONE.

    feeders: name -> token of more sources. popen: what starts it. folder_mode: of the folder with its files.
    where: its ready file, {"dns": ["address:port", ...], "http": [...], "admin": "address:port"}.
    """

    def __init__(self, policy, zone=ZONE, flags=(), geo=True, feeders={}, popen=subprocess.Popen, folder_mode=0o700):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.path.chmod(folder_mode)
        self.policy_dir = self.path / "policy"
        self.policy_dir.mkdir()
        (self.policy_dir / "policy.yaml").write_text(policy)
        (self.policy_dir / "example.com.zone").write_text(zone)
        (self.path / "token").write_text(ADMIN_TOKEN)
        (self.path / "feeds").write_text(
            "".join(f"{name} {token}\n" for name, token in {"agent": FEED_TOKEN, **feeders}.items()))
        ready = self.path / "ready"
        command = [str(BIN / "spillwayd"), f"--policy={self.policy_dir}", f"--admin_token_file={self.path}/token",
                   f"--feed_token_file={self.path}/feeds", "--dns=127.0.0.1:0", "--http=127.0.0.1:0",
                   "--admin=127.0.0.1:0", f"--ready_file={ready}", "--trusted_proxies=127.0.0.0/8", *flags]
        if geo:
            command.append(f"--geo={GEO}")
        self.log_file = open(self.path / "log", "w+")
        self.process = popen(command, stdout=self.log_file, stderr=subprocess.STDOUT)
        try:
            wait_for("the ready file", lambda: ready.exists() or self.process.poll() is not None)
        except AssertionError:
            self.stop()
            raise
        if not ready.exists():
            log = self.log()
            self.stop()
            raise AssertionError(f"spillwayd ended at once:\n{log}")
        self.where = json.loads(ready.read_text())
        self.dns_port = port_of(self.where["dns"][0])
        self.http = "http://" + self.where["http"][0]
        self.admin = "http://" + self.where["admin"]

    def log(self):
        return (self.path / "log").read_text()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log_file.close()
        self.folder.cleanup()
        return self.process.returncode

    # Clients.
    def dig(self, *args):
        return run("dig", "@127.0.0.1", "-p", str(self.dns_port), "+tries=1", "+time=5", *args)

    def answers(self, name="live.example.com", kind="A", client=None):
        args = [name, kind, "+short"] + ([f"+subnet={client}"] if client else [])
        return self.dig(*args).split()

    def scope(self, client, name="live.example.com"):
        match = re.search(r"CLIENT-SUBNET: \S+/(\d+)/(\d+)", self.dig(name, "A", f"+subnet={client}"))
        return int(match.group(2))

    def location(self, client, path="/live/x/y", host="live.example.com"):
        head = run("curl", "-s", "-o", "/dev/null", "-D", "-", "-H", f"Host: {host}", "-H", f"X-Forwarded-For: {client}",
                   self.http + path)
        match = re.search(r"^Location: (\S+)", head, re.M)
        return match.group(1) if match else head.splitlines()[0]

    def ask_admin(self, path, body=None, token=ADMIN_TOKEN):
        """(status, parsed JSON or text)"""
        request = urllib.request.Request(self.admin + path, data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except json.JSONDecodeError:
            return status, text

    def explain(self, client, name="live.example.com"):
        return self.ask_admin(f"/v1/explain?client={client}&name={name}")[1]

    def target(self, name):
        return next(t for t in self.ask_admin("/v1/status")[1]["targets"] if t["name"] == name)

    def push(self, *samples):
        """Each sample: (target, egress in Mbps) or a whole row."""
        rows = []
        for s in samples:
            if isinstance(s, tuple):
                s = {"target": s[0], "measured_at": time.time(), "sequence": time.time_ns() // 1000, "health": "up",
                     "resources": {"egress": {"current": s[1], "unit": "Mbps"}}}
            rows.append(s)
        return self.ask_admin("/v1/samples", {"samples": rows}, FEED_TOKEN)

    def metric(self, line_start):
        for line in self.ask_admin("/metrics")[1].splitlines():
            if line.startswith(line_start):
                return float(line.rsplit(" ", 1)[1])
        return None

    def spillway(self, *args, token=ADMIN_TOKEN):
        """The command line: (exit code, stdout, stderr)."""
        done = subprocess.run([str(BIN / "spillway"), *args], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "SPILLWAY_ADMIN": self.admin, "SPILLWAY_TOKEN": token, "NO_COLOR": "1"})
        return done.returncode, done.stdout, done.stderr


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout


# Five targets on five continents; addresses are loopback and nobody listens there.
FIVE = """
targets:
  fra1: {at: [50.11, 8.68], addresses: [127.0.20.1, "2001:db8::1"], host: "fra1.example.net", capacity: {egress: 1 Gbps}, tags: [edge]}
  nyc1: {at: [40.71, -74.01], addresses: [127.0.20.2, "2001:db8::2"], host: "nyc1.example.net", capacity: {egress: 1 Gbps}, tags: [edge]}
  gru1: {at: [-23.55, -46.63], addresses: [127.0.20.3, "2001:db8::3"], host: "gru1.example.net", capacity: {egress: 1 Gbps}, tags: [edge]}
  tyo1: {at: [35.68, 139.69], addresses: [127.0.20.4, "2001:db8::4"], host: "tyo1.example.net", capacity: {egress: 1 Gbps}, tags: [edge]}
  syd1: {at: [-33.87, 151.21], addresses: [127.0.20.5, "2001:db8::5"], host: "syd1.example.net", capacity: {egress: 1 Gbps}, tags: [edge]}
services:
  live:
    names: [live.example.com]
    candidates: {tags: [edge]}
"""


class DaemonTest(unittest.TestCase):
    """One daemon for the class; policy, flags and whether it knows where clients are as class attributes."""
    policy = FIVE
    flags = ()
    geo = True

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(cls.policy, flags=cls.flags, geo=cls.geo)

    @classmethod
    def tearDownClass(cls):
        code = cls.daemon.stop()
        assert code == 0, f"spillwayd ended with {code}"
