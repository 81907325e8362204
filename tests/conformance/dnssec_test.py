"""RFC 4034, 4035, 5155, 6840 and 9276: zones that were signed before we got them, judged by delv and by shape."""
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from conformance import Test, harness
from message import AA, TC, TYPES, opt, query

SIGNER = os.environ.get("SPILLWAY_SIGN_ZONE", str(harness.BIN.parent / "tests/support/sign_zone"))
FORMS = {"nsec": [], "nsec3": ["nsec3"], "optout": ["nsec3", "optout"]}
DNSSEC_TYPES = {TYPES[name] for name in ("RRSIG", "NSEC", "NSEC3", "DS", "DNSKEY")}

# Without $TTL and relative names: ldns reads it, too. ZONE is the zone's name.
TEXT = """
ZONE. 3600 IN SOA ns1.ZONE. hostmaster.ZONE. 1 3600 600 86400 300
ZONE. 3600 IN NS ns1.ZONE.
ZONE. 60 IN MX 10 mail.ZONE.
ns1.ZONE. 3600 IN A 192.0.2.53
mail.ZONE. 60 IN A 192.0.2.25
mail.ZONE. 90 IN TXT "x"
deep.ent.ZONE. 60 IN A 192.0.2.5
alias.ZONE. 60 IN CNAME mail.ZONE.
gone.ZONE. 60 IN CNAME nothing.ZONE.
*.wild.ZONE. 60 IN A 192.0.2.2
x.y.wild.ZONE. 60 IN A 192.0.2.3
*.walias.ZONE. 60 IN CNAME any.wild.ZONE.
d.ZONE. 60 IN DNAME wild.ZONE.
secure.ZONE. 60 IN NS ns.secure.ZONE.
secure.ZONE. 60 IN DS 12345 13 2 0102030405060708091011121314151617181920212223242526272829303132
ns.secure.ZONE. 60 IN A 192.0.2.6
insecure.ZONE. 60 IN NS ns.insecure.ZONE.
ns.insecure.ZONE. 60 IN A 192.0.2.7
svc.ZONE. 60 IN HTTPS 1 . alpn=h2
svc.ZONE. 60 IN A 192.0.2.8
"""

# Question below the zone -> RCODE, records of the answer without signatures.
CASES = [
    ("", "SOA", "NOERROR", 1), ("", "NS", "NOERROR", 1), ("", "DNSKEY", "NOERROR", 2), ("", "MX", "NOERROR", 1),
    ("", "A", "NOERROR", 0), ("", "DS", "NOERROR", 0), ("", "TYPE65280", "NOERROR", 0),
    ("mail", "A", "NOERROR", 1), ("mail", "AAAA", "NOERROR", 0), ("mail", "ANY", "NOERROR", 1),
    ("alias", "A", "NOERROR", 2), ("alias", "CNAME", "NOERROR", 1), ("alias", "TXT", "NOERROR", 2),
    ("alias", "MX", "NOERROR", 1), ("gone", "A", "NXDOMAIN", 1),
    ("nothing", "A", "NXDOMAIN", 0), ("a.b.nothing", "A", "NXDOMAIN", 0), ("x.mail", "A", "NXDOMAIN", 0),
    ("0", "A", "NXDOMAIN", 0), ("zzz", "A", "NXDOMAIN", 0),
    ("ent", "A", "NOERROR", 0), ("beside.ent", "A", "NXDOMAIN", 0),
    ("any.wild", "A", "NOERROR", 1), ("a.b.wild", "A", "NOERROR", 1), ("any.wild", "MX", "NOERROR", 0),
    ("z.y.wild", "A", "NXDOMAIN", 0), ("y.wild", "A", "NOERROR", 0), ("any.walias", "A", "NOERROR", 2),
    ("any.walias", "MX", "NOERROR", 1), ("x.d", "A", "NOERROR", 3), ("d", "DNAME", "NOERROR", 1),
    ("secure", "DS", "NOERROR", 1), ("insecure", "DS", "NOERROR", 0), ("svc", "HTTPS", "NOERROR", 1),
]


def sign(zone, form, folder):
    """(zone file, its key-signing DNSKEY as delv's anchor)."""
    keys = Path(folder, "keys")
    text = subprocess.run([SIGNER, f"{zone}.", keys, *FORMS[form]], input=TEXT.replace("ZONE", zone),
                          capture_output=True, text=True, check=True).stdout
    words = next(line.split() for line in keys.read_text().splitlines() if " 257 " in line or "\t257 " in line)
    at = words.index("257")
    return text, f'trust-anchors {{ "{zone}." static-key 257 3 13 "{words[at + 3]}"; }};\n'


class Signed(Test):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.zones = {}
        for form in FORMS:
            text, anchor = sign(f"{form}.test", form, cls.folder.name)
            cls.zones[f"{form}.test"] = "$TTL 3600\n" + text
            Path(cls.folder.name, form).write_text(anchor)
        cls.zones["example"] = ""
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def delv(self, name, type_, form):
        return subprocess.run(["delv", "@127.0.0.1", "-p", str(self.server.daemon.dns_port), "-a", Path(self.folder.name, form),
                               f"+root={form}.test", name, type_], capture_output=True, text=True).stdout

    def cases(self):
        for form in FORMS:
            for label, type_, rcode, count in CASES:
                yield form, f"{label}.{form}.test".lstrip("."), type_, rcode, count

    def test_answers_with_do_are_signed_and_without_it_are_not(self):
        for _, name, type_, rcode, count in self.cases():
            for do in (True, False):
                with self.subTest(name=name, type=type_, do=do):
                    reply = self.send(query(name, type_, edns=opt(do=do)))
                    self.assertEqual(reply.rcode, rcode)
                    data = [r for r in reply.answer if r.type != TYPES["RRSIG"]]
                    self.assertEqual(len(data), count)
                    found = {r.type for r in reply.answer + reply.authority + reply.additional} & DNSSEC_TYPES
                    if not do:
                        self.assertLessEqual(found, {TYPES.get(type_)})
                        continue
                    self.assertEqual(bool(reply.opt.ttl & 0x8000), True)  # RFC 3225 3
                    for section in (reply.answer, reply.authority):
                        self.check_signatures(section)

    def check_signatures(self, section):
        """RFC 4035 3.1.1: each set has its signature, with the set's TTL (RFC 4034 3)."""
        signed = {(r.owner.lower(), int.from_bytes(r.data[:2], "big")): r.ttl for r in section
                  if r.type == TYPES["RRSIG"]}
        dnames = [r.owner.lower() for r in section if r.type == TYPES["DNAME"]]
        for record in section:
            made = record.type == TYPES["CNAME"] and any(record.owner.lower().endswith(d) for d in dnames)
            if record.type != TYPES["RRSIG"] and not made:
                self.assertEqual(signed.get((record.owner.lower(), record.type)), record.ttl, record.short())

    def test_when_signatures_end_is_told(self):
        ends = self.server.daemon.metric("spillway_dns_signatures_end_timestamp_seconds")
        self.assertGreater(ends, time.time())
        told = self.server.daemon.ask_admin("/v1/status")[1]["signatures_end"]
        self.assertIn(told["zone"], [f"{form}.test." for form in FORMS])

    def test_delv_validates_every_answer(self):
        for form, name, type_, rcode, count in self.cases():
            with self.subTest(name=name, type=type_):
                if (name, type_) == (f"{form}.test", "DS"):
                    continue  # the parent's to answer, so delv takes no word of ours for it
                said = self.delv(name, type_, form)
                if form == "optout" and count and (".wild" in name or ".walias" in name or name.startswith("x.d.")):
                    # RFC 5155 8.8: behind an opted-out span there may be more names; insecure, not bogus.
                    self.assertRegex(said, "fully validated|unsigned answer")
                    continue
                self.assertIn("fully validated", said)
                if rcode == "NXDOMAIN" and count == 0:
                    self.assertIn("NXDOMAIN", said)
                if rcode == "NOERROR" and count == 0:
                    self.assertIn("NXRRSET", said)

    def test_4035_3_1_4_referrals_bring_ds_or_the_proof_that_there_is_none(self):
        for form in FORMS:
            proof = TYPES["NSEC" if form == "nsec" else "NSEC3"]
            for below in ("x.", ""):
                secure = self.send(query(f"{below}secure.{form}.test", edns=opt(do=True)))
                self.assertEqual([r.type for r in secure.authority], [TYPES["NS"], TYPES["DS"], TYPES["RRSIG"]])
                insecure = self.send(query(f"{below}insecure.{form}.test", edns=opt(do=True)))
                self.assertEqual(insecure.authority[0].type, TYPES["NS"])
                self.assertEqual({r.type for r in insecure.authority[1:]}, {proof, TYPES["RRSIG"]})
                for reply in (secure, insecure):
                    self.assertFalse(reply.has(AA))
                    self.assertEqual(len(reply.additional), 1)  # the glue
                    self.check_signatures(reply.authority[1:])

    def test_5155_7_2_8_owners_of_nsec3_records_are_no_names(self):
        reply = self.send(query("nothing.nsec3.test", edns=opt(do=True)))
        owner = next(r.owner for r in reply.authority if r.type == TYPES["NSEC3"])
        for type_ in ("NSEC3", "A"):
            self.assertEqual(self.send(query(owner, type_, edns=opt(do=True))).rcode, "NXDOMAIN")

    def test_signatures_asked_for_by_name_come_without_do(self):
        reply = self.ask("mail.nsec3.test", "RRSIG")
        self.assertEqual(sorted((int.from_bytes(r.data[:2], "big"), r.ttl) for r in reply.answer),
                         [(TYPES["A"], 60), (TYPES["TXT"], 90)])

    def test_a_proof_that_does_not_fit_sets_tc(self):
        reply = self.udp(query("any.walias.nsec3.test", "MX", edns=opt(do=True, size=512)))
        self.assertTrue(reply.has(TC))
        self.assertIsNotNone(reply.opt)


if __name__ == "__main__":
    unittest.main()
