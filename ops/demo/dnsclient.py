# ops/demo/dnsclient.py -- asks one name server over UDP, with EDNS client subnet (RFC 7871).
#
# why: the standard library has no DNS; dig started 200 times a second would be the load itself.
import asyncio
import dataclasses
import random
import struct

TYPE_A = 1
TYPE_OPT = 41
OPTION_ECS = 8
UDP_SIZE = 1232  # RFC 8200 5: 1,280 octets always pass; less the IPv6 and UDP headers
TRIES = 3


class DnsError(Exception):
    """No usable answer."""


@dataclasses.dataclass
class Answer:
    rcode: int
    addresses: list     # of str, A records only
    ttl_s: int          # the least of them; 0 without any
    scope_bits: int     # -1 when the answer has no client subnet option


def encode_query(ident, name, subnet):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    octets = (subnet.prefixlen + 7) // 8
    ecs = struct.pack("!HBB", 1 if subnet.version == 4 else 2, subnet.prefixlen, 0)
    ecs += subnet.network_address.packed[:octets]
    option = struct.pack("!HH", OPTION_ECS, len(ecs)) + ecs
    return (struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 1)
            + question + b"\0" + struct.pack("!HH", TYPE_A, 1)
            + b"\0" + struct.pack("!HHIH", TYPE_OPT, UDP_SIZE, 0, len(option)) + option)


def _skip_name(data, at):
    while data[at]:
        if data[at] >= 0xC0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def _scope_of(data):
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("!HH", data, at)
        if code == OPTION_ECS and length >= 4:
            return data[at + 7]
        at += 4 + length
    return -1


def decode_answer(data):
    _, flags, questions, answers, authority, additional = struct.unpack_from("!HHHHHH", data)
    at = 12
    for _ in range(questions):
        at = _skip_name(data, at) + 4
    result = Answer(flags & 15, [], 0, -1)
    ttls = []
    for index in range(answers + authority + additional):
        at = _skip_name(data, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if kind == TYPE_A and index < answers:
            result.addresses.append(".".join(str(octet) for octet in data[at:at + 4]))
            ttls.append(ttl)
        elif kind == TYPE_OPT:
            result.scope_bits = _scope_of(data[at:at + length])
        at += length
    result.ttl_s = min(ttls, default=0)
    return result


class DnsClient(asyncio.DatagramProtocol):
    """One socket, many queries in flight; an answer is known by its id."""

    @classmethod
    async def connect(cls, host, port):
        loop = asyncio.get_running_loop()
        return (await loop.create_datagram_endpoint(cls, remote_addr=(host, port)))[1]

    def __init__(self):
        self._waiting = {}
        self._transport = None

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        waiter = self._waiting.pop(int.from_bytes(data[:2], "big"), None)
        if waiter is not None and not waiter.done():
            waiter.set_result(data)

    def error_received(self, exc):
        pass  # connection refused: the query times out and is asked again

    async def ask(self, name, subnet, timeout=1.0):
        for _ in range(TRIES):
            ident = random.randrange(65536)
            while ident in self._waiting:
                ident = random.randrange(65536)
            waiter = asyncio.get_running_loop().create_future()
            self._waiting[ident] = waiter
            self._transport.sendto(encode_query(ident, name, subnet))
            try:
                return decode_answer(await asyncio.wait_for(waiter, timeout))
            except asyncio.TimeoutError:
                self._waiting.pop(ident, None)
            except (struct.error, IndexError) as error:
                raise DnsError(f"malformed answer: {error}") from error
        raise DnsError(f"no answer to {TRIES} queries")

    def close(self):
        self._transport.close()
