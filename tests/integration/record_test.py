"""What a real server recorded gives the same plans again, bit for bit, in another process."""
import json
import tempfile
import time
import unittest
from pathlib import Path

from harness import FIVE, Daemon, wait_for


class Record(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.recording = Path(self.folder.name) / "record"

    def start(self):
        daemon = Daemon(FIVE, flags=[f"--record={self.recording}", "--record_max=16"])
        self.addCleanup(daemon.stop)
        return daemon

    def evening(self, daemon):
        """Load over DNS and HTTP, reports, a drain, a reload, a refused reload."""
        clients = ["193.99.144.0/24", "12.0.0.0/24", "200.160.2.0/24", "133.11.0.0/24"]
        egress = 0
        for turn in range(12):
            for client in clients:
                daemon.answers(client=client)
                daemon.location(client.split("/")[0])
            egress += 70
            daemon.push(("fra1", egress), ("nyc1", egress / 3), ("gru1", 10.25))
            if turn == 4:
                daemon.ask_admin("/v1/drain", {"target": "nyc1", "who": "ana", "why": "kernel"})
            if turn == 6:
                (daemon.policy_dir / "policy.yaml").write_text(FIVE.replace("1 Gbps", "2 Gbps", 1))
                self.assertEqual(daemon.ask_admin("/v1/reload", {})[0], 200)
            if turn == 8:
                daemon.ask_admin("/v1/undrain", {"target": "nyc1", "who": "ana"})
                self.assertEqual(daemon.ask_admin("/v1/reload", {})[0], 200)
            if turn == 10:
                (daemon.policy_dir / "policy.yaml").write_text("targets: 1\n")
                self.assertEqual(daemon.ask_admin("/v1/reload", {})[0], 422)
            published = daemon.metric("spillway_plan_published_total")
            wait_for("a plan", lambda before=published: daemon.metric("spillway_plan_published_total") != before)

    def rehearse(self, daemon, *flags):
        return daemon.spillway("rehearse", "--recording", str(self.recording), *flags)

    def test_the_same_policy_gives_the_same_plans(self):
        daemon = self.start()
        self.evening(daemon)
        written = wait_for("ticks on disk", lambda: daemon.metric("spillway_record_written_ticks_total"))
        self.assertEqual(daemon.metric("spillway_record_skipped_ticks_total"), 0)
        # The server still runs: what is on disk is whole, or torn in its last item.
        code, out, err = self.rehearse(daemon, "--json")
        self.assertEqual(code, 0, err)
        report = json.loads(out)
        self.assertTrue(report["identical"])
        self.assertEqual(len(report["stretches"]), 1)
        stretch = report["stretches"][0]
        self.assertTrue(stretch["from_start"])
        self.assertGreaterEqual(stretch["plans"], written)
        self.assertGreater(stretch["plans"], 12)
        self.assertEqual(stretch["identical"], stretch["plans"])
        self.assertEqual(stretch["frames"], 3)

        self.assertEqual(daemon.process.poll(), None)
        daemon.process.kill()  # no chance to say good-bye
        daemon.process.wait()
        code, out, err = self.rehearse(daemon)
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"\n(\d+) plans, \1 identical; 1 file, ")
        self.assertIn("2 reloads", out)

    def test_another_policy_shows_what_it_would_have_done(self):
        daemon = self.start()
        self.evening(daemon)
        other = Path(self.folder.name) / "other"
        other.mkdir()
        without = "\n".join(line for line in FIVE.splitlines() if "fra1" not in line)
        (other / "policy.yaml").write_text(without)
        code, out, err = self.rehearse(daemon, "--policy", str(other), "--json")
        self.assertEqual(code, 0, err)
        report = json.loads(out)
        self.assertTrue(report["identical"])
        targets = {t["name"]: t for t in report["what_if"]["targets"]}
        self.assertIsNone(targets["fra1"]["replayed"])
        self.assertGreater(targets["fra1"]["recorded"]["peak"], 0.3)
        self.assertEqual(report["what_if"]["homeless_answers"], 0)
        self.assertGreater(report["what_if"]["answers"], 50)
        self.assertEqual(report["what_if"]["rejected"], 0)
        text = self.rehearse(daemon, "--policy", str(other))[1]
        self.assertRegex(text, r"fra1 +\d+% +\d+% +\S+ +- +- +-")

        (other / "policy.yaml").write_text(without.replace("capacity", "capasity"))
        code, out, err = self.rehearse(daemon, "--policy", str(other))
        self.assertEqual(code, 1)
        self.assertIn('did you mean "capacity"', err)

    def test_a_damaged_recording_is_used_up_to_the_damage(self):
        daemon = self.start()
        self.evening(daemon)
        daemon.stop()
        file = next(self.recording.glob("*.rec"))
        whole = file.read_bytes()
        bad = bytearray(whole)
        bad[len(whole) * 3 // 4] ^= 4
        file.write_bytes(bad)
        code, out, _ = self.rehearse(daemon, "--json")
        report = json.loads(out)
        self.assertEqual(code, 0)
        self.assertTrue(report["identical"])
        self.assertGreater(report["damage"][0]["lost_bytes"], 100)
        file.write_bytes(b"something else")
        code, _, err = self.rehearse(daemon)
        self.assertEqual(code, 2)
        self.assertIn("not a recording of spillwayd", err)

    def test_a_restart_is_a_recording_of_its_own(self):
        first = self.start()
        first.push(("fra1", 100))
        first.stop()
        second = self.start()
        time_before = time.time()
        second.push(("fra1", 200))
        wait_for("ticks on disk", lambda: second.metric("spillway_record_written_ticks_total"))
        self.assertLess(time.time() - time_before, 20)
        code, out, err = self.rehearse(second, "--json")
        self.assertEqual(code, 0, err)
        report = json.loads(out)
        self.assertEqual([s["from_start"] for s in report["stretches"]], [True, True])
        self.assertTrue(report["identical"])

    def test_a_directory_that_cannot_be_made_stops_the_start(self):
        with self.assertRaisesRegex(AssertionError, "No such file"):
            Daemon(FIVE, flags=[f"--record={self.folder.name}/none/at/all"])


if __name__ == "__main__":
    unittest.main()
