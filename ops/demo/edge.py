# ops/demo/edge.py -- a small real edge server: holds viewers' sessions and reports its load.
#
#   viewer ──GET /live/…──► session: the connection stays open as long as the viewer watches
#   spillwayd ──GET /health──► 200          every 0.5 s ──POST /v1/samples──► spillwayd
#
# One process per edge, so that one can be killed. An edge that is full refuses: 503.
import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import resource
import signal
import sys
import time

import http1

PUSH_INTERVAL_S = 0.5
SAMPLE_TTL = "2s"  # four reports may be lost before the last one counts as old


class Edge:
    def __init__(self, name, capacity_sessions, bitrate_mbps):
        self.name = name
        self.capacity_sessions = capacity_sessions
        self.bitrate_mbps = bitrate_mbps
        self.sessions = 0
        self.started = 0
        self.refused = 0

    def sample(self, sequence):
        return {"source": self.name, "samples": [{
            "target": self.name, "measured_at": round(time.time(), 3), "sequence": sequence,
            "ttl": SAMPLE_TTL, "health": "up",
            "resources": {
                "egress": {"current": round(self.sessions * self.bitrate_mbps, 3), "unit": "Mbps"},
                "sessions": {"current": self.sessions},
            }}]}


class Connection(asyncio.Protocol):
    def __init__(self, edge):
        self._edge = edge
        self._head = b""
        self._playing = False
        self._transport = None

    def connection_made(self, transport):
        self._transport = transport

    def connection_lost(self, exc):
        if self._playing:
            self._edge.sessions -= 1

    def data_received(self, data):
        if self._playing:
            return
        self._head += data
        while (end := self._head.find(b"\r\n\r\n")) >= 0 and not self._playing:
            words = self._head[:end].split(b"\r\n")[0].split(b" ")
            self._head = self._head[end + 4:]
            self._answer(words[1] if len(words) == 3 else b"")
        if len(self._head) > 16384:
            self._transport.close()

    def _answer(self, target):
        edge = self._edge
        if target == b"/health":
            self._reply("200 OK", b"ok\n")
        elif target == b"/stats":
            self._reply("200 OK", json.dumps({"edge": edge.name, "sessions": edge.sessions,
                        "started": edge.started, "refused": edge.refused}).encode() + b"\n")
        elif not target.startswith(b"/live/"):
            self._reply("404 Not Found", b"nothing here\n")
        elif edge.sessions >= edge.capacity_sessions:
            edge.refused += 1
            self._reply("503 Service Unavailable", b"full\n")
            self._transport.close()
        else:
            edge.sessions += 1
            edge.started += 1
            self._playing = True
            self._transport.write(b"HTTP/1.1 200 OK\r\nX-Edge: " + edge.name.encode()
                                  + b"\r\nX-Request: " + target
                                  + b"\r\nContent-Type: text/plain\r\n\r\nplaying\n")

    def _reply(self, status, body):
        self._transport.write(f"HTTP/1.1 {status}\r\nX-Edge: {self._edge.name}\r\nContent-Type: "
                              f"text/plain\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


async def admin_address(ready_file):
    """Where to report to: spillwayd starts after its edges, or its first probes would find none."""
    while not ready_file.exists():
        await asyncio.sleep(0.05)
    return json.loads(ready_file.read_text())["admin"]


async def push(edge, ready_file, token):
    """Reports for ever; what the server says is logged when it changes."""
    admin = await admin_address(ready_file)
    sequence, said = 0, None
    due = time.monotonic()
    while True:
        sequence += 1
        try:
            status, answer = await http1.admin(admin, token, "POST", "/v1/samples",
                                               edge.sample(sequence))
            says = f"{status} {answer}"
        except OSError as error:
            says = str(error)
        if says != said:
            print(f"{time.strftime('%H:%M:%S')} {edge.name}: report {sequence}: {says}",
                  file=sys.stderr, flush=True)
            said = says
        due = max(due + PUSH_INTERVAL_S, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


async def serve(args):
    loop = asyncio.get_running_loop()
    edge = Edge(args.name, args.capacity_sessions, args.bitrate_mbps)
    host, _, port = args.listen.rpartition(":")
    server = await loop.create_server(lambda: Connection(edge), host, int(port), backlog=1024)
    token = pathlib.Path(args.token_file).read_text().strip()
    stop = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop.set)
    pid_file = pathlib.Path(args.pid_file)
    pid_file.write_text(f"{os.getpid()}\n")
    pusher = asyncio.create_task(push(edge, args.ready_file, token))
    await stop.wait()
    pusher.cancel()
    server.close()
    with contextlib.suppress(FileNotFoundError):
        pid_file.unlink()


def main():
    parser = argparse.ArgumentParser(description="A small edge server that reports its load.")
    parser.add_argument("--name", required=True, help="the target's name in the policy")
    parser.add_argument("--listen", required=True, help="ADDRESS:PORT")
    parser.add_argument("--capacity_sessions", type=int, required=True)
    parser.add_argument("--bitrate_mbps", type=float, required=True, help="of one session")
    parser.add_argument("--ready_file", required=True, type=pathlib.Path,
                        help="what spillwayd writes when it is ready: has the address to report to")
    parser.add_argument("--token_file", required=True, help="holds the feed token")
    parser.add_argument("--pid_file", required=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
