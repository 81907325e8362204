"""A service with a waiting room while the world fits: everybody comes in, and joins are told from retries.

What a plan that holds back does to clients is tests/unit/http/redirect/overload_front_test.cc (also with curl).
"""
import json
import unittest

from harness import FIVE, Daemon, DaemonTest, run

POLICY = FIVE + """
    class: premium-live
    session: 45m
    ladder: [100%, 75%, 55%]
    waiting_room: on
limits:
  all: {tags: [edge], egress: 4 Gbps}
"""


class WaitingRoom(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(POLICY, geo=False)  # where clients are does not matter here

    def joins(self, kind, outcome):
        return self.daemon.metric(f'spillway_redirect_joins_total{{kind="{kind}",outcome="{outcome}"}}')

    def test_everybody_comes_in_and_who_comes_back_is_a_retry(self):
        before = self.joins("new", "admitted"), self.joins("retry", "admitted")
        for client in ("193.99.144.80", "133.11.0.1"):
            for query in ("", "?session=1", "?session=2"):
                self.assertIn(".example.net/live/x", self.daemon.location(client, "/live/x" + query))
        self.assertEqual(self.joins("new", "admitted") - before[0], 2)
        self.assertEqual(self.joins("retry", "admitted") - before[1], 4)
        self.assertEqual(self.joins("new", "waiting") + self.joins("retry", "waiting"), 0)

    def test_no_cap_is_told_while_there_is_none(self):
        out = run("curl", "-s", "-i", "-H", "Host: live.example.com", "-H", "Accept: application/json",
                  self.daemon.http + "/live/y")
        head, body = out.split("\n\n", 1)
        self.assertNotIn("CMSD", head)
        self.assertNotIn("max_kbps", json.loads(body))
        self.assertEqual(self.daemon.metric("spillway_redirect_capped_total"), 0)

    def test_players_are_steered_and_are_no_joins(self):
        before = self.joins("new", "admitted"), self.joins("retry", "admitted")
        self.assertIn("200 OK", run("curl", "-s", "-i", self.daemon.http + "/steer/live"))
        self.assertEqual((self.joins("new", "admitted"), self.joins("retry", "admitted")), before)

    def test_a_wrong_class_is_refused_with_the_right_one_and_the_policy_stays(self):
        file = self.daemon.policy_dir / "policy.yaml"
        version = self.daemon.ask_admin("/v1/status")[1]["policy"]["version"]
        file.write_text(POLICY.replace("premium-live", "premium"))
        try:
            status, answer = self.daemon.ask_admin("/v1/reload", {})
            self.assertEqual(status, 422)
            self.assertIn('did you mean \\"premium-live\\"?', json.dumps(answer))
        finally:
            file.write_text(POLICY)
        self.assertEqual(self.daemon.ask_admin("/v1/status")[1]["policy"]["version"], version)


if __name__ == "__main__":
    unittest.main()
