"""A few hundred viewers who ask a real spillwayd as the viewers of sim/world.h do.

  arrival ─┬─ by 302 ────────────────────────────► open a session at the edge that is named
           └─ by DNS ─► its resolver's cache ─ TTL ─► (the same)
  steered: asks content steering once a TTL and goes where the first pathway is
  edge dies: the buffer runs out ─► steered: the next pathway · else: a new start in the same way

Sessions are connections that stay open at the edge (ops/demo/edge.py), which reports what it carries.
Addresses are told by EDNS client subnet (a resolver's /24) and X-Forwarded-For (a viewer's own).
"""
import asyncio
import collections
import contextlib
import ipaddress
import json
import random
import sys
import time
import urllib.parse

import harness

sys.path.insert(0, str(harness.SOURCE / "ops/demo"))
import dnsclient  # noqa: E402
import http1  # noqa: E402
import viewers  # noqa: E402  (Session: the viewer's end of a connection)

NAME = "live.example.com"
BUFFER_MAX_S = 12.0  # a player whose edge died plays on for none to six 2-s segments
HLS_SHUN_S = 300.0
LOOK_S = 0.05


class Resolver:
    def __init__(self, address, hold_s):
        self.subnet = ipaddress.ip_network(f"{address}/24", strict=False)
        self.hold_s = hold_s
        self.edge, self.expires = None, 0.0
        self.asking = asyncio.Lock()  # one question at a time, as resolvers do


class Crowd:
    """scenario: the parsed facts (Facts); edges: name -> (address, port)."""

    def __init__(self, facts, edges, dns_port, http):
        self.facts, self.edges = facts, edges
        self.names = list(edges)
        self.by_address = {address: name for name, (address, _) in edges.items()}
        self.dns_port = dns_port
        host, _, port = http.removeprefix("http://").rpartition(":")
        self.http = (host, int(port))
        self.random = random.Random(facts.seed)
        self.sessions = collections.Counter()
        self.seconds = []        # sessions by target, every second
        self.answers = []        # (when, target, how)
        self.errors = collections.Counter()
        self.tasks = set()
        self.began = 0.0
        self.resolvers = {place: self._resolvers(place) for place in facts.places}

    def _address(self, place):
        return place.prefix[self.random.randrange(place.prefix.num_addresses)]

    def _resolvers(self, place):
        count = max(2, round(self.facts.peak * place.part / place.viewers_per_cache))
        stretched = round(count * self.facts.stretch)
        return [Resolver(self._address(place), self.facts.stretch_s if i < stretched else 0.0) for i in range(count)]

    def now(self):
        return time.monotonic() - self.began

    async def play(self, events):
        """Until the facts' end; events: [(at second, function)]."""
        self.dns = await dnsclient.DnsClient.connect("127.0.0.1", self.dns_port)
        self.began = time.monotonic()
        events = sorted(events, key=lambda e: e[0])
        due, playing_at_0 = 0.0, self.facts.viewers_at(0)
        for _ in range(round(playing_at_0)):
            self._arrive()
        while self.now() < self.facts.length_s:
            while due < min(self.now(), self.facts.length_s):  # a late look starts all who are due
                due += self.random.expovariate(max(0.1, self.facts.arrivals_at(due)))
                self._arrive()
            while events and events[0][0] <= self.now():
                events.pop(0)[1]()
            while len(self.seconds) + 1 <= self.now():
                self.seconds.append([self.sessions[name] for name in self.names])
            await asyncio.sleep(LOOK_S)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.dns.close()

    def _arrive(self):
        task = asyncio.create_task(self._watch())
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.errors[repr(task.exception())] += 1

    def _answered(self, edge, how):
        self.answers.append((self.now(), edge, how))
        return edge

    async def _watch(self):
        facts, rng = self.facts, self.random
        place = rng.choices(facts.places, [p.part for p in facts.places])[0]
        address, resolver = self._address(place), rng.choice(self.resolvers[place])
        way = rng.random()
        by_redirect, deaf = way < facts.redirect, way >= 1 - facts.dns_only
        steered = not deaf and rng.random() < facts.steered / (1 - facts.dns_only)
        shun_s = HLS_SHUN_S if rng.random() < facts.hls else 2.0
        until = self.now() + rng.expovariate(1 / facts.session_s)
        while self.now() < until:
            edge = await (self._redirect(address) if by_redirect else self._cached(resolver))
            session = edge and await self._open(edge)
            if session:
                if await self._stay(session, edge, address, until, steered, shun_s):
                    return
                until = self.now() + rng.expovariate(1 / facts.session_s)  # comes back
            else:
                until += facts.retry_after_s  # has not begun yet
            await asyncio.sleep(rng.expovariate(1 / facts.retry_after_s))

    async def _stay(self, session, edge, address, until, steered, shun_s):
        """Watches until the end (True) or until cut off (False)."""
        shunned = {}
        pathways, ttl_s = await self._steer(address, False) if steered else ([edge], until)
        ask_at = self.now() + ttl_s
        self.sessions[edge] += 1
        try:
            while self.now() < until:
                wake = min(until, ask_at) if steered else until
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(asyncio.shield(session.closed), max(0.0, wake - self.now()))
                lost = session.closed.done()
                if lost:
                    # It plays its buffer; what it asks meanwhile may already lead it away.
                    empty_at = self.now() + self.random.random() * BUFFER_MAX_S
                    while self.now() < min(empty_at, until):
                        await asyncio.sleep(max(0.0, min(empty_at, ask_at if steered else empty_at, until) - self.now()))
                        if steered and ask_at <= self.now() < empty_at:
                            pathways, ttl_s = await self._steer(address, True)
                            ask_at = self.now() + ttl_s
                            if pathways[0] != edge:
                                break
                    if self.now() >= until:
                        return True
                    if not steered:
                        return False
                    shunned[edge] = self.now() + shun_s
                elif steered and self.now() >= ask_at:
                    pathways, ttl_s = await self._steer(address, True)
                    ask_at = self.now() + ttl_s
                for wanted in pathways:
                    if shunned.get(wanted, 0.0) > self.now():
                        continue
                    if wanted == edge and not lost:
                        break
                    other = await self._open(wanted)
                    if other is None:
                        shunned[wanted] = self.now() + shun_s
                        continue
                    session.transport.abort()
                    self.sessions[edge] -= 1
                    self.sessions[wanted] += 1
                    session, edge, lost = other, wanted, False
                    break
                if lost:
                    return False
            return True
        finally:
            self.sessions[edge] -= 1
            session.transport.abort()

    async def _cached(self, resolver):
        async with resolver.asking:
            if self.now() >= resolver.expires:
                try:
                    answer = await self.dns.ask(NAME, resolver.subnet, timeout=3.0)
                    resolver.edge = self._answered(self.by_address[answer.addresses[0]], "dns")
                    resolver.expires = self.now() + max(answer.ttl_s, resolver.hold_s)
                except (OSError, dnsclient.DnsError, KeyError, IndexError) as error:
                    self.errors[f"dns: {error!r}"] += 1
                    return None
            return resolver.edge

    async def _redirect(self, address):
        try:
            status, fields, _ = await http1.request(*self.http, "GET", "/live/x.m3u8", timeout=10.0, headers=[
                ("Host", NAME), ("X-Forwarded-For", str(address))])
            edge = self.by_address[urllib.parse.urlsplit(fields["location"]).hostname]
            return self._answered(edge, "redirect") if status == 302 else None
        except (OSError, KeyError) as error:
            self.errors[f"redirect: {error!r}"] += 1
            return None

    async def _steer(self, address, count):
        """([pathways], ttl in s). The first answer of a session is not one of the counted ones."""
        status, _, body = await http1.request(*self.http, "GET", "/steer/live", timeout=10.0, headers=[
            ("Host", NAME), ("X-Forwarded-For", str(address))])
        if status != 200:
            raise OSError(f"content steering: {status}")
        manifest = json.loads(body)
        if count:
            self._answered(manifest["PATHWAY-PRIORITY"][0], "steering")
        return manifest["PATHWAY-PRIORITY"], manifest["TTL"]

    async def _open(self, edge):
        loop = asyncio.get_running_loop()
        try:
            transport, session = await loop.create_connection(viewers.Session, *self.edges[edge])
        except OSError:
            return None
        transport.write(f"GET /live/x.m3u8 HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        head = ""
        with contextlib.suppress(asyncio.TimeoutError):
            head = await asyncio.wait_for(session.head, 10)
        if head.startswith("HTTP/1.1 200 "):
            return session
        transport.abort()
        return None
