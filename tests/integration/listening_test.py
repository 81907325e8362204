"""How spillwayd comes by its sockets: several addresses, wildcards, the service manager's; and whom it runs as."""
import fcntl
import os
import pwd
import re
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import harness


def ask(address, port, name="www.example.com", kind="udp"):
    args = ["dig", f"@{address}", "-p", str(port), "+tries=1", "+time=5", "+short", name]
    return harness.run(*args, *(["+tcp"] if kind == "tcp" else [])).strip()


class Addresses(unittest.TestCase):
    def test_several_addresses_and_wildcards_answer_from_the_address_asked(self):
        # dig takes a reply only from the address it asked.
        for flags, asked in ((("--dns=127.0.0.1:0,127.0.0.2:0,[::1]:0",), None),
                             (("--dns=0.0.0.0:0",), ("127.0.0.1", "127.0.0.77")),
                             (("--dns=*:0",), ("127.0.0.1", "127.0.0.77", "::1"))):
            daemon = harness.Daemon(harness.FIVE, geo=False, flags=flags)
            try:
                ends = [text.rsplit(":", 1) for text in daemon.where["dns"]]
                pairs = [(a.strip("[]"), p) for a, p in ends] if asked is None else [(a, ends[0][1]) for a in asked]
                for address, port in pairs:
                    for kind in ("udp", "tcp"):
                        self.assertEqual(ask(address, port, kind=kind), "192.0.2.80", (flags, address, kind))
            finally:
                self.assertEqual(daemon.stop(), 0)


class Inherited(unittest.TestCase):
    """Socket activation, by sd_listen_fds(3): what systemd does, done by a shell."""

    def start(self, names, sockets, flags=()):
        # LISTEN_PID is known only after the fork: a shell sets it and execs.
        moves = " ".join(f"{3 + i}<&{s.fileno()}" for i, s in enumerate(sockets))
        script = f'export LISTEN_PID=$$; exec "$@" {moves}'
        environment = {**os.environ, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(names)}

        def popen(command, **more):
            return subprocess.Popen(["bash", "-c", script, "bash", *command], env=environment,
                                    pass_fds=[s.fileno() for s in sockets], **more)
        return harness.Daemon(harness.FIVE, geo=False, flags=flags, popen=popen)

    def high(self, kind, address="127.0.0.1"):
        """A socket whose descriptor is no small number that the moves would overwrite."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as low:
            number = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD, 40)
        s = socket.socket(fileno=number)
        s.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            s.listen(64)
        return s

    def test_sockets_of_the_service_manager_are_used_and_shared_by_all_workers(self):
        udp, tcp, http = self.high(socket.SOCK_DGRAM), self.high(socket.SOCK_STREAM), self.high(socket.SOCK_STREAM)
        daemon = self.start(["dns", "dns", "http"], [udp, tcp, http], ("--dns_workers=2", "--http_workers=2"))
        try:
            ports = {s: s.getsockname()[1] for s in (udp, tcp, http)}
            self.assertEqual(daemon.where["dns"], [f"127.0.0.1:{ports[udp]}", f"127.0.0.1:{ports[tcp]}"])
            self.assertEqual(daemon.where["http"], [f"127.0.0.1:{ports[http]}"])
            for _ in range(10):
                self.assertEqual(ask("127.0.0.1", ports[udp]), "192.0.2.80")
                self.assertEqual(ask("127.0.0.1", ports[tcp], kind="tcp"), "192.0.2.80")
            self.assertIn("https://", daemon.location("198.51.100.1"))
        finally:
            self.assertEqual(daemon.stop(), 0)
            for s in (udp, tcp, http):
                s.close()

    def test_a_wildcard_from_the_service_manager_answers_from_the_address_asked(self):
        udp = self.high(socket.SOCK_DGRAM, "0.0.0.0")
        daemon = self.start(["dns"], [udp])
        try:
            self.assertEqual(ask("127.0.0.99", udp.getsockname()[1]), "192.0.2.80")
        finally:
            self.assertEqual(daemon.stop(), 0)
            udp.close()

    def test_a_name_nobody_knows_is_an_error(self):
        udp = self.high(socket.SOCK_DGRAM)
        with self.assertRaisesRegex(AssertionError, "named 'dsn'; want FileDescriptorName= dns, http or admin"):
            self.start(["dsn"], [udp])
        udp.close()


@unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
class Privileges(unittest.TestCase):
    def start(self, *flags):
        # Its files must be readable by whom it becomes.
        return harness.Daemon(harness.FIVE, geo=False, flags=("--user=nobody", *flags), folder_mode=0o777)

    def test_after_the_sockets_are_bound_nothing_is_roots(self):
        nobody = pwd.getpwnam("nobody")
        daemon = self.start()
        try:
            for task in Path(f"/proc/{daemon.process.pid}/task").iterdir():  # every thread
                status = (task / "status").read_text()
                self.assertEqual(re.search(r"^Uid:\s+(.*)$", status, re.M)[1].split(), [str(nobody.pw_uid)] * 4)
                self.assertEqual(re.search(r"^Gid:\s+(.*)$", status, re.M)[1].split(), [str(nobody.pw_gid)] * 4)
                self.assertEqual(re.search(r"^Groups:[ \t]*(.*)$", status, re.M)[1].split(), [])
                self.assertEqual(int(re.search(r"^CapEff:\s+(\S+)$", status, re.M)[1], 16), 0)
            self.assertEqual(ask("127.0.0.1", daemon.dns_port), "192.0.2.80")
            # Reloads still work.
            self.assertEqual(daemon.ask_admin("/v1/reload", {})[0], 200)
        finally:
            self.assertEqual(daemon.stop(), 0)

    def test_what_is_written_later_is_the_users(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            record = Path(folder) / "record"
            daemon = self.start(f"--record={record}")
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(record.stat().st_uid, pwd.getpwnam("nobody").pw_uid)
            self.assertTrue(list(record.glob("*.rec")))
            roots = Path(folder) / "roots"
            roots.mkdir(0o755)
            for flag in ("--record", "--state_dir"):
                with self.assertRaisesRegex(AssertionError, f"{flag}: {roots}: cannot be written by nobody"):
                    self.start(f"{flag}={roots}")

    def test_wrong_users_are_refused(self):
        for user, message in (("nosuchuser", "no user 'nosuchuser'"), ("root", "somebody other than root"),
                              ("nobody:nosuchgroup", "no group 'nosuchgroup'")):
            with self.assertRaisesRegex(AssertionError, message):
                harness.Daemon(harness.FIVE, geo=False, flags=(f"--user={user}",))


if __name__ == "__main__":
    unittest.main()
