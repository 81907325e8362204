# ops/demo/viewers.py -- viewers: ask Spillway where to go, go there, ask again when it breaks.
#
#   ask (DNS, or HTTP 302) ──► open a session at that edge ──► watch ──► leave
#          ▲                        │ refused                    │ connection lost
#          └──── wait a little ◄────┴────────────────────────────┘
#
# A viewer that came by DNS keeps its answer for the TTL, as its resolver would: while the answer is
# cached it goes back to the same address, dead or not. Nothing here knows what Spillway decided
# otherwise than by its answers.
import asyncio
import collections
import contextlib
import time
import urllib.parse

import dnsclient
import http1

EVENT_PATH = "/live/fight/index.m3u8"
REDIRECT_SHARE = 0.4       # of viewers; the others come by DNS
ASKS_AT_ONCE_MAX = 120     # asking at the same moment: bounds what a slow machine piles up
STARTS_PER_TICK_MAX = 16   # with TICK_S: at most 320 new viewers a second
TICK_S = 0.05
NOTICE_S = (0.2, 6.0)      # a player sees a broken stream when its buffer wants the next segment
RETRY_S = (0.4, 0.8)
RECENT_S = 3.0             # what "now" means in "where they go now"


class Session(asyncio.Protocol):
    """The viewer's end of a connection to an edge, open as long as it watches."""

    def __init__(self):
        loop = asyncio.get_running_loop()
        self.head = loop.create_future()    # the answer's head, or "" when refused
        self.closed = loop.create_future()
        self.transport = None
        self._data = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if not self.head.done():
            self._data += data
            if b"\r\n\r\n" in self._data:
                self.head.set_result(self._data.decode("latin-1"))

    def connection_lost(self, exc):
        for future in (self.head, self.closed):
            if not future.done():
                future.set_result("")


class Counts:
    """Everything the screen and the closing table show."""

    def __init__(self, world, nearest):
        names = [edge.name for edge in world.edges]
        self.nearest = nearest
        self.alive = 0
        self.watching = collections.Counter()            # edge -> sessions open now
        self.if_nearest = collections.Counter()          # edge -> viewers for whom it is nearest
        self.by_country = {code: collections.Counter() for code in nearest}  # sessions, by edge
        # edge -> sessions begun: dns and redirect, and of these rescued from the dead edge
        self.served = {name: collections.Counter() for name in names}
        self.recent = collections.deque()                # (when, country, edge) of every answer
        self.recent_by_country = {code: collections.Counter() for code in nearest}
        self.answers = collections.Counter()             # dns, redirect, cached
        self.away = 0                                    # watching elsewhere than at the nearest
        self.refused = collections.Counter()             # edge -> 503 because full
        self.failed = collections.Counter()              # edge -> could not connect
        self.errors = collections.Counter()              # what should not happen at all, by words
        self.broken = 0                                  # sessions lost when an edge died
        self.back_s = []                                 # how long each of them was off
        self.last_answer_at = {}                         # edge -> when it was last named

    def answered(self, country, edge, how):
        now = time.monotonic()
        self.answers[how] += 1
        self.recent.append((now, country, edge))
        self.recent_by_country[country][edge] += 1
        self.last_answer_at[edge] = now

    def forget_old(self):
        limit = time.monotonic() - RECENT_S
        while self.recent and self.recent[0][0] < limit:
            _, country, edge = self.recent.popleft()
            self.recent_by_country[country][edge] -= 1

    def opened(self, country, edge, how, lost_at):
        self.watching[edge] += 1
        self.by_country[country][edge] += 1
        self.served[edge][how] += 1
        self.away += edge != self.nearest[country].name
        if lost_at is not None:
            self.served[edge]["rescued"] += 1
            self.back_s.append(time.monotonic() - lost_at)

    def closed(self, country, edge):
        self.watching[edge] -= 1
        self.by_country[country][edge] -= 1
        self.away -= edge != self.nearest[country].name


class Viewers:
    """Keeps as many viewers watching as the moment of the event asks for."""

    def __init__(self, world, audience, counts, dns, redirect_at):
        self._world = world
        self._audience = audience
        self._counts = counts
        self._dns = dns                    # DnsClient
        self._redirect = redirect_at       # (host, port)
        self._edge_of_address = {edge.address: edge for edge in world.edges}
        self._edge_of_host = {f"{edge.address}:{edge.port}": edge for edge in world.edges}
        self._asking = asyncio.Semaphore(ASKS_AT_ONCE_MAX)
        self._tasks = set()
        self._number = 0

    async def run(self, wanted):
        """Until cancelled; wanted() is how many should be watching now."""
        while True:
            missing = min(wanted() - self._counts.alive, STARTS_PER_TICK_MAX)
            if self._asking.locked():
                missing = 0
            for _ in range(missing):
                self._start()
            await asyncio.sleep(TICK_S)

    async def leave(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self):
        task = asyncio.create_task(self._watch(self._audience.draw()))
        self._tasks.add(task)
        self._counts.alive += 1
        task.add_done_callback(self._ended)

    def _ended(self, task):
        self._tasks.discard(task)
        self._counts.alive -= 1
        if not task.cancelled() and task.exception() is not None:
            self._counts.errors[repr(task.exception())] += 1

    def _draw_length_s(self):
        # Three of ten look in shortly, the others stay; two minutes of an evening are a second.
        rng = self._audience.random
        return rng.uniform(2, 8) if rng.random() < 0.3 else rng.lognormvariate(3.3, 0.45)

    async def _watch(self, client):
        counts, rng = self._counts, self._audience.random
        until = time.monotonic() + self._draw_length_s()
        how = "redirect" if rng.random() < REDIRECT_SHARE else "dns"
        self._number += 1
        target = f"{EVENT_PATH}?viewer={self._number}&t=a%2Fb"
        home = counts.nearest[client.country].name
        counts.if_nearest[home] += 1
        cached, lost_at = (None, 0.0), None
        try:
            while lost_at is not None or time.monotonic() < until:
                edge, cached = await self._ask(client, how, target, cached)
                session = edge and await self._open(edge, target)
                if not session:
                    await asyncio.sleep(rng.uniform(*RETRY_S))
                    continue
                counts.opened(client.country, edge.name, how, lost_at)
                until, lost_at = max(until, time.monotonic() + 2), None
                try:
                    await asyncio.wait_for(session.closed, until - time.monotonic())
                    counts.broken += 1
                    lost_at = time.monotonic()
                except asyncio.TimeoutError:
                    pass
                finally:
                    counts.closed(client.country, edge.name)
                    session.transport.abort()
                if lost_at is not None:
                    await asyncio.sleep(rng.uniform(*NOTICE_S))
        finally:
            counts.if_nearest[home] -= 1

    async def _ask(self, client, how, target, cached):
        """Returns (Edge or None, (Edge, expiry) to remember)."""
        if cached[1] > time.monotonic():
            self._counts.answers["cached"] += 1
            return cached[0], cached
        async with self._asking:
            try:
                if how == "dns":
                    edge, ttl_s = await self._ask_dns(client)
                else:
                    edge, ttl_s = await self._ask_redirect(client, target), 0
            except (OSError, dnsclient.DnsError) as error:
                self._counts.errors[f"{how}: {error}"] += 1
                return None, (None, 0.0)
        self._counts.answered(client.country, edge.name, how)
        return edge, (edge, time.monotonic() + ttl_s)

    async def _ask_dns(self, client):
        answer = await self._dns.ask(self._world.service_name, client.subnet)
        if answer.rcode or not answer.addresses:
            raise dnsclient.DnsError(f"rcode {answer.rcode}, {len(answer.addresses)} addresses")
        edge = self._edge_of_address.get(answer.addresses[0])
        if edge is None:
            raise dnsclient.DnsError(f"{answer.addresses[0]} is no edge of ours")
        return edge, answer.ttl_s

    async def _ask_redirect(self, client, target):
        status, fields, _ = await http1.request(
            *self._redirect, "GET", target,
            headers=[("Host", self._world.service_name), ("X-Forwarded-For", str(client.address))])
        location = fields.get("location", "")
        parts = urllib.parse.urlsplit(location)
        edge = self._edge_of_host.get(parts.netloc)
        if status != 302 or edge is None:
            raise OSError(f"want 302 to an edge, got {status} {location}")
        if f"{parts.path}?{parts.query}" != target:
            raise OSError("path or query changed on the way")
        return edge

    async def _open(self, edge, target):
        """A session at the edge, or None when it could not be opened."""
        loop = asyncio.get_running_loop()
        try:
            transport, session = await loop.create_connection(Session, edge.address, edge.port)
        except OSError:
            self._counts.failed[edge.name] += 1
            return None
        transport.write(f"GET {target} HTTP/1.1\r\n"
                        f"Host: {self._world.service_name}\r\n\r\n".encode())
        head = ""
        with contextlib.suppress(asyncio.TimeoutError):
            head = await asyncio.wait_for(session.head, 3)
        if head.startswith("HTTP/1.1 200 ") and f"\r\nX-Edge: {edge.name}\r\n" in head:
            return session
        transport.abort()
        full = head.startswith("HTTP/1.1 503 ")
        (self._counts.refused if full else self._counts.failed)[edge.name] += 1
        return None
