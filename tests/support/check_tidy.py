#!/usr/bin/env python3
"""House rules a compiler does not know, each with the only files that may break it (STYLE 6.8).

usage: check_tidy.py SOURCE_DIR
"""
import re
import subprocess
import sys
from pathlib import Path

# (what, pattern, use instead, files allowed: prefixes)
BANS = [
    ("a real clock", r"\babsl::Now\(|_clock::now\(|\bclock_gettime\(|\bgettimeofday\(|[^\w:]time\(nullptr\)",
     "a Clock passed in", ["base/clock.cc", "tests/", "base/log.cc"]),
    ("absl::Mutex", r"\babsl::(Mutex|Notification|CondVar)\b", "base/mutex.h: TSan cannot see Debian's", []),
    ("std::string_view", r"\bstd::string_view\b", "absl::string_view; base/strings.h converts",
     ["base/strings.h", "tests/", "http/admin/drain_request.cc", "policies/regex.cc", "steering/feed/", "apps/cli/"]),
    ("%v in a format", r'Str(Append)?Format\([^;]*"[^"]*%v', "a typed conversion: %v prints nothing here", []),
    ("std::regex", r"\bstd::regex\b|#include <regex>", "RE2", []),
    ("throw", r"\bthrow\b[^;]*;", "Status or an error enum", ["tests/"]),
    ("ambient chance", r"\brandom_device\b|[^\w]rand\(\)|\babsl::BitGen\b", "a seed passed in", ["tests/"]),
    ("a sleep", r"\bsleep_for\(|\busleep\(|[^\w_]sleep\(\d", "wait on a condition",
     ["steering/control/plan_loop.cc"]),
    ("left for later", r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", "do it, or say it in docs", []),
    ("a path of one machine", r'"/(home|root|tmp)/', "a path made at run time", ["tests/"]),
]
# Paths, in any text file of the tree, that exist on one machine only. /tmp is fine outside of code.
MACHINE_PATH = re.compile(r"(?<![\w.$}/~-])/(home/\w|root/|Users/\w)")
MACHINE_PATH_ALLOWED = ["tests/support/check_"]
LINE_MAX = 100
LINE_MAX_TESTS = 120  # recorded bytes and JSON read better unbroken
SOURCE_LINES_MAX = 450
FUNCTION_LINES_MAX = 75
CODE = (".h", ".cc")


def strip_comment(line):
    """The line without its // comment; the // of a URL inside a string is none."""
    return re.sub(r'^((?:[^"/]|"(?:[^"\\]|\\.)*"|/(?!/))*)//.*', r"\1", line)


def check_lines(name, lines):
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"{name}:{number}: tab"
        most = LINE_MAX_TESTS if name.startswith("tests/") else LINE_MAX
        if len(line) > most and not name.endswith(".inc"):
            yield f"{name}:{number}: {len(line)} columns; want at most {most}"
        for what, pattern, instead, allowed in BANS:
            text = line if what == "left for later" else strip_comment(line)
            if re.search(pattern, text) and not any(name.startswith(a) for a in allowed):
                yield f"{name}:{number}: {what}; use {instead}"


def check_text(name, lines):
    """What no file may hold, whatever its language."""
    if any(name.startswith(a) for a in MACHINE_PATH_ALLOWED):
        return
    for number, line in enumerate(lines, 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: a path of one machine; use a path relative to the tree"
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            yield f"{name}:{number}: a merge was left half done"


def check_head(name, lines):
    first = lines[0] if lines else ""
    if not name.endswith("_fuzz.cc") and name.endswith(".h") and not first.startswith(f"// {name} -- "):
        yield f"{name}:1: want a first line '// {name} -- one sentence'"
    if name.endswith(".h"):
        guard = "SPILLWAY_" + re.sub(r"[/.]", "_", name).upper() + "_"
        if f"#ifndef {guard}" not in "\n".join(lines):
            yield f"{name}: want the include guard {guard}"


def check_sizes(name, lines):
    if name.startswith("tests/"):
        return
    if len(lines) > SOURCE_LINES_MAX:
        yield f"{name}: {len(lines)} lines; want at most {SOURCE_LINES_MAX}: what should it be two of?"
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.match(r"^[A-Za-z].*\{$", line) and not re.match(r"^(namespace|class|struct|enum|extern|constexpr|constinit|const|static const)\b", line):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start > FUNCTION_LINES_MAX:
                yield f"{name}:{start}: function of {number - start} lines; want at most {FUNCTION_LINES_MAX}"
            start = None


def check(source_dir):
    files = subprocess.run(["git", "-c", "safe.directory=*", "ls-files"], cwd=source_dir,
                           capture_output=True, text=True, check=True).stdout.splitlines()
    faults = []
    for name in files:
        path = Path(source_dir, name)
        if not path.is_file() or b"\0" in path.read_bytes()[:1024]:
            continue
        lines = path.read_text(errors="replace").splitlines()
        faults.extend(check_text(name, lines))
        for part in (check_lines, check_head, check_sizes) if name.endswith(CODE) else ():
            faults.extend(part(name, lines))
    return faults


def main():
    faults = check(sys.argv[1])
    print("\n".join(faults) if faults else "the house is tidy")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
