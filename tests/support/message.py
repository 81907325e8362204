"""DNS messages as octets: made by hand so that wrong ones can be made too, read strictly.

Nothing here comes from the server's sources: the layouts are those of RFC 1035 4, 6891 6.1 and of the RFC of each
option. A message the reader cannot follow to its last octet raises Malformed.
"""
import ipaddress
import struct
from dataclasses import dataclass, field

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18,
         "AAAA": 28, "SRV": 33, "NAPTR": 35, "KX": 36, "DNAME": 39, "OPT": 41, "DS": 43, "RRSIG": 46, "NSEC": 47,
         "DNSKEY": 48, "NSEC3": 50, "TLSA": 52, "CDS": 59, "SVCB": 64, "HTTPS": 65, "NXNAME": 128, "TKEY": 249,
         "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255, "CAA": 257}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
          9: "NOTAUTH", 16: "BADVERS", 23: "BADCOOKIE"}
NSID, ECS, COOKIE, KEEPALIVE, PADDING, EDE = 3, 8, 10, 11, 12, 15
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
IN, CH, HS, NONE, ANY_CLASS = 1, 3, 4, 254, 255
FUDGE_S = 300  # RFC 8945 10


class Malformed(Exception):
    pass


def kind(name):
    """The number of a type; TYPEnnn for those without a name."""
    return TYPES[name] if name in TYPES else int(name.removeprefix("TYPE"))


def wire(name):
    """A name in wire form: text, a list of labels (octets), or octets that are used as they are."""
    if isinstance(name, bytes):
        return name
    labels = name if isinstance(name, list) else [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def option(code, content=b""):
    return struct.pack("!HH", code, len(content)) + content


def subnet(text, scope=0):
    """The ECS option of a prefix such as 192.0.2.0/24."""
    address, bits = text.split("/")
    ip = ipaddress.ip_address(address)
    size = (int(bits) + 7) // 8
    return option(ECS, struct.pack("!HBB", 1 if ip.version == 4 else 2, int(bits), scope) + ip.packed[:size])


def opt(options=b"", size=1232, version=0, do=False, flags=0, owner=b"\0", rcode=0):
    ttl = (rcode << 24) | (version << 16) | (0x8000 if do else 0) | flags
    return owner + struct.pack("!HHIH", TYPES["OPT"], size, ttl, len(options)) + options


def tsig(owner, algorithm, when, mac, id=0x2a5e, error=0, other=b"", class_=ANY_CLASS, ttl=0, data=None):
    """A TSIG record (RFC 8945 4.2); names in wire form, `data` in place of what makes its data."""
    if data is None:
        data = (algorithm + when.to_bytes(6, "big") + struct.pack("!HH", FUDGE_S, len(mac)) + mac +
                struct.pack("!HHH", id, error, len(other)) + other)
    return owner + struct.pack("!HHIH", TYPES["TSIG"], class_, ttl, len(data)) + data


def query(name, type_="A", *, id=0x2a5e, flags=RD, opcode=0, class_=IN, edns=None, extra=b"", extra_count=0):
    """One question; `edns` is the OPT record (see opt), `extra` goes into the additional section behind it."""
    head = struct.pack("!6H", id, flags | opcode << 11, 1, 0, 0, (edns is not None) + extra_count)
    return head + wire(name) + struct.pack("!HH", kind(type_), class_) + (edns or b"") + extra


@dataclass
class Record:
    owner: bytes  # wire form, letters as sent
    type: int
    class_: int
    ttl: int
    data: bytes  # names inside expanded; letters as sent
    compressed: bool = False  # a pointer stood inside the data

    @property
    def name(self):
        return text(self.owner)

    def short(self):
        """'owner ttl TYPE data' with data as text for the common types."""
        names = {number: name for name, number in TYPES.items()}
        return f"{self.name} {self.ttl} {names.get(self.type, f'TYPE{self.type}')} {self.value()}"

    def value(self):
        if self.type in (1, 28):
            return str(ipaddress.ip_address(self.data))
        if self.type in (2, 5, 12, 39):
            return text(self.data)
        if self.type == 15:
            return f"{int.from_bytes(self.data[:2], 'big')} {text(self.data[2:])}"
        return self.data.hex()


@dataclass
class Message:
    raw: bytes
    id: int
    flags: int
    questions: list = field(default_factory=list)
    answer: list = field(default_factory=list)
    authority: list = field(default_factory=list)
    additional: list = field(default_factory=list)  # without OPT
    opt: Record = None

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    @property
    def rcode(self):
        number = self.flags & 15 | (self.opt.ttl >> 24 << 4 if self.opt else 0)
        return RCODES.get(number, number)

    def has(self, flag):
        return self.flags & flag != 0

    def options(self):
        found, data = [], self.opt.data if self.opt else b""
        while data:
            code, size = struct.unpack("!HH", data[:4])
            if len(data) < 4 + size:
                raise Malformed("option past the end of OPT")
            found.append((code, data[4:4 + size]))
            data = data[4 + size:]
        return found

    def option(self, code):
        return next((content for c, content in self.options() if c == code), None)

    def scope(self):
        content = self.option(ECS)
        return None if content is None else content[3]

    def lines(self, section="answer"):
        return [record.short() for record in getattr(self, section)]


def text(name):
    """Wire form as text; octets that are no letters, digits, '-', '_' or '*' as \\DDD."""
    out = ""
    while name[0]:
        label, name = name[1:1 + name[0]], name[1 + name[0]:]
        out += "".join(chr(c) if chr(c).isalnum() and c < 128 or c in b"-_*" else f"\\{c:03d}" for c in label) + "."
    return out or "."


def read_name(raw, at):
    """(wire form, offset behind it); pointers must go backwards."""
    name, end, limit = b"", None, at
    while True:
        if at >= len(raw):
            raise Malformed("name past the end")
        size = raw[at]
        if size >= 0xC0:
            if at + 1 >= len(raw):
                raise Malformed("pointer past the end")
            target = (size & 0x3F) << 8 | raw[at + 1]
            if end is None:
                end = at + 2
            if target >= limit:
                raise Malformed("pointer that does not go back")
            at = limit = target
            continue
        if size > 63 or at + 1 + size > len(raw):
            raise Malformed("label past the end or of a type not known")
        name += raw[at:at + 1 + size]
        at += 1 + size
        if len(name) > 255:
            raise Malformed("name over 255 octets")
        if size == 0:
            return name, at if end is None else end


# How many octets stand before the names inside the data, and how many names, of types that may be compressed.
COMPRESSIBLE = {2: (0, 1), 5: (0, 1), 6: (0, 2), 12: (0, 1), 15: (2, 1)}


def read_data(raw, at, size, type_):
    end = at + size
    if end > len(raw):
        raise Malformed("data past the end")
    if type_ not in COMPRESSIBLE:
        return raw[at:end], False
    before, names = COMPRESSIBLE[type_]
    data, pos = raw[at:at + before], at + before
    for _ in range(names):
        name, pos = read_name(raw, pos)
        data += name
    if pos > end:
        raise Malformed("name past the end of its data")
    return data + raw[pos:end], len(data) + end - pos != size


def read(raw):
    if len(raw) < 12:
        raise Malformed("shorter than a header")
    id_, flags, *counts = struct.unpack("!6H", raw[:12])
    message, at = Message(raw, id_, flags), 12
    for _ in range(counts[0]):
        name, at = read_name(raw, at)
        message.questions.append((name, *struct.unpack("!HH", raw[at:at + 4])))
        at += 4
    for section, count in zip(("answer", "authority", "additional"), counts[1:]):
        for _ in range(count):
            owner, at = read_name(raw, at)
            if at + 10 > len(raw):
                raise Malformed("record past the end")
            type_, class_, ttl, size = struct.unpack("!HHIH", raw[at:at + 10])
            data, compressed = read_data(raw, at + 10, size, type_)
            at += 10 + size
            record = Record(owner, type_, class_, ttl, data, compressed)
            if type_ != TYPES["OPT"]:
                getattr(message, section).append(record)
            elif section != "additional" or message.opt or owner != b"\0":
                raise Malformed("OPT where none may be")
            else:
                message.opt = record
    if at != len(raw):
        raise Malformed(f"{len(raw) - at} octets behind the last record")
    return message
