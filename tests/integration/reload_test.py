"""A good edit is served, a bad edit changes nothing and says why: by watching, by SIGHUP, by the admin API."""
import signal
import unittest

from harness import FIVE, DaemonTest, wait_for


class Reload(DaemonTest):
    def setUp(self):
        self.file = self.daemon.policy_dir / "policy.yaml"
        self.zone = self.daemon.policy_dir / "example.com.zone"
        self.addCleanup(self.restore)

    def restore(self):
        self.file.write_text(FIVE)
        self.daemon.ask_admin("/v1/reload", {})

    def version(self):
        return self.daemon.ask_admin("/v1/status")[1]["policy"]["version"]

    def test_a_good_edit_is_served_by_itself(self):
        before = self.version()
        self.file.write_text(FIVE.replace("127.0.20.1", "127.0.20.99"))
        wait_for("the new address", lambda: self.daemon.answers(client="193.99.144.0/24") == ["127.0.20.99"])
        self.assertNotEqual(self.version(), before)

    def test_a_bad_edit_leaves_the_running_version_and_says_why(self):
        before = self.version()
        self.file.write_text(FIVE.replace("capacity:", "capasity:", 1))
        wait_for("the refusal", lambda: not self.daemon.ask_admin("/v1/status")[1]["policy"]["last_reload"]["ok"])
        status = self.daemon.ask_admin("/v1/status")[1]["policy"]
        self.assertEqual(status["version"], before)
        self.assertIn('did you mean "capacity"', "\n".join(status["last_reload"]["diagnostics"]))
        self.assertEqual(self.daemon.answers(client="193.99.144.0/24"), ["127.0.20.1"])
        self.assertEqual(self.daemon.metric("spillway_policy_stale"), 1)
        code, reply = self.daemon.ask_admin("/v1/reload", {})
        self.assertEqual(code, 422)
        self.assertRegex("\n".join(reply["diagnostics"]), r"policy\.yaml:3:\d+: error: ")
        self.assertIn(before, reply["error"])

    def test_a_bad_zone_refuses_the_whole_edit(self):
        before, good = self.version(), self.zone.read_text()
        self.addCleanup(self.zone.write_text, good)
        self.file.write_text(FIVE.replace("127.0.20.1", "127.0.20.98"))
        self.zone.write_text(good.replace("192.0.2.80", "192.0.2.256"))
        code, reply = self.daemon.ask_admin("/v1/reload", {})
        self.assertEqual(code, 422)
        self.assertRegex("\n".join(reply["diagnostics"]), r"example\.com\.zone:\d+: ")
        self.assertEqual(self.version(), before)
        self.assertEqual(self.daemon.answers(client="193.99.144.0/24"), ["127.0.20.1"])

    def test_sighup_reloads(self):
        loads = self.daemon.metric('spillway_policy_loads_total{outcome="ok"}')
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for("one more load", lambda: self.daemon.metric('spillway_policy_loads_total{outcome="ok"}') > loads)

    def test_a_drain_survives_a_reload(self):
        self.daemon.ask_admin("/v1/drain", {"target": "syd1", "who": "ana", "why": "power"})
        self.file.write_text(FIVE + "\n# edited\n")
        self.assertEqual(self.daemon.ask_admin("/v1/reload", {})[0], 200)
        self.assertEqual(self.daemon.target("syd1")["drain"]["who"], "ana")
        self.daemon.ask_admin("/v1/undrain", {"target": "syd1", "who": "ana"})


if __name__ == "__main__":
    unittest.main()
