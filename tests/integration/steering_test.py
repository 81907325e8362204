"""Clients of five countries get five targets, by DNS and by HTTP, with the scope the database gives."""
import ipaddress
import json
import unittest

from harness import GEO, DaemonTest, run

# client -> (country, target); addresses are in ranges these countries have held for decades.
CLIENTS = {
    "193.99.144.80": ("DE", "fra1"),
    "18.0.0.1": ("US", "nyc1"),
    "200.147.3.157": ("BR", "gru1"),
    "133.11.0.1": ("JP", "tyo1"),
    "139.130.4.5": ("AU", "syd1"),
}
ADDRESS = {"fra1": "127.0.20.1", "nyc1": "127.0.20.2", "gru1": "127.0.20.3", "tyo1": "127.0.20.4", "syd1": "127.0.20.5"}


def country_of(address):
    """By the oracle: libmaxminddb's own tool."""
    out = run("mmdblookup", "--file", str(GEO), "--ip", str(address), "country", "iso_code")
    return out.split('"')[1] if '"' in out else ""


class Dns(DaemonTest):
    def test_each_country_goes_to_its_nearest_target(self):
        for client, (country, target) in CLIENTS.items():
            self.assertEqual(country_of(client), country)
            self.assertEqual(self.daemon.answers(client=f"{client}/24"), [ADDRESS[target]], client)

    def test_the_scope_is_the_widest_prefix_of_one_country(self):
        for client, (country, _) in CLIENTS.items():
            scope = self.daemon.scope(f"{client}/32")
            network = ipaddress.ip_network(f"{client}/{scope}", strict=False)
            self.assertEqual(country_of(network[0]), country)
            self.assertEqual(country_of(network[-1]), country)
            self.assertEqual(self.daemon.answers(client=f"{network[0]}/32"), self.daemon.answers(client=f"{client}/32"))

    def test_ipv6_clients_and_ipv6_answers(self):
        self.assertEqual(self.daemon.answers(kind="AAAA", client="2003::/32"), ["2001:db8::1"])
        self.assertEqual(self.daemon.answers(kind="A", client="2001:200::/32"), [ADDRESS["tyo1"]])

    def test_tcp_and_kdig_agree_with_udp(self):
        out = run("kdig", "@127.0.0.1", "-p", str(self.daemon.dns_port), "+tcp", "+subnet=193.99.144.0/24", "+short",
                  "live.example.com", "A")
        self.assertEqual(out.split(), [ADDRESS["fra1"]])

    def test_static_names_live_in_the_same_zone(self):
        self.assertEqual(self.daemon.answers("www.example.com"), ["192.0.2.80"])
        self.assertEqual(self.daemon.answers("alias.example.com", client="193.99.144.0/24"),
                         ["live.example.com.", ADDRESS["fra1"]])

    def test_negative_answers_carry_the_soa_and_scope_zero(self):
        out = self.daemon.dig("nobody.example.com", "A", "+subnet=193.99.144.0/24")
        self.assertIn("status: NXDOMAIN", out)
        self.assertRegex(out, r"example\.com\.\s+120\s+IN\s+SOA")
        self.assertIn("CLIENT-SUBNET: 193.99.144.0/24/0", out)
        out = self.daemon.dig("live.example.com", "MX")
        self.assertIn("status: NOERROR", out)
        self.assertIn("ANSWER: 0", out)

    def test_names_outside_are_refused(self):
        self.assertIn("status: REFUSED", self.daemon.dig("example.org", "A"))


class Http(DaemonTest):
    def test_the_same_countries_are_redirected_to_the_same_targets(self):
        for client, (_, target) in CLIENTS.items():
            self.assertEqual(self.daemon.location(client), f"https://{target}.example.net/live/x/y", client)

    def test_path_and_query_are_kept_octet_for_octet(self):
        for path in ("/a%2Fb/%7e//c?x=%41&y=", "/?", "/a?b?c", "//evil.example/"):
            self.assertEqual(self.daemon.location("193.99.144.80", path), "https://fra1.example.net" + path)

    def test_json_is_given_on_request(self):
        out = run("curl", "-s", "-H", "Host: live.example.com", "-H", "Accept: application/json", "-H",
                  "X-Forwarded-For: 133.11.0.1", self.daemon.http + "/live/a?b=1")
        answer = json.loads(out)
        self.assertEqual(answer["location"], "https://tyo1.example.net/live/a?b=1")
        self.assertEqual((answer["service"], answer["target"]), ("live", "tyo1"))

    def test_unknown_hosts_are_not_redirected(self):
        self.assertEqual(self.daemon.location("193.99.144.80", host="evil.example"), "HTTP/1.1 404 Not Found")

    def test_content_steering_offers_the_same_target_first_and_never_one_alone(self):
        out = run("curl", "-s", "-i", "-H", "X-Forwarded-For: 139.130.4.5",
                  self.daemon.http + '/steer/live?s=1&_HLS_pathway="fra1"&_HLS_throughput=5000000')
        head, body = out.split("\r\n\r\n", 1)
        self.assertIn("200 OK", head)
        self.assertIn("Access-Control-Allow-Origin: *", head)
        manifest = json.loads(body)
        self.assertEqual(manifest["VERSION"], 1)
        self.assertEqual(manifest["RELOAD-URI"], "/steer/live?s=1")
        self.assertEqual(manifest["PATHWAY-PRIORITY"][0], "syd1")
        self.assertGreaterEqual(len(manifest["PATHWAY-PRIORITY"]), 2)
        self.assertTrue(24 <= manifest["TTL"] <= 36)


class UntrustedProxy(DaemonTest):
    flags = ("--trusted_proxies=192.0.2.0/24",)

    def test_a_header_from_a_stranger_is_ignored(self):
        self.assertEqual(self.daemon.location("133.11.0.1"), self.daemon.location("193.99.144.80"))


if __name__ == "__main__":
    unittest.main()
