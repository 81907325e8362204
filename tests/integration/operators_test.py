"""The admin API asks for its token; the command line tells an operator what the server knows."""
import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BIN, FIVE, Daemon, DaemonTest, wait_for


class Admin(DaemonTest):
    def test_everything_but_health_wants_the_token(self):
        self.assertEqual(self.daemon.ask_admin("/healthz", token=None), (200, "ok\n"))
        for path in ("/metrics", "/v1/status", "/v1/explain?client=192.0.2.1&name=live.example.com"):
            self.assertEqual(self.daemon.ask_admin(path, token=None)[0], 401)
            self.assertEqual(self.daemon.ask_admin(path, token="wrong-token-of-some-length")[0], 401)
            self.assertEqual(self.daemon.ask_admin(path)[0], 200)
        self.assertEqual(self.daemon.ask_admin("/v1/reload", {}, token=None)[0], 401)
        self.assertEqual(self.daemon.ask_admin("/v1/samples", {"samples": []}, token=None)[0], 401)

    def test_metrics_are_well_formed_and_count_each_answer_once(self):
        def granted():
            return self.daemon.metric('spillway_answers_granted_total{service="live",target="fra1",front="dns"}') or 0
        before = granted()
        for _ in range(5):
            self.daemon.answers(client="193.99.144.0/24")
        self.assertEqual(granted(), before + 5)
        seen = set()
        for line in self.daemon.ask_admin("/metrics")[1].splitlines():
            if line.startswith("# TYPE "):
                name = line.split()[2]
                self.assertNotIn(name, seen, "a family stands twice")
                seen.add(name)
            elif not line.startswith("#"):
                self.assertRegex(line, r'^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"]*",?)+\})? (-?[0-9.e+-]+|NaN|\+Inf)$')

    def test_questions_that_make_no_sense_are_told_what_is_wanted(self):
        for path, status in (("/v1/explain?client=x&name=a", 400), ("/v1/explain?client=192.0.2.1", 400),
                             ("/v1/explain?client=192.0.2.1&name=nobody.example", 404), ("/nothing", 404)):
            code, reply = self.daemon.ask_admin(path)
            self.assertEqual(code, status, path)
            self.assertTrue(reply["error"])
        code, reply = self.daemon.ask_admin("/v1/drain", {"target": "fra2", "who": "a", "why": "b"})
        self.assertEqual(code, 404)
        self.assertIn('did you mean "fra1"', reply["error"])
        self.assertEqual(self.daemon.ask_admin("/v1/drain", {"target": "fra1", "who": "a"})[0], 400)


class CommandLine(DaemonTest):
    def test_explain_says_where_and_why(self):
        code, out, _ = self.daemon.spillway("explain", "--client", "193.99.144.80", "--name", "live.example.com")
        self.assertEqual(code, 0)
        for word in ("fra1", "DE", "cheapest", "nyc1", "ms"):
            self.assertIn(word, out)
        code, out, _ = self.daemon.spillway("explain", "--client", "133.11.0.1", "--url",
                                            "https://live.example.com/a%2Fb?x", "--json")
        self.assertEqual(json.loads(out)["answer"]["location"], "https://tyo1.example.net/a%2Fb?x")

    def test_status_drain_and_undrain(self):
        code, out, _ = self.daemon.spillway("drain", "gru1", "--why", "fibre cut", "--who", "bo", "--for", "30m")
        self.assertEqual(code, 0)
        wait_for("the drain in the plan", lambda: self.daemon.target("gru1")["drain"])
        code, out, _ = self.daemon.spillway("status")
        self.assertEqual(code, 0)
        self.assertRegex(out, re.compile(r"gru1.*drain", re.I))
        self.assertIn("fibre cut", out)
        self.assertEqual(self.daemon.spillway("undrain", "gru1", "--who", "bo")[0], 0)
        wait_for("the drain to be gone", lambda: not self.daemon.target("gru1")["drain"])

    def test_exit_codes(self):
        self.assertEqual(self.daemon.spillway("version")[0], 0)
        self.assertEqual(self.daemon.spillway("drian", "fra1")[0], 2)
        self.assertEqual(self.daemon.spillway("status", "--admin", "http://127.0.0.1:1")[0], 3)
        self.assertEqual(self.daemon.spillway("status", token="wrong-token-of-some-length")[0], 4)

    def test_check_judges_a_directory(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "p.yaml").write_text(FIVE + "dns: {nameservers: [ns1.example.com]}\n")
            done = subprocess.run([BIN / "spillway", "check", folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            Path(folder, "p.yaml").write_text(FIVE.replace("[edge]}", "[egde]}", 1))
            done = subprocess.run([BIN / "spillway", "check", folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0)  # one target less is still a policy, with warnings
            Path(folder, "p.yaml").write_text(FIVE.replace("names: [live", "naems: [live"))
            done = subprocess.run([BIN / "spillway", "check", folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn('did you mean "names"', done.stdout + done.stderr)


class TokenFile(unittest.TestCase):
    def test_one_file_serves_the_server_and_the_command_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "token")
            path.write_text("# of the night shift\nbo:admin-token-for-tests\n")
            daemon = Daemon(FIVE, flags=[f"--admin_token_file={path}"], geo=False)
            try:
                code, _, err = daemon.spillway("status", "--token_file", str(path))
                self.assertEqual(code, 0, err)
                self.assertIn("no --geo", daemon.log())
            finally:
                daemon.stop()


class BadStart(unittest.TestCase):
    def test_the_program_tells_its_version(self):
        done = subprocess.run([BIN / "spillwayd", "--version"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout.split()[0]), (0, "spillwayd"))
        self.assertRegex(done.stdout, r"^spillwayd \d+\.\d+\.\d+\n$")

    def test_an_unreadable_token_file_is_named_with_its_flag(self):
        done = subprocess.run([BIN / "spillwayd", "--policy=x", "--admin_token_file=/nonexistent/t"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--admin_token_file: /nonexistent/t: No such file", done.stderr)

    def test_a_bad_policy_at_start_names_every_error_and_exits_1(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "p.yaml").write_text(FIVE.replace("capacity:", "capasity:").replace("1 Gbps", "1 Gbsp"))
            Path(folder, "token").write_text("admin-token-for-tests")
            done = subprocess.run([BIN / "spillwayd", f"--policy={folder}", f"--admin_token_file={folder}/token",
                                   "--dns=127.0.0.1:0", "--http=", "--admin=127.0.0.1:0"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertGreaterEqual(done.stderr.count('did you mean "capacity"'), 5)


if __name__ == "__main__":
    unittest.main()
