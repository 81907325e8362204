"""What tests of transfers and of NOTIFY share: a zone with steered names, keys, and TSIGs that are made and read."""
import base64
import hashlib
import hmac
import struct
import tempfile
import time
from pathlib import Path

from conformance import Test, harness
from message import FUDGE_S, TYPES, query, read, tsig, wire

SECRET = base64.b64encode(b"a secret of 32 octets for tests!").decode()
KEY = "xfr.example.net"
ALGORITHMS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256, "hmac-sha384": hashlib.sha384,
              "hmac-sha512": hashlib.sha512}


def key_name(algorithm):
    return f"{algorithm.removeprefix('hmac-')}.{KEY}"


KEY_FILE = "# keys of the tests\n" + "".join(f"{key_name(name)}. {name} {SECRET}\n" for name in ALGORITHMS)
KEY256 = key_name("hmac-sha256")

POLICY = """
targets:
  near: {addresses: [192.0.2.10, "2001:db8::10"]}
  far: {addresses: [192.0.2.20]}
  cdn-a: {cname: "a.cdn.test"}
  cdn-b: {cname: "b.cdn.test"}
services:
  live:
    names: [live.example, own.example, alone.test]
    candidates: {targets: [near, far]}
    prefer: [{targets: [near], penalty: 20ms}]
  outsourced:
    names: [outsourced.example]
    candidates: {targets: [cdn-a, cdn-b]}
    weights: {cdn-b: 3}
dns:
  nameservers: [ns1.example]
"""

ZONE = """$TTL 3600
@ SOA ns1 hostmaster {serial} 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.{last}
own A 192.0.2.99
{extra}
"""


def zone(serial, last=1, extra=""):
    return ZONE.format(serial=serial, last=last, extra=extra)


class Files:
    """A key file, and a policy with `dns` added to its dns section."""

    def __init__(self, dns):
        self.folder = tempfile.TemporaryDirectory()
        self.keys = Path(self.folder.name) / "keys"
        self.keys.write_text(KEY_FILE)
        self.policy = POLICY + dns


class Base(Test):
    dns = ""
    zones = {"example": zone(1)}

    @classmethod
    def setUpClass(cls):
        cls.files = Files(cls.dns)
        cls.policy, cls.flags = cls.files.policy, (f"--tsig_key_file={cls.files.keys}",)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.files.folder.cleanup()

    @classmethod
    def publish(cls, name, text):
        """Writes a zone and waits until it serves."""
        (Path(cls.server.folder.name) / f"{name}.zone").write_text(text)
        status, answer = cls.server.daemon.ask_admin("/v1/reload", {})
        assert status == 200, answer
        return answer

    def dig(self, *args):
        """The answer section alone."""
        return self.server.daemon.dig("+noall", "+answer", *args)

    def kdig(self, *args):
        return harness.run("kdig", "@127.0.0.1", "-p", str(self.server.daemon.dns_port), *args)

    def transfer(self, octets, version=4):
        """Every message of the reply."""
        with self.stream(version) as s:
            s.send(octets)
            messages = [self.checked(octets, message.raw) for message in until_second_soa(s)]
            s.send(query("www.example", id=77))
            self.assertEqual(read(s.receive()).id, 77, "the connection is usable afterwards")
        return messages


def until_second_soa(stream):
    """The messages of a transfer, from the one that begins with the zone's SOA to the one that ends with it."""
    soas = 0
    while soas < 2:
        message = read(stream.receive())
        yield message
        if message.rcode != "NOERROR":
            return
        soas += sum(r.type == TYPES["SOA"] for r in message.answer)


def mac(algorithm, *parts):
    return hmac.new(base64.b64decode(SECRET), b"".join(parts), ALGORITHMS[algorithm]).digest()


def variables(key, algorithm, when, error=0, other=b""):
    return (wire(key) + struct.pack("!HI", 255, 0) + wire(algorithm) + when.to_bytes(6, "big") +
            struct.pack("!HHH", FUDGE_S, error, len(other)) + other)


def signed(octets, algorithm="hmac-sha256", key=None, when=None, cut=None, spoil=False):
    """(octets with a TSIG, its MAC)"""
    key = key or key_name(algorithm)
    when = int(time.time()) if when is None else when
    digest = mac(algorithm, octets, variables(key, algorithm, when))[:cut]
    if spoil:
        digest = bytes([digest[0] ^ 1]) + digest[1:]
    return with_tsig(octets, tsig(wire(key), wire(algorithm), when, digest, int.from_bytes(octets[:2], "big"))), digest


def with_tsig(octets, record):
    count = int.from_bytes(octets[10:12], "big")
    return octets[:10] + struct.pack("!H", count + 1) + octets[12:] + record


def split(raw):
    """(message as it was signed, fields of its TSIG) of a reply that ends with one."""
    message = read(raw)
    record = message.additional[-1]
    assert record.type == 250, "no TSIG"
    size = len(record.owner) + 10 + len(record.data)
    at, data = 0, record.data
    while data[at]:
        at += 1 + data[at]
    fields = data[at + 1:]
    mac_size = struct.unpack("!H", fields[8:10])[0]
    rest = fields[10 + mac_size:]
    id_, error, other = struct.unpack("!HHH", rest[:6])
    count = struct.unpack("!H", raw[10:12])[0]
    unsigned = raw[:10] + struct.pack("!H", count - 1) + raw[12:len(raw) - size]
    return unsigned, {"timers": fields[:8], "when": int.from_bytes(fields[:6], "big"), "mac": fields[10:10 + mac_size],
                      "error": error, "other": rest[6:6 + other], "key": record.name, "id": id_}
