"""RFC 7766, 7828 and 1035 4.2.2: DNS over TCP."""
import select
import socket
import struct
import time
import unittest

from conformance import TIMEOUT_S, Test
from message import KEEPALIVE, opt, option, query, read

FAT = 14000  # octets of one reply to fat.example TXT, about


class Tcp(Test):
    zones = {
        "example": "www A 192.0.2.1\n" + "".join(f'fat TXT "{"f" * 250}{i:02}"\n' for i in range(54)),
    }

    def ids(self, stream, count):
        return sorted(read(stream.receive()).id for _ in range(count))

    def test_7766_6_2_1_1_pipelined_questions_are_all_answered(self):
        for version in (4, 6):
            for count in (2, 50, 500):
                with self.stream(version) as s:
                    s.send(*(query("www.example", id=i) for i in range(count)))
                    self.assertEqual(self.ids(s, count), list(range(count)))

    def test_questions_of_one_id_get_as_many_answers(self):
        with self.stream() as s:
            s.send(*[query("www.example", id=7)] * 3)
            self.assertEqual(self.ids(s, 3), [7, 7, 7])

    def test_a_message_may_come_split_at_every_octet(self):
        octets = query("www.example", id=9)
        framed = struct.pack("!H", len(octets)) + octets
        for cut in range(1, len(framed)):
            with self.stream() as s:
                s.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                s.socket.sendall(framed[:cut])
                s.socket.sendall(framed[cut:])
                self.assertEqual(self.ids(s, 1), [9])
        with self.stream() as s:
            s.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in framed:
                s.socket.sendall(bytes([octet]))
            self.assertEqual(self.ids(s, 1), [9])

    def test_a_second_message_may_be_split_across_reads(self):
        octets = query("www.example", id=3)
        framed = struct.pack("!H", len(octets)) + octets
        with self.stream() as s:
            s.socket.sendall(framed + framed[:5])
            self.assertEqual(self.ids(s, 1), [3])
            s.socket.sendall(framed[5:])
            self.assertEqual(self.ids(s, 1), [3])

    def test_half_closed_connections_are_answered(self):
        with self.stream() as s:
            s.send(*(query("fat.example", "TXT", id=i) for i in range(5)))
            s.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(self.ids(s, 5), list(range(5)))
            self.assertTrue(s.ended())

    def test_7766_6_2_3_a_connection_is_reused_after_a_pause(self):
        with self.stream() as s:
            for i in range(3):
                s.send(query("www.example", id=i))
                self.assertEqual(self.ids(s, 1), [i])
                time.sleep(1.0)

    def test_8_length_and_message_come_in_one_piece(self):
        with self.stream() as s:
            s.send(query("www.example"))
            first = s.socket.recv(65535)
            self.assertEqual(struct.unpack("!H", first[:2])[0], len(first) - 2)

    def test_rubbish_does_not_disturb_others(self):
        for rubbish in (b"\0\0" * 10, b"\xff\xff" + bytes(100), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                        bytes.fromhex("16030100c8010000c40303"), b"\0", b"\0\5abcde"):
            with self.stream() as bad, self.stream() as good:
                bad.socket.sendall(rubbish)
                good.send(query("www.example", id=4))
                self.assertEqual(self.ids(good, 1), [4])

    def test_a_frame_without_a_header_is_passed_over(self):
        with self.stream() as s:
            s.send(b"", b"abc", query("www.example", id=5))
            self.assertEqual(self.ids(s, 1), [5])

    def test_resets_do_not_disturb(self):
        for _ in range(50):
            with self.stream() as s:
                s.send(query("fat.example", "TXT"))
                s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.still_answers()

    def test_many_connections_at_once_and_stuck_ones_among_them(self):
        stuck = [self.stream() for _ in range(30)]
        try:
            for s in stuck:
                s.socket.sendall(b"\0")
            busy = [self.stream(version) for version in (4, 6) for _ in range(20)]
            try:
                for i, s in enumerate(busy):
                    s.send(query("www.example", id=i))
                self.assertEqual([self.ids(s, 1)[0] for s in busy], list(range(40)))
            finally:
                for s in busy:
                    s.socket.close()
        finally:
            for s in stuck:
                s.socket.close()

    def test_a_slow_reader_gets_everything(self):
        with self.stream() as s:
            s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            s.send(*(query("fat.example", "TXT", id=i) for i in range(40)))
            time.sleep(0.3)
            got = []
            for _ in range(40):
                reply = read(s.receive())
                self.assertGreater(len(reply.raw), FAT)
                got.append(reply.id)
            self.assertEqual(sorted(got), list(range(40)))

    def test_a_writer_that_never_reads_is_held_back(self):
        with self.stream() as s:
            s.socket.setblocking(False)
            frame = query("fat.example", "TXT")
            frames = (struct.pack("!H", len(frame)) + frame) * 1000
            sent, deadline = 0, time.monotonic() + TIMEOUT_S
            while time.monotonic() < deadline and select.select([], [s.socket], [], 0.5)[1]:
                sent += s.socket.send(frames)
            self.assertLess(sent, 64 << 20)  # the kernel's buffers, not the server's memory, hold it
            self.still_answers()

    def test_7828_3_2_1_keepalive_only_on_request_and_only_over_tcp(self):
        octets = query("www.example", edns=opt(option(KEEPALIVE)))
        self.assertIsNone(self.udp(octets).option(KEEPALIVE))
        for version in (4, 6):
            timeout = self.tcp(octets, version).option(KEEPALIVE)
            self.assertEqual(len(timeout), 2)
            self.assertGreaterEqual(int.from_bytes(timeout, "big"), 20)  # units of 100 ms
        self.assertIsNone(self.tcp(query("www.example", edns=opt())).option(KEEPALIVE))


if __name__ == "__main__":
    unittest.main()
