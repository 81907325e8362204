# ops/demo/fleet.py -- the processes of the demonstration: spillwayd and one per edge.
#
#   .cache/quickstart/   policy/   a copy of data/quickstart, what spillwayd serves
#                        tokens/   admin, feeds, and one file per edge (mode 600)
#                        run/      *.pid of everything started, ready.json
#                        log/      what each process says
#
# Every process is ended by its own pid; without --keep the kernel ends them when we die.
import ctypes
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

READY_WITHIN_S = 20
STOP_WITHIN_S = 5
PR_SET_PDEATHSIG = 1


def port_is_free(addresses, port):
    for address in addresses:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def pick_port(addresses):
    for _ in range(50):
        with socket.socket() as any_port:
            any_port.bind((addresses[0], 0))
            port = any_port.getsockname()[1]
        if port_is_free(addresses, port):
            return port
    raise SystemExit("no port is free on all of " + ", ".join(addresses))


def process_is(pid, words):
    """Whether pid lives and is what we started: a pid may have been given to another since."""
    try:
        return words.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Fleet:
    def __init__(self, root, keep):
        self.root = pathlib.Path(root)
        self.folder = self.root / ".cache" / "quickstart"
        self.keep = keep
        self.ready = None
        self.processes = {}  # name -> Popen

    # -- what an earlier run with --keep left

    def running(self):
        """pid -> name of everything an earlier run left alive."""
        found = {}
        for file in sorted((self.folder / "run").glob("*.pid")):
            pid = int(file.read_text().strip() or 0)
            words = "spillwayd" if file.stem == "spillwayd" else "edge.py"
            if pid and process_is(pid, words):
                found[pid] = file.stem
        return found

    def stop_running(self):
        found = self.running()
        for pid in found:
            os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + STOP_WITHIN_S
        while self.running() and time.monotonic() < limit:
            time.sleep(0.05)
        for pid in self.running():
            os.kill(pid, signal.SIGKILL)
        for file in (self.folder / "run").glob("*.pid"):
            file.unlink(missing_ok=True)
        return found

    # -- a fresh start

    def prepare(self, read_world, event):
        """Copies the policy with the day's event in it, a mapping of `start` and `ramp`; the edges
        move to another port when theirs is taken."""
        for name in ("policy", "tokens", "run", "log"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True, mode=0o700)
        for file in sorted((self.root / "data" / "quickstart").iterdir()):
            if file.suffix in (".yaml", ".zone"):
                shutil.copyfile(file, self.folder / "policy" / file.name)
        policy = self.folder / "policy" / "policy.yaml"
        text = policy.read_text()
        for key, value in event.items():
            text, found = re.subn(rf"^(  fight: .*\b{key}: )[^,}}]+", rf"\g<1>{value}", text,
                                  flags=re.MULTILINE)
            if found != 1:
                raise SystemExit(f"{policy}: want one event 'fight' with '{key}', on one line")
        policy.write_text(text)
        world = read_world(policy)
        addresses = [edge.address for edge in world.edges]
        port = world.edges[0].port
        if not port_is_free(addresses, port):
            other = pick_port(addresses)
            print(f"port {port} is taken on one of {addresses[0]} … {addresses[-1]}; "
                  f"the edges use {other}")
            policy.write_text(policy.read_text().replace(f":{port}", f":{other}"))
            world = read_world(policy)
        tokens = {edge.name: secrets.token_hex(16) for edge in world.edges}
        self._write_secret("admin", secrets.token_hex(16))
        self._write_secret("feeds", "\n".join(f"{name} {token}" for name, token in tokens.items()))
        for name, token in tokens.items():
            self._write_secret(name, token)
        return world

    def _write_secret(self, name, text):
        file = self.folder / "tokens" / name
        file.touch(mode=0o600)
        file.write_text(text + "\n")

    @property
    def admin_token(self):
        return (self.folder / "tokens" / "admin").read_text().strip()

    def _spawn(self, name, command):
        log = open(self.folder / "log" / f"{name}.log", "ab")  # the child's; closed below

        def in_child():
            if not self.keep:
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=in_child)
        self.processes[name] = process
        return process

    def start_server(self, binary, geo):
        run = self.folder / "run"
        process = self._spawn("spillwayd", [
            str(binary), f"--policy={self.folder / 'policy'}", f"--geo={geo}",
            "--dns=127.0.0.1:0", "--http=127.0.0.1:0", "--admin=127.0.0.1:0",
            "--dns_workers=1", "--http_workers=1", "--trusted_proxies=127.0.0.0/8",
            f"--admin_token_file={self.folder / 'tokens' / 'admin'}",
            f"--feed_token_file={self.folder / 'tokens' / 'feeds'}",
            f"--ready_file={run / 'ready.json'}"])
        (run / "spillwayd.pid").write_text(f"{process.pid}\n")
        limit = time.monotonic() + READY_WITHIN_S
        while not (run / "ready.json").exists():
            if process.poll() is not None:
                self._give_up(f"spillwayd ended at once (exit {process.returncode})")
            if time.monotonic() > limit:
                self._give_up(f"spillwayd is not ready after {READY_WITHIN_S} s")
            time.sleep(0.02)
        self.ready = json.loads((run / "ready.json").read_text())

    def edge_command(self, world, edge):
        return [sys.executable, str(self.root / "ops" / "demo" / "edge.py"), f"--name={edge.name}",
                f"--listen={edge.address}:{edge.port}",
                f"--capacity_sessions={world.capacity_sessions(edge)}",
                f"--bitrate_mbps={world.bitrate_mbps:g}",
                f"--ready_file={self.folder / 'run' / 'ready.json'}",
                f"--token_file={self.folder / 'tokens' / edge.name}",
                f"--pid_file={self.folder / 'run' / (edge.name + '.pid')}"]

    def start_edges(self, world):
        for edge in world.edges:
            self._spawn(edge.name, self.edge_command(world, edge))
        limit = time.monotonic() + READY_WITHIN_S
        for edge in world.edges:
            while not (self.folder / "run" / f"{edge.name}.pid").exists():
                if self.processes[edge.name].poll() is not None or time.monotonic() > limit:
                    self._give_up(f"edge {edge.name} did not start", edge.name)
                time.sleep(0.02)

    def kill(self, name):
        """As a power cut would: no goodbye. Returns the pid."""
        process = self.processes[name]
        process.kill()
        process.wait()
        return process.pid

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        limit = time.monotonic() + STOP_WITHIN_S
        for process in self.processes.values():
            try:
                process.wait(max(0.05, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for file in (self.folder / "run").glob("*.pid"):
            file.unlink(missing_ok=True)

    def _give_up(self, why, name="spillwayd"):
        log = self.folder / "log" / f"{name}.log"
        raise SystemExit(f"{why}; its last words ({log.relative_to(self.root)}):\n"
                         + log.read_text(errors="replace")[-3000:])
