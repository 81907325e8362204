"""The house checks find planted faults."""
import tempfile
import unittest
from pathlib import Path

import check_includes
import check_tidy


class CheckIncludes(unittest.TestCase):
    def faults(self, deps, include):
        with tempfile.TemporaryDirectory() as tree:
            Path(tree, "low.h").write_text("")
            Path(tree, "high.cc").write_text(f"{include}\n")
            house = [("library", "low", "base", ["low.h"], []), ("library", "high", "core", ["high.cc"], deps)]
            return check_includes.check(tree, house)

    def test_a_declared_include_is_fine(self):
        self.assertEqual(self.faults(["low"], '#include "low.h"'), [])

    def test_an_undeclared_include_is_named(self):
        self.assertIn("add low to DEPS of high", self.faults([], '#include "low.h"')[0])

    def test_an_unused_dependency_is_named(self):
        self.assertIn("DEPS lists low", self.faults(["low"], "")[0])

    def test_third_party_headers_need_their_target(self):
        self.assertIn("add absl::time to DEPS", self.faults([], '#include "absl/time/time.h"')[0])


class CheckTidy(unittest.TestCase):
    def faults(self, line, name="steering/x.cc"):
        return list(check_tidy.check_lines(name, [line]))

    def test_bans_are_found(self):
        for line in ("auto t = absl::Now();", "absl::Mutex mu;", "std::string_view s;", "throw 1;", "std::regex r;",
                     "int x = rand();", "// FIX" "ME later", 'StrFormat("%v", x);', 'open("/tmp/x");'):
            self.assertTrue(self.faults(line), line)

    def test_allowed_files_may(self):
        self.assertEqual(self.faults("clock_gettime(CLOCK_MONOTONIC, &ts);", "base/clock.cc"), [])

    def test_long_functions_are_found(self):
        lines = ["void F() {"] + ["  x();"] * 100 + ["}"]
        self.assertTrue(list(check_tidy.check_sizes("base/x.cc", lines)))

    def test_headers_need_guard_and_first_line(self):
        self.assertEqual(len(list(check_tidy.check_head("base/x.h", ["#pragma once"]))), 2)


if __name__ == "__main__":
    unittest.main()
