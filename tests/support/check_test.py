"""The house checks find planted faults."""
import subprocess
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


    def test_the_message_says_where(self):
        self.assertTrue(self.faults([], '#include "low.h"')[0].startswith("high.cc:1: includes low.h of low"))

    def test_a_listed_file_that_is_not_there_is_named(self):
        self.assertIn("not there", check_includes.check(".", [("library", "x", "base", ["gone.h"], [])])[0])

    def test_a_file_without_a_target_is_named(self):
        with tempfile.TemporaryDirectory() as tree:
            Path(tree, "base").mkdir()
            Path(tree, "base/stray.cc").write_text("")
            for command in (["init", "-q"], ["add", "."]):
                subprocess.run(["git", *command], cwd=tree, check=True)
            self.assertEqual(check_includes.strays(tree, []), ["base/stray.cc: no target owns this file"])

    def test_the_house_file_is_read(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as house:
            house.write("library a base a.h,a.cc absl::time,b\nlibrary c base c.h \n")
            house.flush()
            self.assertEqual(check_includes.read_house(house.name),
                             [("library", "a", "base", ["a.h", "a.cc"], ["absl::time", "b"]),
                              ("library", "c", "base", ["c.h"], [])])


class CheckTidy(unittest.TestCase):
    def faults(self, line, name="steering/x.cc"):
        return list(check_tidy.check_lines(name, [line]))

    def test_bans_are_found(self):
        for line in ("auto t = absl::Now();", "absl::Mutex mu;", "std::string_view s;", "throw 1;", "std::regex r;",
                     "int x = rand();", "// FIX" "ME later", 'StrFormat("%v", x);', 'open("/tmp/x");'):
            self.assertTrue(self.faults(line), line)

    def test_allowed_files_may(self):
        self.assertEqual(self.faults("clock_gettime(CLOCK_MONOTONIC, &ts);", "base/clock.cc"), [])

    def test_comments_are_not_code_but_strings_are(self):
        self.assertEqual(self.faults("x();  // unlike absl::Now()"), [])
        self.assertTrue(self.faults('Get("http://x/"); absl::Now();'))
        self.assertTrue(self.faults(r'Get("\"//"); absl::Now();'))

    def test_a_sleep_in_a_test_is_found(self):
        self.assertTrue(self.faults("std::this_thread::sleep_for(kTick);", "tests/unit/base/x_test.cc"))

    def test_tabs_and_long_lines_are_found(self):
        self.assertTrue(self.faults("\tx();"))
        self.assertTrue(self.faults("x" * (check_tidy.LINE_MAX + 1)))

    def test_paths_of_one_machine_are_found_in_any_file(self):
        for line in ("see /home/me/notes", "cd /home/build/main", "`/root/x`"):
            self.assertTrue(list(check_tidy.check_text("docs/X.md", [line])), line)
        for line in ("$HOME/home/x", "https://example.com/home/x", "/srv/homes", "a/home/b", "mktemp /tmp/x"):
            self.assertEqual(list(check_tidy.check_text("docs/X.md", [line])), [], line)

    def test_half_done_merges_are_found(self):
        self.assertTrue(list(check_tidy.check_text("a.md", ["<<<<<<< HEAD"])))

    def test_long_functions_are_found(self):
        lines = ["void F() {"] + ["  x();"] * 100 + ["}"]
        self.assertTrue(list(check_tidy.check_sizes("base/x.cc", lines)))

    def test_long_sources_are_found(self):
        self.assertTrue(list(check_tidy.check_sizes("base/x.cc", [""] * 1000)))
        self.assertEqual(list(check_tidy.check_sizes("tests/unit/base/x.cc", [""] * 1000)), [])

    def test_headers_need_guard_and_first_line(self):
        self.assertEqual(len(list(check_tidy.check_head("base/x.h", ["#pragma once"]))), 2)


if __name__ == "__main__":
    unittest.main()
