"""A service with a waiting room: while the world fits everybody comes in, and joins are told from retries; above
capacity a crowd on real sockets meets first the cap, then the waiting room, and nobody who plays is refused.

Every answer of a plan that holds back is in tests/unit/http/redirect/overload_front_test.cc.
"""
import http.client
import ipaddress
import json
import unittest
import urllib.parse

from harness import FIVE, Daemon, DaemonTest, run, wait_for

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


# Two small targets: together 80 Mbps, 20 sessions at 4 Mbps.
SMALL = """
targets:
  east: {at: [40.7, -74.0], addresses: [127.0.20.1], host: "east.example.net", capacity: {egress: 40 Mbps}, tags: [edge]}
  west: {at: [37.8, -122.4], addresses: [127.0.20.2], host: "west.example.net", capacity: {egress: 40 Mbps}, tags: [edge]}
services:
  live:
    names: [live.example.com]
    candidates: {tags: [edge]}
    class: premium-live
    bitrate: 4 Mbps
    session: 10s
    ttl: {calm: 2s, shedding: 2s, draining: 1s}
    ladder: [100%, 60%]
    waiting_room: on
"""
CAP = '"spillway";mb=2400'


class OverCapacity(DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(SMALL, geo=False)

    def setUp(self):
        where = urllib.parse.urlsplit(self.daemon.http)
        self.front = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
        self.client = int(ipaddress.IPv4Address("10.0.0.0"))

    def tearDown(self):
        self.front.close()

    def ask(self, path, client):
        self.front.request("GET", path, headers={"Host": "live.example.com", "X-Forwarded-For": client})
        answer = self.front.getresponse()
        answer.read()
        return answer

    def join(self):
        """One more viewer, whom nobody has seen before. wait_for lets in at most 100 of them a second."""
        self.client += 1
        return self.ask("/live/x", str(ipaddress.IPv4Address(self.client)))

    def test_a_crowd_meets_the_cap_then_the_waiting_room_and_players_are_served(self):
        first = self.join()
        self.assertEqual(first.status, 302)
        self.assertIsNone(first.headers["CMSD-Dynamic"])

        wait_for("a cap", lambda: self.join().headers["CMSD-Dynamic"] == CAP, 30)

        def turned_away():
            answer = self.join()
            return answer if answer.status == 503 else None

        waits = wait_for("the waiting room", turned_away, 30)
        self.assertGreaterEqual(int(waits.headers["Retry-After"]), 4)
        self.assertLessEqual(int(waits.headers["Retry-After"]), 72)
        self.assertIsNone(waits.headers["Location"])

        # Some still come in, told of the cap; who plays is steered, capped too; DNS has no "later".
        let_in = wait_for("one who is let in", lambda: (a := self.join()).status == 302 and a, 30)
        self.assertEqual(let_in.headers["CMSD-Dynamic"], CAP)
        manifest = self.ask("/steer/live", "10.0.0.1")
        self.assertEqual(manifest.status, 200)
        self.assertEqual(manifest.headers["CMSD-Dynamic"], CAP)
        self.assertTrue(self.daemon.answers())

        service = self.daemon.ask_admin("/v1/status")[1]["services"][0]
        self.assertEqual(service["ladder_step"], 1)
        self.assertLess(service["waiting"]["admitted_min"], 1)
        said = self.daemon.spillway("status")[1]
        self.assertIn("! live: players are told to stay under 2.4 Mbps (ladder step 1)", said)
        self.assertIn("! live: new viewers wait", said)


if __name__ == "__main__":
    unittest.main()
