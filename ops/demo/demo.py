# ops/demo/demo.py -- plays one live event against a real spillwayd and shows what it does.
#
#   0 %        6 %                        52 %      64 %                    100 %
#   few viewers │ the audience arrives      │ peak    │ the fullest edge dies │ report
#
# Started by ops/quickstart. Exit code: 0 the promise held, 1 it did not, 130 interrupted.
import argparse
import asyncio
import collections
import os
import pathlib
import resource
import signal
import sys
import time

import dnsclient
import http1
import report
from fleet import Fleet
from screen import Screen, clock
from svg import frame_svg
from viewers import Counts, Viewers
from world import COUNTRIES, Audience, nearest_edges, read_world

VIEWERS_MAX = 3000
VIEWERS_FIRST = 250
RAMP_FROM, RAMP_TO, DEATH_AT, PICTURE_AT = 0.06, 0.52, 0.64, 0.76  # fractions of the whole
PICTURE_SIZE = (108, 30)  # columns, rows of --picture
DRAW_S = 0.2
STATUS_S = 0.4
REPORTED_WITHIN_S = 5.0
EVENTS_KEPT = 100
STARTED_WITHIN_S = 2.5  # the processes, and a first report of each edge: 2 to 3 s on two busy cores


class Show:
    """What the screen draws and the report sums up: the play's own clock, loads, peaks, events."""

    def __init__(self, world, counts, seconds):
        self.world = world
        self.counts = counts
        self.seconds = seconds
        self.viewers_max = VIEWERS_MAX
        self.death_at = DEATH_AT * seconds
        self.country_names = {row[0]: row[1] for row in COUNTRIES}
        self.phase = ""
        self.events = collections.deque(maxlen=EVENTS_KEPT)
        self.events_total = 0
        self.peak = {edge.name: 0.0 for edge in world.edges}
        self.naive_peak = {edge.name: 0.0 for edge in world.edges}
        self.dead = None            # name of the edge that was killed
        self.dead_since = None      # time.monotonic()
        self.dead_viewers = 0
        self.seen_down_after_s = None
        self.status = {}            # target -> its object in /v1/status
        self._began = time.monotonic()
        self._said = {}             # target -> state last told as an event

    def begin(self):
        self._began = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self._began

    def wanted_at(self, seconds):
        x = (seconds / self.seconds - RAMP_FROM) / (RAMP_TO - RAMP_FROM)
        x = max(0.0, min(1.0, x))
        return round(VIEWERS_FIRST + (VIEWERS_MAX - VIEWERS_FIRST) * x * x * (3 - 2 * x))

    def wanted(self):
        return self.wanted_at(self.elapsed())

    def load(self, edge):
        return self.counts.watching[edge.name] * self.world.bitrate_mbps / edge.capacity_mbps

    def naive(self, edge):
        return self.counts.if_nearest[edge.name] * self.world.bitrate_mbps / edge.capacity_mbps

    def tell(self, text):
        self.events.append(f"{clock(self.elapsed())}  {text}")
        self.events_total += 1

    def measure(self):
        for edge in self.world.edges:
            self.peak[edge.name] = max(self.peak[edge.name], self.load(edge))
            if self.dead is None:
                self.naive_peak[edge.name] = max(self.naive_peak[edge.name], self.naive(edge))

    def state(self, edge):
        """(words, colour) for what Spillway makes of this edge, by its own status."""
        status = self.status.get(edge.name)
        if status is None:
            return "?", "2"
        if status.get("drain"):
            return "drained", "35"
        if not status.get("up", True):
            return "DOWN, gets nobody", "31;1"
        accept = status.get("accept", 1)
        if accept <= 0.005:
            return "full, gets nobody", "33;1"
        if accept < 0.995:
            return f"sheds, takes {100 * accept:.0f} %", "33"
        return "has room", "32"

    def note_status(self, value):
        for target in value.get("targets", []):
            self.status[target["name"]] = target
        for edge in self.world.edges:
            words = self.state(edge)[0].split(",")[0]
            before = self._said.get(edge.name)
            if words == before or words == "?":
                continue
            self._said[edge.name] = words
            if words == "DOWN" and edge.name == self.dead:
                self.seen_down_after_s = time.monotonic() - self.dead_since
                self.tell(f"Spillway: {edge.name} is down, "
                          f"seen {self.seen_down_after_s:.1f} s after its death")
            elif words in ("sheds", "full") and before == "has room":
                self.tell(f"Spillway: {edge.name} is going to be full, "
                          "part of its new viewers go elsewhere")


class Play:
    def __init__(self, args, fleet, world):
        self.fleet = fleet
        self.world = world
        self.cli = args.cli
        self.picture = args.picture
        self.explained = ""         # one answer under load, by `spillway explain`
        self.audience = Audience()
        self.counts = Counts(world, nearest_edges(world.edges))
        self.show = Show(world, self.counts, args.seconds)

    async def run(self):
        ready = self.fleet.ready
        host, _, port = ready["dns"][0].rpartition(":")
        dns = await dnsclient.DnsClient.connect(host, int(port))
        host, _, port = ready["http"][0].rpartition(":")
        viewers = Viewers(self.world, self.audience, self.counts, dns, (host, int(port)))
        await self._all_reported()
        self.show.begin()
        screen = Screen(self.show)
        screen.open()
        tasks = [asyncio.create_task(part) for part in (
            viewers.run(self.show.wanted), self._poll_status(), self._draw(screen),
            self._measure())]
        try:
            await self._phases(screen)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            screen.draw()
            screen.close()
            await viewers.leave()
            dns.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _phases(self, screen):
        show = self.show
        show.phase = "the first viewers"
        await self._until(RAMP_FROM)
        show.phase = "the audience arrives"
        show.tell(f"the audience arrives: {VIEWERS_MAX / VIEWERS_FIRST:.0f} times as many viewers "
                  f"within {(RAMP_TO - RAMP_FROM) * show.seconds:.0f} s")
        await self._until(RAMP_TO)
        show.phase = "the peak"
        show.tell(f"the peak: {self.counts.alive:,} viewers")
        await self._until(DEATH_AT)
        self._kill_fullest()
        show.phase = f"{show.dead} is dead"
        if self.picture:
            await self._until(PICTURE_AT)
            self.picture.write_text(frame_svg(screen.picture(*PICTURE_SIZE)), encoding="utf-8")
        await self._until(1.0)
        await self._explain()

    async def _until(self, fraction):
        await asyncio.sleep(max(0.0, fraction * self.show.seconds - self.show.elapsed()))

    def _kill_fullest(self):
        show = self.show
        name = max(self.world.edges, key=lambda edge: self.counts.watching[edge.name]).name
        show.dead_viewers = self.counts.watching[name]
        show.dead, show.dead_since = name, time.monotonic()
        pid = self.fleet.kill(name)
        show.tell(f"kill -9 {pid}: {name} dies, "
                  f"its {show.dead_viewers:,} viewers lose their stream")

    async def _all_reported(self):
        """Until spillwayd has heard from every edge; after a few seconds the play begins anyway."""
        limit = time.monotonic() + REPORTED_WITHIN_S
        while time.monotonic() < limit:
            _, value = await http1.admin(self.fleet.ready["admin"], self.fleet.admin_token,
                                         "GET", "/v1/status")
            if all(target["up"] and target["feed"]["state"] == "fresh"
                   for target in value["targets"]):
                return
            await asyncio.sleep(0.1)
        self.show.tell("not every edge has reported yet")

    async def _explain(self):
        """One client of the country whose viewers are moved most, asked while the load is on."""
        client = self.audience.draw("US")
        while client.address.version != 4:
            client = self.audience.draw("US")
        words = ["explain", "--client", str(client.address), "--name", self.world.service_name]
        environment = {**os.environ, "SPILLWAY_ADMIN": f"http://{self.fleet.ready['admin']}",
                       "SPILLWAY_TOKEN_FILE": str(self.fleet.folder / "tokens" / "admin")}
        process = await asyncio.create_subprocess_exec(
            str(self.cli), *words, env=environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        said, _ = await process.communicate()  # the command line gives up by itself after 5 s
        self.explained = f"$ spillway {' '.join(words)}\n{said.decode(errors='replace')}"

    async def _poll_status(self):
        while True:
            try:
                status, value = await http1.admin(self.fleet.ready["admin"], self.fleet.admin_token,
                                                  "GET", "/v1/status")
                if status == 200:
                    self.show.note_status(value)
            except OSError as error:
                self.counts.errors[f"status: {error}"] += 1
            await asyncio.sleep(STATUS_S)

    async def _draw(self, screen):
        while True:
            screen.draw()
            await asyncio.sleep(DRAW_S)

    async def _measure(self):
        while True:
            self.show.measure()
            await asyncio.sleep(0.05)


def event(seconds):
    """When the audience comes and how fast, as an operator would know it: roughly (to a second)."""
    start = time.time() + STARTED_WITHIN_S + RAMP_FROM * seconds
    return {"start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start)),
            "ramp": f"{(RAMP_TO - RAMP_FROM) * seconds:.0f}s"}


async def perform(play):
    """Runs the play unless a signal comes; then it is cancelled and everything is put away."""
    task = asyncio.create_task(play.run())
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sig, task.cancel)
    try:
        await task
        return True
    except asyncio.CancelledError:
        return False


def parse_arguments():
    parser = argparse.ArgumentParser(description="Plays one live event against spillwayd.")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--server", type=pathlib.Path, help="the spillwayd to run")
    parser.add_argument("--cli", type=pathlib.Path, help="the spillway command line")
    parser.add_argument("--geo", type=pathlib.Path, help="country database (mmdb)")
    parser.add_argument("--keep", action="store_true", help="leave spillwayd and the edges running")
    parser.add_argument("--seconds", type=float, default=60, help="length of the play, 30 to 600")
    parser.add_argument("--picture", type=pathlib.Path,
                        help="draw the screen some time after the death into this SVG")
    parser.add_argument("--stop", action="store_true", help="end what --keep left running")
    parser.add_argument("--check", action="store_true",
                        help="only judge the arguments and whether we may start")
    args = parser.parse_args()
    if not args.stop and not args.check and not (args.server and args.cli and args.geo):
        parser.error("want --server, --cli and --geo (ops/quickstart gives them)")
    if not 30 <= args.seconds <= 600:
        parser.error(f"--seconds: want 30 to 600, got {args.seconds:g}")
    return args


def main():
    args = parse_arguments()
    fleet = Fleet(args.root.resolve(), args.keep)
    if args.stop:
        found = fleet.stop_running()
        print(f"ended: {', '.join(found.values())}" if found else "nothing is running")
        return 0
    if running := fleet.running():
        raise SystemExit(f"an earlier quickstart still runs ({', '.join(running.values())}); "
                         "end it with: ops/quickstart --stop")
    if args.check:
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < VIEWERS_MAX + 500:
        raise SystemExit(f"want {VIEWERS_MAX + 500} open files, got {hard} (ulimit -Hn)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # until the play handles it itself
    left_running = False
    try:
        world = fleet.prepare(read_world, event(args.seconds))
        fleet.start_edges(world)
        fleet.start_server(args.server, args.geo)
        report.print_start(fleet, world)
        play = Play(args, fleet, world)
        if not asyncio.run(perform(play)):
            print("interrupted")
            return 130
        held = report.print_end(play)
        left_running = args.keep
        report.print_next(fleet, play, args.cli, left_running)
        return 0 if held else 1
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        if not left_running:
            fleet.stop()


if __name__ == "__main__":
    sys.exit(main())
