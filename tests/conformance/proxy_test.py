"""PROXY protocol v2 in front of DNS over UDP and TCP, and of HTTP: who counts is whom a trusted proxy names."""
import socket
import struct
import unittest

from conformance import SILENCE_S, TIMEOUT_S, Test
from harness import port_of, wait_for
from message import query, read

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def header(client, command=1, transport=1, tlvs=b"", version=2):
    """A header for `client` ("" = family unspecified)."""
    if not client:
        family, addresses = 0, b""
    elif ":" in client:
        family, addresses = 2, socket.inet_pton(socket.AF_INET6, client) * 2 + struct.pack("!HH", 1234, 53)
    else:
        family, addresses = 1, socket.inet_aton(client) * 2 + struct.pack("!HH", 1234, 53)
    content = addresses + tlvs
    return SIGNATURE + bytes([version << 4 | command, family << 4 | transport]) + struct.pack("!H", len(content)) + content


class Proxied(Test):
    zones = {"example": "www A 192.0.2.1\n"}
    flags = ("--dns_proxy=127.0.0.1:0,[::1]:0", "--http_proxy=127.0.0.1:0")
    # harness.Daemon trusts 127.0.0.0/8; ::1 is not trusted.

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        where = cls.server.daemon.where
        cls.plain = dict(cls.server.where)
        ports = [port_of(text) for text in where["dns"]]
        cls.server.where = {4: (socket.AF_INET, ("127.0.0.1", ports[2])), 6: (socket.AF_INET6, ("::1", ports[3]))}
        cls.http_port = port_of(where["http"][1])

    def target(self, reply):
        self.assertEqual(reply.rcode, "NOERROR")
        return [r.value() for r in reply.answer]

    def refused(self):
        return self.server.daemon.metric("spillway_dns_proxy_refused_total")

    def assert_refused(self, count):
        """So many in all: a silence ends before what was not answered is surely read."""
        wait_for(f"{count} refused", lambda: self.refused() >= count)
        self.assertEqual(self.refused(), count)

    def ask_udp(self, prefix, wait=TIMEOUT_S):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(wait)
            s.sendto(prefix + query("live.example"), self.server.where[4][1])
            try:
                return read(s.recv(65535))
            except TimeoutError:
                return None

    def test_udp_answers_are_for_whom_the_header_names(self):
        for client, expected in (("198.51.100.5", "192.0.2.20"), ("198.51.100.70", "192.0.2.30"),
                                 ("203.0.113.1", "192.0.2.10"), ("2001:db8:5::1", "192.0.2.20"),
                                 ("::ffff:198.51.100.5", "192.0.2.20")):
            self.assertEqual(self.target(self.ask_udp(header(client, transport=2))), [expected], client)
        # The proxy for itself, and a family we do not know: the proxy's own place.
        for own in (header("198.51.100.5", command=0), header("")):
            self.assertEqual(self.target(self.ask_udp(own)), ["192.0.2.10"])
        self.assertEqual(self.target(self.ask_udp(header("198.51.100.5", tlvs=b"\x04\0\x08" + bytes(8)))), ["192.0.2.20"])

    def test_udp_without_a_sound_header_is_dropped_and_counted(self):
        before = self.refused()
        bad = (b"", SIGNATURE + bytes.fromhex("2111012c"), header("198.51.100.5", version=1), b"PROXY UNKNOWN\r\n",
               header("198.51.100.5", command=2))
        for prefix in bad:
            self.assertIsNone(self.ask_udp(prefix, SILENCE_S), prefix)
        self.assert_refused(before + len(bad))

    def test_tcp_connections_begin_with_one_header_however_it_is_split(self):
        octets = query("live.example")
        frame = struct.pack("!H", len(octets)) + octets
        whole = header("198.51.100.5", tlvs=b"\x04\0\x08" + bytes(8)) + frame * 2
        for cut in (1, 12, 15, 16, 20, len(whole) - len(frame) * 2, len(whole) - 3):
            with self.stream() as s:
                s.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                s.socket.sendall(whole[:cut])
                s.socket.sendall(whole[cut:])
                for _ in range(2):
                    self.assertEqual(self.target(read(s.receive())), ["192.0.2.20"])

    def test_tcp_without_a_header_is_closed(self):
        before = self.refused()
        for octets in (b"\0\x1d" + query("live.example"), header("198.51.100.5", version=3)):
            with self.stream() as s:
                s.socket.sendall(octets)
                self.assertTrue(s.ended())
        self.assert_refused(before + 2)

    def test_who_is_not_trusted_is_not_heard(self):
        before = self.refused()
        with self.stream(6) as s:
            self.assertTrue(s.ended())
        self.assertIsNone(self.udp_raw(header("198.51.100.5") + query("live.example"), 6, SILENCE_S))
        self.assert_refused(before + 2)

    def test_elsewhere_a_header_is_rubbish(self):
        family, address = self.plain[4]
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(TIMEOUT_S)
            s.sendto(header("198.51.100.5") + query("live.example"), address)
            self.assertNotEqual(read(s.recv(65535)).rcode, "NOERROR")

    def http(self, octets):
        with socket.create_connection(("127.0.0.1", self.http_port), TIMEOUT_S) as s:
            for part in octets:
                s.sendall(part)
            s.shutdown(socket.SHUT_WR)
            got = b""
            while True:
                try:
                    more = s.recv(65536)
                except ConnectionResetError:
                    return got.decode()
                if not more:
                    return got.decode()
                got += more

    def test_http(self):
        request = b"GET /x HTTP/1.1\r\nHost: live.example\r\n\r\n"
        whole = header("198.51.100.5")
        for parts in ([whole + request], [whole, request], [whole[:7], whole[7:20], whole[20:] + request[:5], request[5:]],
                      [whole + request * 2]):
            answer = self.http(parts)
            self.assertEqual(answer.count("Location: https://192.0.2.20/x"), b"".join(parts).count(b"GET"), answer)
        # Who the proxy names is no proxy: what else it says of itself does not count.
        forged = b"GET /x HTTP/1.1\r\nHost: live.example\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"
        self.assertIn("https://192.0.2.20/x", self.http([whole + forged]))
        self.assertEqual(self.http([request]), "")
        self.assertGreaterEqual(
            self.server.daemon.metric('spillway_http_connections_closed_total{server="http",reason="proxy"}'), 1)


if __name__ == "__main__":
    unittest.main()
